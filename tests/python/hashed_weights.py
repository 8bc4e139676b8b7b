"""Weights that are the same everywhere without a file: hashed integers, scaled. For models too large to ship."""

import torch

PERIOD = 1_000_003  # prime, so that no row repeats the one above it


def hashed(shape, seed: int, deviation: float) -> torch.Tensor:
    """Uniform values of the given standard deviation, bfloat16."""
    x = (torch.arange(PERIOD, dtype=torch.int64) + seed * 0x9E3779B1) & 0xFFFFFFFF
    for _ in range(2):
        x = ((x ^ (x >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    x = x ^ (x >> 16)
    block = ((x.double() / 2**32 - 0.5) * (2 * 3**0.5 * deviation)).bfloat16()
    count = torch.Size(shape).numel()
    return block.repeat((count + PERIOD - 1) // PERIOD)[:count].view(shape)


def slice_tensors(config) -> dict[str, torch.Tensor]:
    """Tensors of a model, named as in Hugging Face, on the scale of trained ones."""
    hidden, wide = config.hidden_size, config.intermediate_size
    query, key = config.num_attention_heads * config.head_dim, config.num_key_value_heads * config.head_dim
    shapes = {"model.embed_tokens.weight": (config.vocab_size, hidden), "lm_head.weight": (config.vocab_size, hidden)}
    for layer in range(config.num_hidden_layers):
        block = f"model.layers.{layer}."
        shapes |= {
            f"{block}self_attn.{name}_proj.weight": (rows, hidden)
            for name, rows in zip("qkv", (query, key, key), strict=True)
        }
        shapes |= {
            f"{block}self_attn.o_proj.weight": (hidden, query),
            f"{block}mlp.gate_proj.weight": (wide, hidden),
            f"{block}mlp.up_proj.weight": (wide, hidden),
            f"{block}mlp.down_proj.weight": (hidden, wide),
        }
    tensors = {name: hashed(shape, seed, 0.02) for seed, (name, shape) in enumerate(shapes.items())}
    norms = [
        f"model.layers.{i}.{n}_layernorm" for i in range(config.num_hidden_layers) for n in ("input", "post_attention")
    ]
    for seed, name in enumerate([*norms, "model.norm"]):
        tensors[f"{name}.weight"] = (1 + hashed((hidden,), 100 + seed, 0.1).float()).bfloat16()
    return tensors


def ids(vocab_size: int) -> torch.Tensor:
    return (torch.arange(48) * 7919 + 17) % vocab_size
