"""Checkpoints of random weights: speed and memory do not depend on what the weights are."""

import json
import pathlib

SHARD_BYTES = 2_000_000_000


def shapes(config) -> dict[str, tuple[int, ...]]:
    hidden, wide = config.hidden_size, config.intermediate_size
    query, key = config.num_attention_heads * config.head_dim, config.num_key_value_heads * config.head_dim
    out = {"model.embed_tokens.weight": (config.vocab_size, hidden)}
    for layer in range(config.num_hidden_layers):
        block = f"model.layers.{layer}."
        out |= {
            f"{block}input_layernorm.weight": (hidden,),
            f"{block}self_attn.q_proj.weight": (query, hidden),
            f"{block}self_attn.k_proj.weight": (key, hidden),
            f"{block}self_attn.v_proj.weight": (key, hidden),
            f"{block}self_attn.o_proj.weight": (hidden, query),
            f"{block}post_attention_layernorm.weight": (hidden,),
            f"{block}mlp.gate_proj.weight": (wide, hidden),
            f"{block}mlp.up_proj.weight": (wide, hidden),
            f"{block}mlp.down_proj.weight": (hidden, wide),
        }
    return out | {"model.norm.weight": (hidden,), "lm_head.weight": (config.vocab_size, hidden)}


def write_checkpoint(folder: pathlib.Path, config) -> None:
    """Shards of random bfloat16 values: slices of one block, which is enough for a benchmark."""
    import torch
    from tqdm import tqdm

    block = (torch.randn(70_000_000) * 0.02).bfloat16()
    one = torch.ones(config.hidden_size).bfloat16()
    weight_map, pending, size = {}, [], 0

    def flush():
        name = f"model-{len(set(weight_map.values())) + 1:05}.safetensors"
        header, place = {"__metadata__": {"format": "pt"}}, 0
        for key, shape in pending:
            count = 2 * torch.Size(shape).numel()
            header[key] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [place, place + count]}
            weight_map[key] = name
            place += count
        text = json.dumps(header).encode()
        text = text.ljust((len(text) + 7) // 8 * 8)
        with open(folder / name, "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for number, (_, shape) in enumerate(pending):
                count = torch.Size(shape).numel()
                begin = number * 4_001 % 1_000_000
                values = one if len(shape) == 1 else (block.repeat(2) if count > len(block) - begin else block)[begin:]
                file.write(values[:count].view(torch.uint8).numpy())
        pending.clear()

    for key, shape in tqdm(shapes(config).items(), desc="random checkpoint", unit="tensor"):
        pending.append((key, shape))
        size += 2 * torch.Size(shape).numel()
        if size > SHARD_BYTES:
            flush()
            size = 0
    flush()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    fields = ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"]
    fields += ["num_key_value_heads", "head_dim", "max_position_embeddings", "rope_theta", "rms_norm_eps"]
    content = {field: getattr(config, field) for field in fields}
    content |= {"model_type": "mistral", "sliding_window": config.sliding_window or None}
    (folder / "config.json").write_text(json.dumps(content))
