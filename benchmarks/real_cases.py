"""How long do real cases take on SmolLM2-135M, beside PEFT and transformers: an epoch of training, and the answers?

    python benchmarks/real_cases.py --peers /path/to/python

The peers' Python is that of an environment with torch, transformers and peft. Each measurement is a process of its own
and all take turns. Training: LoRA of rank 8 on all linear layers from the same start, the pairs of the same cases in
the same order, 8 cases a step, in batches of up to 2,048 tokens. PEFT runs 8 pairs at once: padded to the longest, or
packed, one behind the other with positions that start anew (transformers keeps their attention apart), as TRL does
without padding. Answers: greedy, at most 48 new tokens, batches of 32; transformers pads on the left. Prints the ratio
to the peer, the mean loss of the last quarter of the steps, and the peak memory.
"""

import argparse
import json
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
from side_by_side import print_table, take_turns, tell  # noqa: E402

ROOT = pathlib.Path(__file__).parents[1]
CASES_PER_STEP, PER_BATCH, TOKENS_PER_BATCH, PER_ANSWER_BATCH, NEW_TOKENS = 8, 8, 2048, 32, 48
OURS = [
    "train: radonc bfloat16",
    "train: radonc int8",
    "answer: radonc bfloat16",
    "answer: radonc int8",
]
PEERS = ["train: PEFT bfloat16, padded", "train: PEFT bfloat16, packed", "answer: transformers bfloat16"]


