"""How long does a LoRA step take, beside PEFT's? Four layers of Mistral-7B at full width, random weights.

    python benchmarks/slice_step.py --peers /path/to/python

The peers' Python is that of an environment with torch, transformers, peft and bitsandbytes. Every measurement is a
process of its own, and all take turns over the rounds, so that a busy machine slows all of them. Both sides train the
same layers (q_proj and v_proj, rank 8) on the same tokens, of which the last ones are supervised; PEFT gets PyTorch's
scaled-dot-product attention. Prints the best step of each, the ratio to PEFT's bfloat16, and the largest resident size;
then the rate of a bfloat16 matrix product on this machine, which bounds what bfloat16 can reach.
"""

import argparse
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
from side_by_side import print_table, take_turns, tell  # noqa: E402

OURS = ["radonc bfloat16", "radonc nf4", "radonc int8"]
PEERS = ["PEFT bfloat16", "PEFT bfloat16, checkpointing", "PEFT nf4 (bitsandbytes)"]


def token_ids(count: int) -> list[int]:
    return [1] + [(7 * i) % 31_000 + 300 for i in range(count - 1)]


def radonc_steps(folder: str, kind: str, tokens: int, supervised: int, steps: int) -> list[float]:
    import radonc

    chosen = radonc.model.Quantization[kind if kind in ("nf4", "int8") else "none"]
    model = radonc.model.Transformer.load(folder, dtype=radonc.model.Dtype.bfloat16, quantization=chosen)
    pair = radonc.text.TokenizedPair(ids=token_ids(tokens), num_prompt_tokens=tokens - supervised)
    config = radonc.lora.LoraConfig(rank=8, alpha=16.0, target_modules=["q_proj", "v_proj"])
    adapter = radonc.lora.inject(model, config)
    ends = [0.0]
    train = radonc.train.TrainConfig(num_epochs=steps, max_tokens_per_batch=tokens)
    radonc.train.fit(model, adapter, [[pair]], train, lambda step: ends.append(step.seconds))
    return [b - a for a, b in zip(ends, ends[1:], strict=False)]


def peft_steps(folder: str, kind: str, tokens: int, supervised: int, steps: int) -> list[float]:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    quantization = None
    if kind.startswith("nf4"):
        quantization = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )  # fmt: skip
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.bfloat16, quantization_config=quantization, attn_implementation="sdpa"
    )
    if "checkpointing" in kind:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"]))
    model.train()
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=1e-4)
    ids = torch.tensor([token_ids(tokens)])
    labels = ids.clone()
    labels[:, : tokens - supervised] = -100
    seconds = []
    for _ in range(steps):
        begin = time.perf_counter()
        model(input_ids=ids, labels=labels, use_cache=False).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.perf_counter() - begin)
    return seconds


def matrix_product_rate(rows: int) -> float:
    import torch

    x, w = torch.randn(rows, 4096).bfloat16(), torch.randn(14336, 4096).bfloat16()
    best = float("inf")
    for _ in range(6):
        begin = time.perf_counter()
        x.mm(w.t())
        best = min(best, time.perf_counter() - begin)
    return 2 * rows * 4096 * 14336 / best


def measure(name: str, arguments: argparse.Namespace) -> None:
    side, kind = name.split(" ", 1)
    run = radonc_steps if side == "radonc" else peft_steps
    tell(min(run(arguments.folder, kind, arguments.tokens, arguments.supervised, arguments.steps)[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--peers", type=pathlib.Path, help="Python of an environment with PEFT; without it radonc alone"
    )
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--supervised", type=int, default=64, help="tokens at the end (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=4, help="of each process; the first does not count")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure, arguments)
        return
    import radonc
    from random_checkpoint import write_checkpoint

    config = radonc.model.mistral_7b_v01()
    config.num_hidden_layers = arguments.layers
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(pathlib.Path(folder), config)
        options = [f"--{key}={getattr(arguments, key)}" for key in ("tokens", "supervised", "steps")]
        best = take_turns(__file__, OURS, PEERS, arguments.peers, arguments.rounds, [*options, f"--folder={folder}"])
    print_table(best, PEERS[0] if arguments.peers else OURS[0])
    rate = matrix_product_rate(arguments.tokens)
    print(f"bfloat16 matrix product of {arguments.tokens} rows: {rate / 1e9:.0f} GFLOP/s")


if __name__ == "__main__":
    main()
