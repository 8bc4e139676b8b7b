"""How fast is a LoRA step of SmolLM2-135M on real cases, and what does sharing the details' tokens bring?

Trains the same cases in radonc twice in one run: a case's tasks side by side, so that they share the tokens of its
details, and each pair as a case of its own, so that nothing is shared. Prints tokens of the training pairs per second
(the same tokens for both) and their ratio.
"""

import argparse
import pathlib

import radonc

ROOT = pathlib.Path(__file__).parents[1]


def encoded_cases(count: int):
    tokenizer = radonc.text.Tokenizer.load(radonc.smollm2())
    records = radonc.data.read_cases(ROOT / "examples" / "data" / "tcga_irradiated.jsonl")
    cohort = radonc.data.select_cohort(records).cases
    tasks = radonc.tasks.study_tasks(cohort)
    for record in cohort[:: len(cohort) // count][:count]:
        pairs = [task.build_pair(record) for task in tasks if task.reference(record)]
        yield [radonc.text.encode_pair(tokenizer, p.system, p.prompt, p.answer) for p in pairs]


def tokens_per_second(model, cases, cases_per_step: int) -> float:
    adapter = radonc.lora.inject(model, radonc.lora.LoraConfig(rank=8, alpha=16.0))
    config = radonc.train.TrainConfig(cases_per_step=cases_per_step)
    log = radonc.train.fit(model, adapter, cases, config)
    radonc.lora.remove(model)
    return sum(step.num_represented for step in log.steps) / log.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()

    model = radonc.model.Transformer.load(radonc.smollm2())
    cases = list(encoded_cases(arguments.cases))
    alone = [[pair] for case in cases for pair in case]
    print(f"{len(cases)} cases, {len(alone)} pairs, {model.dtype}")
    for number in range(arguments.rounds):
        shared = tokens_per_second(model, cases, 8)
        separate = tokens_per_second(model, alone, 24)
        print(
            f"round {number + 1}: shared {shared:.0f} tokens/s, separate {separate:.0f}, ratio {shared / separate:.2f}"
        )


if __name__ == "__main__":
    main()
