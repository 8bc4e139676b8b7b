"""The command ``radonc``."""

import argparse
import pathlib
import sys

import radonc
from radonc import lora, study, train


def _study(arguments: argparse.Namespace) -> None:
    settings = {
        "num_test_cases": arguments.test_cases,
        "max_train_cases": arguments.max_train_cases,
        "seed": arguments.seed,
        "prompt_template": arguments.template,
        "from_list": arguments.from_list,
        "lora": lora.LoraConfig(rank=arguments.rank, alpha=2.0 * arguments.rank, seed=arguments.seed),
        "train": train.TrainConfig(
            num_epochs=arguments.epochs, learning_rate=arguments.learning_rate, seed=arguments.seed
        ),
    }
    if arguments.nf4:
        settings["quantization"] = radonc.model.Quantization.nf4
    result = study.run(arguments.records, arguments.output, model=arguments.model, **settings)
    print(result)
    print(f"{result.wall_seconds:.0f} s, peak memory {result.peak_memory_bytes / 2**30:.2f} GiB")
    print(f"Everything is in {arguments.output}: open {arguments.output / 'report.html'}")


def _report(arguments: argparse.Namespace) -> None:
    print(radonc.report.StudyResult.from_json((arguments.output / "study.json").read_text()))


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="radonc", description=radonc.__doc__.splitlines()[0])
    top.add_argument("--version", action="version", version=radonc.__version__)
    commands = top.add_subparsers(required=True)

    command = commands.add_parser("study", help="run the whole study: original against fine-tuned")
    command.add_argument("--records", type=pathlib.Path, required=True, help="JSONL file of case records")
    command.add_argument("--output", type=pathlib.Path, required=True, help="folder for everything the study leaves")
    command.add_argument("--model", type=pathlib.Path, help="GGUF file or model folder (default: SmolLM2-135M)")
    command.add_argument("--template", default="", help="prompt format, e.g. mistral-v1 (default: the tokenizer's own)")
    command.add_argument(
        "--from-list", action="store_true", help="both models also answer from the lists of valid answers alone"
    )
    command.add_argument("--nf4", action="store_true", help="hold the linear layers in 4 bits (QLoRA)")
    command.add_argument("--test-cases", type=int, default=200, help="held-out cases (default: %(default)s)")
    command.add_argument("--max-train-cases", type=int, default=0, help="0: all (default: %(default)s)")
    command.add_argument("--epochs", type=int, default=1, help="default: %(default)s")
    command.add_argument("--learning-rate", type=float, default=2e-3, help="peak (default: %(default)s)")
    command.add_argument("--rank", type=int, default=8, help="of LoRA; alpha is twice that (default: %(default)s)")
    command.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    command.set_defaults(run=_study)

    command = commands.add_parser("report", help="print a finished study's table again")
    command.add_argument("--output", type=pathlib.Path, required=True, help="the study's folder")
    command.set_defaults(run=_report)
    return top


def main() -> None:
    arguments = parser().parse_args()
    try:
        arguments.run(arguments)
    except (radonc.Error, OSError) as error:
        sys.exit(f"radonc: {error}")
