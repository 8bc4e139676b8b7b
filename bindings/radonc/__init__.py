"""Fine-tune open language models on radiation oncology records with LoRA, and prove whether that helped.

The layers, in the order a case travels: data, tasks, text, model, lora, train, generate,
metrics, stats, evaluation, report, review, study.
Everything computes in C++; what a function raises for bad input is :class:`radonc.Error`, a ``ValueError``.
"""

import contextlib
import pathlib


def _import_core():
    # torch's package, seconds and 0.15 GB, is imported with the first tensor that is asked for.
    with contextlib.suppress(ImportError):
        from radonc import _core

        return _core
    import torch  # loads libtorch wherever it lies

    try:
        from radonc import _core
    except ImportError as error:
        from radonc._build import TORCH_VERSION

        built, installed = (version.split("+")[0].split(".")[:2] for version in (TORCH_VERSION, torch.__version__))
        if built != installed:
            raise ImportError(
                f"radonc was built for torch {TORCH_VERSION}, but torch {torch.__version__} is installed. "
                f"Install torch {TORCH_VERSION}, or rebuild radonc with `pip install --no-build-isolation radonc`."
            ) from error
        raise
    return _core


_core = _import_core()
Error = _core.Error

from radonc import (  # noqa: E402
    data,
    evaluation,
    generate,
    icd10,
    lora,
    metrics,
    model,
    regimen,
    report,
    review,
    stats,
    study,
    tasks,
    text,
    train,
)
from radonc._smollm2 import smollm2  # noqa: E402

__version__ = _core.__version__

#: Folder for ``cmake -DCMAKE_PREFIX_PATH=…``, so that C++ projects find the installed package.
cmake_prefix_path = str(pathlib.Path(_core.__file__).parent)

__all__ = [
    "Error",
    "cmake_prefix_path",
    "data",
    "evaluation",
    "generate",
    "icd10",
    "lora",
    "metrics",
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
