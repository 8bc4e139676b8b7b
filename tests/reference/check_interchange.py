"""Lets transformers, PEFT and gguf load what radonc writes, and prints how far their logits are from radonc's.

    python tests/reference/check_interchange.py tests/data/model

Needs radonc, transformers, peft, safetensors and gguf in one environment. Every adapter of adapters/ is loaded by
radonc, trained for two steps so that it is no longer PEFT's file, saved, and loaded by PEFT; every family is exported
and loaded by transformers. The tests prove the same without these packages, from goldens.
"""

import pathlib
import sys
import tempfile
import warnings

import numpy as np
import peft
import radonc
import torch
import transformers

IDS = torch.arange(24)


def reference_logits(model) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(IDS.unsqueeze(0)).logits[0].float()


def check_adapter(models: pathlib.Path, name: str, config: radonc.lora.LoraConfig | None = None) -> float:
    folder = models / "adapters" / name
    base = "tiny_llama" if config else str(np.load(folder / "golden.npz")["model"])
    model = radonc.model.Transformer.load(models / base, dtype=radonc.model.Dtype.float32)
    adapter = radonc.lora.inject(model, config) if config else radonc.lora.load_adapter(model, folder)
    pair = radonc.text.TokenizedPair(ids=IDS.tolist(), num_prompt_tokens=12)
    radonc.train.fit(model, adapter, [[pair]], radonc.train.TrainConfig(num_epochs=2, learning_rate=1e-2))
    with tempfile.TemporaryDirectory() as out, warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*adapter keys.*")  # PEFT only warns of keys that it does not find
        radonc.lora.save_adapter(adapter, out, base)
        theirs = transformers.AutoModelForCausalLM.from_pretrained(
            models / base, dtype=torch.float32, attn_implementation="eager"
        )
        return float((reference_logits(peft.PeftModel.from_pretrained(theirs, out)) - model.forward(IDS)).abs().max())


def check_export(models: pathlib.Path, name: str) -> float:
    model = radonc.model.Transformer.load(models / name, dtype=radonc.model.Dtype.float32)
    with tempfile.TemporaryDirectory() as out:
        radonc.model.export_hugging_face(model, out)
        theirs = transformers.AutoModelForCausalLM.from_pretrained(
            out, dtype=torch.float32, attn_implementation="eager"
        )
        return float((reference_logits(theirs) - model.forward(IDS)).abs().max())


def main(data: str) -> None:
    models = pathlib.Path(data)
    worst = 0.0
    for folder in sorted((models / "adapters").iterdir()):
        if (folder / "golden.npz").exists():
            worst = max(worst, difference := check_adapter(models, folder.name))
            print(f"adapter {folder.name:22} {difference:.1e}")
    for init in [radonc.lora.Init.gaussian, radonc.lora.Init.pissa]:
        worst = max(worst, difference := check_adapter(models, "", radonc.lora.LoraConfig(rank=4, init=init)))
        print(f"adapter {init.name:22} {difference:.1e}")
    for folder in sorted(models.glob("tiny_*")):
        worst = max(worst, difference := check_export(models, folder.name))
        print(f"export  {folder.name:22} {difference:.1e}")
    print(f"largest difference of a logit: {worst:.1e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
