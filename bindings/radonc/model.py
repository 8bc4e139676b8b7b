"""One transformer for LLaMA-2, Mistral, SmolLM2 and every model of that family."""

from radonc._core.model import (
    Dtype,
    GgufPrecision,
    Quantization,
    Transformer,
    TransformerConfig,
    export_gguf,
    export_hugging_face,
    llama2_7b,
    mistral_7b_v01,
    mistral_7b_v02,
    mistral_7b_v03,
)

__all__ = [
    "Dtype",
    "GgufPrecision",
    "Quantization",
    "Transformer",
    "TransformerConfig",
    "export_gguf",
    "export_hugging_face",
    "llama2_7b",
    "mistral_7b_v01",
    "mistral_7b_v02",
    "mistral_7b_v03",
]
