"""How long does a LoRA step take, beside PEFT's? A slice of Mistral-7B at full width, and SmolLM2-135M.

    python benchmarks/lora_step.py --peers /path/to/python

The peers' Python is that of an environment with torch, transformers, peft and bitsandbytes. Every measurement is a
process of its own, and all take turns over the rounds, so that a busy machine slows all of them. Both sides train the
same layers with rank 8 on the same tokens; PEFT gets PyTorch's scaled-dot-product attention. The settings:

- ``slice``: four layers of Mistral-7B's shape, random weights, q_proj and v_proj, one sequence of 512 tokens of which
  the last 64 are supervised;
- ``small``: SmolLM2-135M, all linear layers, 8 sequences of 256 tokens, all supervised, in one batch;
- ``llama2-7b`` and ``mistral-7b``, only where they are named: the whole model, random weights, all linear layers, one
  sequence, of which the last 64 tokens are supervised.

Prints the best step of each, the ratio to PEFT's bfloat16, the largest resident size (with ``--device cuda`` the memory
that torch held on the GPU), and what of the step the bare matrix products of radonc's way through the model would take
at the rate of one large bfloat16 product on this machine.
"""

import argparse
import json
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
from side_by_side import print_table, take_turns, tell  # noqa: E402

OURS = ["radonc bfloat16", "radonc nf4", "radonc int8"]
PEERS = ["PEFT bfloat16", "PEFT bfloat16, checkpointing", "PEFT nf4 (bitsandbytes)"]
ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
SETTINGS = {
    "slice": {"sequences": 1, "tokens": 512, "supervised": 64, "targets": ["q_proj", "v_proj"]},
    "small": {"sequences": 8, "tokens": 256, "supervised": 255, "targets": ALL_LINEAR},
    "llama2-7b": {"sequences": 1, "tokens": 512, "supervised": 64, "targets": ALL_LINEAR},
    "mistral-7b": {"sequences": 1, "tokens": 512, "supervised": 64, "targets": ALL_LINEAR},
}


def setting_of(name: str, tokens: int) -> dict:
    return {**SETTINGS[name], "tokens": tokens, "supervised": min(SETTINGS[name]["supervised"], tokens - 1)}


def token_ids(count: int, sequence: int) -> list[int]:
    return [1] + [(7 * i + 131 * sequence) % 31_000 + 300 for i in range(count - 1)]


def radonc_steps(folder: str, kind: str, setting: dict, steps: int, device: str) -> list[float]:
    import radonc

    chosen = radonc.model.Quantization[kind if kind in ("nf4", "int8") else "none"]
    model = radonc.model.Transformer.load(folder, dtype=radonc.model.Dtype.bfloat16, quantization=chosen, device=device)
    count = setting["tokens"]
    cases = [
        [radonc.text.TokenizedPair(ids=token_ids(count, i), num_prompt_tokens=count - setting["supervised"])]
        for i in range(setting["sequences"])
    ]
    config = radonc.lora.LoraConfig(rank=8, alpha=16.0, target_modules=setting["targets"])
    adapter = radonc.lora.inject(model, config)
    ends = [0.0]
    train = radonc.train.TrainConfig(num_epochs=steps, cases_per_step=len(cases))
    train.max_tokens_per_batch = count * len(cases)
    radonc.train.fit(model, adapter, cases, train, lambda step: ends.append(step.seconds))
    return [b - a for a, b in zip(ends, ends[1:], strict=False)]


def peft_steps(folder: str, kind: str, setting: dict, steps: int, device: str) -> list[float]:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers_model import load

    model = load(folder, kind, device)
    if "checkpointing" in kind:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=setting["targets"]))
    model.train()
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=1e-4)
    ids = torch.tensor([token_ids(setting["tokens"], i) for i in range(setting["sequences"])]).to(device)
    labels = ids.clone()
    labels[:, : setting["tokens"] - setting["supervised"]] = -100
    seconds = []
    for _ in range(steps):
        begin = time.perf_counter()
        loss = model(input_ids=ids, labels=labels, use_cache=False).loss
        loss.backward()
        loss.item()  # radonc reads it too, which waits for a GPU
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.perf_counter() - begin)
    return seconds