def prepare(folder: pathlib.Path, count: int) -> None:
    """The model as Hugging Face reads it, and the pairs' texts and tokens."""
    import radonc

    model = radonc.model.Transformer.load(radonc.smollm2(), dtype=radonc.model.Dtype.bfloat16)
    radonc.model.export_hugging_face(model, folder)
    tokenizer = radonc.text.Tokenizer.load(radonc.smollm2())
    cohort = radonc.data.select_cohort(radonc.data.read_cases(ROOT / "examples/data/tcga_irradiated.jsonl")).cases
    tasks = radonc.tasks.study_tasks(cohort)
    cases = []
    for record in cohort[:: len(cohort) // count][:count]:
        pairs = [task.build_pair(record) for task in tasks if task.reference(record)]
        encoded = [radonc.text.encode_pair(tokenizer, p.system, p.prompt, p.answer) for p in pairs]
        cases.append(
            [
                {"ids": e.ids, "prompt": e.num_prompt_tokens, "asked": (p.system, p.prompt)}
                for p, e in zip(pairs, encoded, strict=True)
            ]
        )
    (folder / "cases.json").write_text(json.dumps(cases))
    adapter = radonc.lora.inject(model, radonc.lora.LoraConfig(rank=8, alpha=16.0))
    radonc.lora.save_adapter(adapter, folder / "start")


def losses_of(steps: list[float]) -> str:
    last = steps[-max(1, len(steps) // 4) :]
    return f"{sum(last) / len(last):.3f}"


def radonc_run(what: str, kind: str, folder: pathlib.Path, cases) -> None:
    import radonc

    chosen = radonc.model.Quantization["int8" if kind == "int8" else "none"]
    model = radonc.model.Transformer.load(folder, dtype=radonc.model.Dtype.bfloat16, quantization=chosen)
    if what == "train":
        pairs = [
            [radonc.text.TokenizedPair(ids=p["ids"], num_prompt_tokens=p["prompt"]) for p in case] for case in cases
        ]
        adapter = radonc.lora.load_adapter(model, folder / "start")
        train = radonc.train.TrainConfig(cases_per_step=CASES_PER_STEP, shuffle=False, final_rate_ratio=1.0)
        train.max_tokens_per_batch = TOKENS_PER_BATCH
        log = radonc.train.fit(model, adapter, pairs, train)
        tell(log.seconds, loss=losses_of([step.loss for step in log.steps]))
        return
    tokenizer = radonc.text.Tokenizer.load(radonc.smollm2())
    prompts = [tuple(p["asked"]) for case in cases for p in case]
    begin = time.perf_counter()
    answers = radonc.generate.generate(
        model, tokenizer, prompts, max_new_tokens=NEW_TOKENS, batch_size=PER_ANSWER_BATCH, prompt_template="chatml"
    )
    tell(time.perf_counter() - begin, tokens=sum(len(answer.ids) + answer.finished for answer in answers))


def peer_batch(pairs, packed: bool) -> dict:
    """What the model is called with, and the labels: row by row and padded, or all in one row."""
    import torch

    longest = max(len(p["ids"]) for p in pairs)

    def rows(values, fill):
        if packed:
            return torch.tensor([[value for own in values for value in own]])
        return torch.tensor([own + [fill] * (longest - len(own)) for own in values])

    labels = rows([[-100] * p["prompt"] + p["ids"][p["prompt"] :] for p in pairs], -100)
    call = {"input_ids": rows([p["ids"] for p in pairs], 0)}
    if packed:
        call["position_ids"] = rows([list(range(len(p["ids"]))) for p in pairs], 0)
    else:
        call["attention_mask"] = rows([[1] * len(p["ids"]) for p in pairs], 0)
    return {"call": call, "labels": labels}


def peer_train(model, cases, folder: pathlib.Path, packed: bool) -> None:
    import torch
    from peft import PeftModel

    model = PeftModel.from_pretrained(model, folder / "start", is_trainable=True)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3, weight_decay=0.0)
    steps, begin = [], time.perf_counter()
    num_steps = (len(cases) + CASES_PER_STEP - 1) // CASES_PER_STEP
    for step in range(num_steps):
        chosen = [pair for case in cases[step * CASES_PER_STEP : (step + 1) * CASES_PER_STEP] for pair in case]
        supervised = sum(len(p["ids"]) - p["prompt"] for p in chosen)
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * min(1.0, (step + 1) / max(1, round(0.05 * num_steps)))
        loss = 0.0
        for at in range(0, len(chosen), PER_BATCH):
            batch = chosen[at : at + PER_BATCH]
            made = peer_batch(batch, packed)
            logits = model(**made["call"], use_cache=False).logits[:, :-1].float()
            part = torch.nn.functional.cross_entropy(
                logits.flatten(0, 1), made["labels"][:, 1:].flatten(), reduction="sum"
            )
            (part / supervised).backward()
            loss += part.item() / supervised
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        steps.append(loss)
    tell(time.perf_counter() - begin, loss=losses_of(steps))


def peer_answer(model, pairs) -> None:
    import torch

    end = 2  # <|im_end|>
    tokens, begin = 0, time.perf_counter()
    for at in range(0, len(pairs), PER_ANSWER_BATCH):
        prompts = [p["ids"][: p["prompt"]] for p in pairs[at : at + PER_ANSWER_BATCH]]
        longest = max(map(len, prompts))
        ids = torch.tensor([[0] * (longest - len(p)) + p for p in prompts])
        mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
        out = model.generate(
            input_ids=ids,
            attention_mask=mask,
            do_sample=False,
            max_new_tokens=NEW_TOKENS,
            eos_token_id=end,
            pad_token_id=0,
        )
        for row in out[:, longest:].tolist():
            tokens += row.index(end) + 1 if end in row else len(row)
    tell(time.perf_counter() - begin, tokens=tokens)


def measure(name: str, folder: pathlib.Path) -> None:
    what, rest = name.split(": ")
    side, kind = rest.split(" ", 1)
    cases = json.loads((folder / "cases.json").read_text())
    if side == "radonc":
        radonc_run(what, kind, folder, cases)
        return
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16, attn_implementation="sdpa")
    if what == "train":
        peer_train(model.train(), cases, folder, "packed" in kind)
    else:
        peer_answer(model.eval(), [pair for case in cases for pair in case])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=pathlib.Path, help="Python of an environment with PEFT")
    parser.add_argument("--cases", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure, arguments.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        prepare(pathlib.Path(folder), arguments.cases)
        best = take_turns(__file__, OURS, PEERS, arguments.peers, arguments.rounds, [f"--folder={folder}"])
    for what, peer in (("train", PEERS[0]), ("train", PEERS[1]), ("answer", PEERS[2])):
        if peer == PEERS[1] and peer not in best:
            continue
        own = {name: result for name, result in best.items() if name.startswith(what)}
        print_table(own, peer if peer in own else next(iter(own)))


if __name__ == "__main__":
    main()
