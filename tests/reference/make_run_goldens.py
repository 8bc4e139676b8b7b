"""What PEFT and transformers compute beyond one pass on the models of make_family_goldens.py.

    PYTHONPATH=tests/python:tests/reference python tests/reference/make_run_goldens.py tests/data/model

Made with torch 2.15, transformers 5.23 and peft 0.21.2, in float32 with eager attention and dropout off.

family_runs.npz: for every tiny_NAME, with LoRA on all linear layers and the values of tests/python/plain_adapter.py,
NAME.loss and NAME.gradients (their sketch) on the ids of its golden.npz; for a windowed model and Qwen2 NAME.losses and
NAME.gradient_norms of 20 steps of AdamW as well.

dynamic_cached.safetensors: ids and logits of cached generation with tiny_llama_dynamic, the first 12 ids in one pass
and the others one at a time. transformers computes the frequencies anew whenever the sequence is longer than every one
before it and than max_position_embeddings, but the keys in the cache keep the rotation they got when they were written.
The logits therefore differ from those of one pass over the same ids, and the difference stays.
"""

import pathlib
import sys

import numpy as np
import peft
import torch
from make_family_goldens import ALL_LINEAR, NUM_PROMPT_TOKENS, load_model, run, save_arrays, train
from plain_adapter import adapter_values, sketch
from safetensors.torch import save_file

CURVES = ["tiny_mistral_window_gqa", "tiny_qwen2"]


def plain_adapter(folder: pathlib.Path):
    config = peft.LoraConfig(r=4, lora_alpha=6, target_modules=ALL_LINEAR, task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(load_model(folder), config).eval()
    trained = {n.replace(".default", ""): p for n, p in adapted.named_parameters() if p.requires_grad}
    values = adapter_values({name: tuple(parameter.shape) for name, parameter in trained.items()})
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(values[name])
    return adapted, trained


def family_runs(models: pathlib.Path) -> dict:
    arrays = {}
    for folder in sorted(models.glob("tiny_*")):
        ids = torch.tensor(np.load(folder / "golden.npz")["ids"])[None]
        adapted, trained = plain_adapter(folder)
        _, loss = run(adapted, ids)
        loss.backward()
        gradients = {name: parameter.grad for name, parameter in trained.items()}
        arrays[f"{folder.name}.loss"] = loss.item()
        arrays[f"{folder.name}.gradients"] = sketch(gradients).float().numpy()
        if folder.name in CURVES:
            losses, norms = train(plain_adapter(folder)[0], ids, 1.0)
            arrays |= {f"{folder.name}.losses": losses, f"{folder.name}.gradient_norms": norms}
    return arrays


@torch.no_grad()
def cached_logits(model, ids: torch.Tensor, prefill: int) -> torch.Tensor:
    output = model(ids[:, :prefill], use_cache=True)
    rows = [output.logits[0]]
    for i in range(prefill, ids.shape[1]):
        output = model(ids[:, i : i + 1], past_key_values=output.past_key_values, use_cache=True)
        rows.append(output.logits[0])
    return torch.cat(rows)


def main(out: str) -> None:
    models = pathlib.Path(out)
    save_arrays(models / "family_runs.npz", num_prompt_tokens=NUM_PROMPT_TOKENS, **family_runs(models))
    ids = torch.tensor(np.load(models / "tiny_llama_dynamic" / "golden.npz")["ids"])
    logits = cached_logits(load_model(models / "tiny_llama_dynamic"), ids[None], 12)
    save_file({"ids": ids, "logits": logits}, models / "dynamic_cached.safetensors")


if __name__ == "__main__":
    main(*sys.argv[1:])