def matrix_product_rate(rows: int, device: str) -> float:
    import torch

    x, w = torch.randn(rows, 4096).bfloat16().to(device), torch.randn(14336, 4096).bfloat16().to(device)
    best, products = float("inf"), 1 if device == "cpu" else 50
    for _ in range(6):
        begin = time.perf_counter()
        for _ in range(products):
            y = x.mm(w.t())
        y[0, 0].item()  # waits for a GPU
        best = min(best, (time.perf_counter() - begin) / products)
    return 2 * rows * 4096 * 14336 / best


def needed_operations(folder: pathlib.Path, setting: dict) -> float:
    """Of a step: products with frozen weights forward and towards their inputs, LoRA's, and the attention's below the
    diagonal. The last layer's output and MLP and the head meet the supervised positions alone; nothing flows into the
    embedding."""
    config = json.loads((folder / "config.json").read_text())
    hidden, wide, layers = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    head_dim = config.get("head_dim") or hidden // config["num_attention_heads"]
    query, key = config["num_attention_heads"] * head_dim, config["num_key_value_heads"] * head_dim
    tokens, supervised = setting["tokens"], setting["supervised"]
    projections, behind = hidden * (query + 2 * key), query * hidden + 3 * hidden * wide
    dense = (projections * layers + behind * (layers - 1)) * tokens + behind * supervised
    dense = 4 * (dense + config["vocab_size"] * hidden * supervised) - 2 * projections * tokens
    shapes = {"q_proj": (hidden, query), "k_proj": (hidden, key), "v_proj": (hidden, key), "o_proj": (query, hidden)}
    shapes |= {"gate_proj": (hidden, wide), "up_proj": (hidden, wide), "down_proj": (wide, hidden)}
    low_rank = 6 * 8 * tokens * layers * sum(sum(shapes[name]) for name in setting["targets"])
    attention = 7 * query * tokens * tokens * layers
    return float(setting["sequences"] * (dense + low_rank + attention))


def measure(name: str, arguments: argparse.Namespace) -> None:
    side, kind = name.split(" ", 1)
    run = radonc_steps if side == "radonc" else peft_steps
    setting = setting_of(arguments.setting, arguments.tokens[0])
    best = min(run(arguments.folder, kind, setting, arguments.steps, arguments.device)[1:])
    share = needed_operations(pathlib.Path(arguments.folder), setting) / arguments.rate / best
    tell(
        best,
        arguments.device,
        tokens_per_second=round(setting["sequences"] * setting["tokens"] / best),
        products=f"{100 * share:.0f} %",
    )


def prepare(setting: str, folder: pathlib.Path) -> None:
    import radonc
    from random_checkpoint import write_checkpoint

    if setting == "small":
        model = radonc.model.Transformer.load(radonc.smollm2(), dtype=radonc.model.Dtype.bfloat16)
        radonc.model.export_hugging_face(model, folder)
        return
    config = radonc.model.llama2_7b() if setting == "llama2-7b" else radonc.model.mistral_7b_v01()
    if setting == "slice":
        config.num_hidden_layers = 4
    write_checkpoint(folder, config)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--peers", type=pathlib.Path, help="Python of an environment with PEFT; without it radonc alone"
    )
    parser.add_argument("--setting", choices=SETTINGS, help="one of them alone")
    parser.add_argument("--device", default="cpu", help="of radonc and the peers, e.g. cuda (default: %(default)s)")
    parser.add_argument("--tokens", type=int, nargs="+", help="of a sequence, one table each (default: the setting's)")
    parser.add_argument("--steps", type=int, default=4, help="of each process; the first does not count")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--rate", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure, arguments)
        return
    rows = 512 if arguments.device == "cpu" else 8192
    rate = matrix_product_rate(rows, arguments.device)
    for setting in [arguments.setting] if arguments.setting else ("slice", "small"):
        with tempfile.TemporaryDirectory() as folder:
            prepare(setting, pathlib.Path(folder))
            for tokens in arguments.tokens or [SETTINGS[setting]["tokens"]]:
                options = [f"--rate={rate}", f"--steps={arguments.steps}", f"--setting={setting}"]
                options += [f"--folder={folder}", f"--device={arguments.device}", f"--tokens={tokens}"]
                best = take_turns(__file__, OURS, PEERS, arguments.peers, arguments.rounds, options)
                print(f"\n{setting} on {arguments.device}: {setting_of(setting, tokens)}")
                print_table(best, PEERS[0] if arguments.peers else OURS[0])
        print(f"bfloat16 matrix product of {rows} rows: {rate / 1e9:.0f} GFLOP/s", flush=True)


if __name__ == "__main__":
    main()
