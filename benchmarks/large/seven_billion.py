"""A 7B-shaped model on this machine: loads it, takes a LoRA step and generates, in bfloat16 and NF4.

    python benchmarks/large/seven_billion.py --shape mistral

Makes a random checkpoint of the shape (14 GB on disk, removed at the end), since speed and memory do not depend on
what the weights are. Each measurement runs in a process of its own, whose largest resident size is printed; in bfloat16
most of that is the mapped checkpoint.
"""

import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
TOKENIZER = ROOT / "tests" / "data" / "text" / "mistral" / "tokenizer.model.v1"
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
        header, place = {}, 0
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
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    fields = ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"]
    fields += ["num_key_value_heads", "head_dim", "max_position_embeddings", "rope_theta", "rms_norm_eps"]
    content = {field: getattr(config, field) for field in fields}
    content |= {"model_type": "mistral", "sliding_window": config.sliding_window or None}
    (folder / "config.json").write_text(json.dumps(content))


def measure(folder: str, quantization: str, tokens: int) -> None:
    import radonc

    begin = time.perf_counter()
    chosen = radonc.model.Quantization.nf4 if quantization == "nf4" else radonc.model.Quantization.none
    model = radonc.model.Transformer.load(folder, dtype=radonc.model.Dtype.bfloat16, quantization=chosen)
    loaded = time.perf_counter()
    tokenizer = radonc.text.Tokenizer.load(TOKENIZER)
    ids = [1] + [(7 * i) % 31_000 + 300 for i in range(tokens - 1)]
    pair = radonc.text.TokenizedPair(ids=ids, num_prompt_tokens=tokens - 32)
    adapter = radonc.lora.inject(model, radonc.lora.LoraConfig(rank=8, alpha=16.0))
    seconds = []
    radonc.train.fit(
        model,
        adapter,
        [[pair]],
        radonc.train.TrainConfig(num_epochs=2, max_tokens_per_batch=tokens),
        lambda step: seconds.append(step.seconds),
    )
    trained = time.perf_counter()
    answers = radonc.generate.generate(
        model, tokenizer, [("", "Age: 61\nSite: breast")] * 4, max_new_tokens=8, prompt_template="plain"
    )
    generated = sum(len(answer.ids) for answer in answers)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    decoding = time.perf_counter() - trained
    print(
        f"{quantization:5}  load {loaded - begin:6.1f} s   weights {model.num_bytes / 1e9:5.2f} GB   "
        f"LoRA step of {tokens} tokens {seconds[1] - seconds[0]:6.1f} s (first {seconds[0]:.1f})   "
        f"decoding {generated} tokens in {decoding:5.1f} s   peak memory {peak / 1e9:5.2f} GB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=["llama2", "mistral"], nargs="+", default=["llama2", "mistral"])
    parser.add_argument("--tokens", type=int, default=256, help="of the LoRA step (default: %(default)s)")
    parser.add_argument("--folder", type=pathlib.Path, help="where the checkpoint is made (default: a temporary one)")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(*arguments.measure, arguments.tokens)
        return
    import radonc

    for shape in arguments.shape:
        config = radonc.model.llama2_7b() if shape == "llama2" else radonc.model.mistral_7b_v01()
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            write_checkpoint(pathlib.Path(folder), config)
            print(f"{shape}-7B, {arguments.tokens} tokens a step", flush=True)
            for quantization in ["none", "nf4"]:
                command = [sys.executable, __file__, "--tokens", str(arguments.tokens), "--measure", folder]
                subprocess.run([*command, quantization], check=True)


if __name__ == "__main__":
    main()
