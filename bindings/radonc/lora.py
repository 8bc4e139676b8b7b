"""Low-rank adaptation of a frozen model (Hu et al. 2021), in PEFT's format on disk."""

from radonc._core.lora import Adapter, LoraConfig, attach, inject, load_adapter, remove, save_adapter

__all__ = ["Adapter", "LoraConfig", "attach", "inject", "load_adapter", "remove", "save_adapter"]
