"""A 7B-shaped model on this machine: loads it, takes a LoRA step and generates, in bfloat16, NF4 and int8.

    python benchmarks/large/seven_billion.py --shape mistral

Makes a random checkpoint of the shape (14 GB on disk, removed at the end), since speed and memory do not depend on
what the weights are. Each measurement runs in a process of its own, whose largest resident size is printed; in bfloat16
most of that is the mapped checkpoint.
"""

import argparse
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks" / "support"))
TOKENIZER = ROOT / "tests" / "data" / "text" / "mistral" / "tokenizer.model.v1"


def measure(folder: str, quantization: str, tokens: int, targets: list[str]) -> None:
    import radonc

    begin = time.perf_counter()
    chosen = radonc.model.Quantization[quantization]
    model = radonc.model.Transformer.load(folder, dtype=radonc.model.Dtype.bfloat16, quantization=chosen)
    loaded = time.perf_counter()
    tokenizer = radonc.text.Tokenizer.load(TOKENIZER)
    ids = [1] + [(7 * i) % 31_000 + 300 for i in range(tokens - 1)]
    pair = radonc.text.TokenizedPair(ids=ids, num_prompt_tokens=tokens - 32)
    config = radonc.lora.LoraConfig(rank=8, alpha=16.0)
    if targets:
        config.target_modules = targets
    adapter = radonc.lora.inject(model, config)
    seconds = []
    radonc.train.fit(
        model,
        adapter,
        [[pair]],
        radonc.train.TrainConfig(num_epochs=2, max_tokens_per_batch=tokens),
        lambda step: seconds.append(step.seconds),
    )
    trained = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    answers = radonc.generate.generate(
        model, tokenizer, [("", "Age: 61\nSite: breast")] * 4, max_new_tokens=8, prompt_template="plain"
    )
    generated = sum(len(answer.ids) for answer in answers)
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
    parser.add_argument("--targets", nargs="+", default=[], help="layers with LoRA, e.g. q_proj (default: all linear)")
    parser.add_argument("--folder", type=pathlib.Path, help="where the checkpoint is made (default: a temporary one)")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(*arguments.measure, arguments.tokens, arguments.targets)
        return
    import radonc
    from random_checkpoint import write_checkpoint

    for shape in arguments.shape:
        config = radonc.model.llama2_7b() if shape == "llama2" else radonc.model.mistral_7b_v01()
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            write_checkpoint(pathlib.Path(folder), config)
            print(f"{shape}-7B, {arguments.tokens} tokens a step", flush=True)
            for quantization in ["none", "nf4", "int8"]:
                command = [sys.executable, __file__, "--tokens", str(arguments.tokens)]
                if arguments.targets:
                    command += ["--targets", *arguments.targets]
                subprocess.run([*command, "--measure", folder, quantization], check=True)


if __name__ == "__main__":
    main()
