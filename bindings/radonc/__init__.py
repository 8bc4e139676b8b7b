"""Fine-tune open language models on radiation oncology records with LoRA, and prove whether that helped.

The layers, in the order a case travels: data, tasks, text, model, lora, train, generate, eval, stats, report, study.
Everything computes in C++; what a function raises for bad input is :class:`radonc.Error`, a ``ValueError``.
"""

import pathlib

import torch  # noqa: F401  - loads libtorch, which radonc's library links

_SUPPORTED = ((2, 11), (2, 15))


def _import_core():
    try:
        from radonc import _core
    except ImportError as error:
        version = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
        from radonc._build import TORCH_VERSION

        if ".".join(map(str, version)) != ".".join(TORCH_VERSION.split(".")[:2]):
            raise ImportError(
                f"radonc was built for torch {TORCH_VERSION}, but torch {torch.__version__} is installed. "
                f"Install torch {TORCH_VERSION}, or rebuild radonc with `pip install --no-build-isolation radonc`."
            ) from error
        raise
    return _core


_core = _import_core()
Error = _core.Error

from radonc import data, eval, generate, icd10, lora, model, regimen, report, review, stats, study, tasks, text, train  # noqa: E402
from radonc.models import smollm2  # noqa: E402

__version__ = "0.1.0"

#: Folder for ``cmake -DCMAKE_PREFIX_PATH=…``, so that C++ projects find the installed package.
cmake_prefix_path = str(pathlib.Path(_core.__file__).parent)

__all__ = [
    "Error",
    "cmake_prefix_path",
    "data",
    "eval",
    "generate",
    "icd10",
    "lora",
    "model",
    "regimen",
    "report",
    "review",
    "smollm2",
    "stats",
    "study",
    "tasks",
    "text",
    "train",
]
