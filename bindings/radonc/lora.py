"""Low-rank adaptation of a frozen model (Hu et al. 2021) and its variants, in PEFT's format on disk."""

from radonc._core.lora import (
    Adapter,
    Bias,
    Init,
    LoraConfig,
    Merged,
    MergeTarget,
    attach,
    export_gguf_adapter,
    inject,
    load_adapter,
    merge,
    remove,
    save_adapter,
    unmerge,
)

__all__ = [
    "Adapter",
    "Bias",
    "Init",
    "LoraConfig",
    "MergeTarget",
    "Merged",
    "attach",
    "export_gguf_adapter",
    "inject",
    "load_adapter",
    "merge",
    "remove",
    "save_adapter",
    "unmerge",
]
