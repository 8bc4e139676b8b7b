"""The peers' model. Runs with their Python."""


def load(folder: str, kind: str, device: str):
    """``kind`` begins with "bfloat16" or "nf4", which is bitsandbytes'."""
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    quantization = None
    if kind.startswith("nf4"):
        quantization = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )  # fmt: skip
    where = {"device_map": {"": device}} if device != "cpu" else {}
    return AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.bfloat16, quantization_config=quantization, attn_implementation="sdpa", **where
    )
