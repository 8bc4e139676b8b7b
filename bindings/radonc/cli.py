"""The command ``radonc``."""

import argparse
import pathlib
import sys

import radonc
from radonc import lora, study, train


def _study(arguments: argparse.Namespace) -> None:
    settings = {
        "max_train_cases": arguments.max_train_cases,
        "seed": arguments.seed,
        "prompt_template": arguments.template,
        "confined": arguments.confined,
        "tasks": arguments.tasks,
        "fresh": arguments.fresh,
        "lora": lora.LoraConfig(rank=arguments.rank, alpha=2.0 * arguments.rank, seed=arguments.seed),
        "train": train.TrainConfig(
            num_epochs=arguments.epochs, learning_rate=arguments.learning_rate, seed=arguments.seed
        ),
    }
    arms = study.default_arms()
    if arguments.few_shot:
        arms.append(study.Arm(name="few-shot", num_examples=arguments.few_shot))
    if arguments.each_task:
        arms.append(study.Arm(name="each task apart", training=study.Training.each_task))
    if arguments.arms:
        arms.extend(study.arms_from_json(arguments.arms.read_text()))
    settings["arms"] = arms
    settings["device"] = arguments.device
    if arguments.test_cases is not None:
        settings["num_test_cases"] = arguments.test_cases
    if arguments.test_records is not None:
        settings["test_records"] = arguments.test_records
    if arguments.quantization:
        settings["quantization"] = radonc.model.Quantization[arguments.quantization]
    result = study.run(arguments.records, arguments.output, model=arguments.model, **settings)
    print(result)
    print(f"{result.wall_seconds:.0f} s, peak memory {result.peak_memory_bytes / 2**30:.2f} GiB")
    print(f"Everything is in {arguments.output}: open {arguments.output / 'report.html'}")


def _report(arguments: argparse.Namespace) -> None:
    result = radonc.evaluation.StudyResult.from_json((arguments.output / "study.json").read_text(encoding="utf-8"))
    if arguments.html:
        (arguments.output / "report.html").write_text(result.to_html(), encoding="utf-8")
    if arguments.pdf:
        radonc.report.write_pdf(result, arguments.output / "report.pdf")
    if arguments.tables:
        radonc.report.write_tables(result, arguments.output / "tables")
    print(result)


def _evaluate(arguments: argparse.Namespace) -> None:
    print(radonc.evaluation.evaluate(radonc.tasks.read_scores(arguments.scores)))


def _review_write(arguments: argparse.Namespace) -> None:
    page = radonc.review.write_page(
        arguments.page,
        arguments.study,
        reviewers=arguments.reviewers,
        num_overlap=arguments.overlap,
        max_cases=arguments.max_cases,
        seed=arguments.seed,
    )
    print(f"{arguments.page}: {page.num_cases} cases. Keep review_key.json beside it from the reviewers.")


def _review_read(arguments: argparse.Namespace) -> None:
    print(radonc.review.read(arguments.exports, arguments.key))


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
        "--test-records", type=pathlib.Path, help="JSONL file of held-out cases of their own: another hospital's"
    )
    command.add_argument(
        "--tasks", nargs="+", default=[], metavar="TASK", help="of regimen, modality and icd10 (default: all)"
    )
    command.add_argument("--confined", action="store_true", help="all models also answer with valid answers alone")
    command.add_argument(
        "--fresh", action="store_true", help="make everything anew instead of going on with what is in the folder"
    )
    command.add_argument(
        "--few-shot", type=int, default=0, metavar="N", help="compare also the original with N examples in the prompt"
    )
    command.add_argument("--each-task", action="store_true", help="compare also an adapter for each task")
    command.add_argument(
        "--arms", type=pathlib.Path, help="JSON file of further models, adapters and prompts to compare"
    )
    command.add_argument(
        "--quantization",
        choices=("nf4", "int8"),
        help="hold the linear layers in 4 bits (QLoRA: least memory) or 8 bits (fastest)",
    )
    command.add_argument("--device", default="cpu", help="cpu, or cuda for an NVIDIA GPU (default: %(default)s)")
    command.add_argument("--test-cases", type=int, help="held-out cases (default: 200, or all of the test records)")
    command.add_argument("--max-train-cases", type=int, default=0, help="0: all (default: %(default)s)")
    command.add_argument("--epochs", type=int, default=1, help="default: %(default)s")
    command.add_argument("--learning-rate", type=float, default=2e-3, help="peak (default: %(default)s)")
    command.add_argument("--rank", type=int, default=8, help="of LoRA; alpha is twice that (default: %(default)s)")
    command.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    command.set_defaults(run=_study)

    command = commands.add_parser("report", help="print a finished study's table again; write its page, PDF and tables")
    command.add_argument("--output", type=pathlib.Path, required=True, help="the study's folder")
    command.add_argument("--html", action="store_true", help="write report.html again, from study.json alone")
    command.add_argument("--pdf", action="store_true", help="write report.pdf (needs Chromium)")
    command.add_argument("--tables", action="store_true", help="write tables/*.csv and tables/tables.tex")
    command.set_defaults(run=_report)

    command = commands.add_parser("evaluate", help="compute a study's table again, from its scores alone")
    command.add_argument("--scores", type=pathlib.Path, required=True, help="scores.jsonl")
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("review-write", help="write the physicians' review page of a finished study")
    command.add_argument("--study", type=pathlib.Path, required=True, help="the study's folder")
    command.add_argument("--page", type=pathlib.Path, required=True, help="the HTML page to write")
    command.add_argument("--reviewers", nargs="+", default=["reviewer-1", "reviewer-2"], help="their pseudonyms")
    command.add_argument("--overlap", type=int, default=50, help="cases that all of them see (default: %(default)s)")
    command.add_argument("--max-cases", type=int, default=0, help="0: all (default: %(default)s)")
    command.add_argument("--seed", type=int, required=True, help="of the blinding; as secret as the key")
    command.set_defaults(run=_review_write)

    command = commands.add_parser("review-read", help="merge the reviewers' exports and unblind them")
    command.add_argument("exports", type=pathlib.Path, nargs="+", help="the JSON files that the page exported")
    command.add_argument("--key", type=pathlib.Path, required=True, help="review_key.json")
    command.set_defaults(run=_review_read)
    return top


def main() -> None:
    arguments = parser().parse_args()
    try:
        arguments.run(arguments)
    except (radonc.Error, OSError) as error:
        sys.exit(f"radonc: {error}")
