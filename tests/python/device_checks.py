"""What test_device.py runs, each in a process of its own: everything gives on the device what it gives on the CPU.

    python device_checks.py cuda training

The device "gpu" is the pretended one of pretend_gpu.py.
"""

import json
import os
import pathlib
import sys
import tempfile

import radonc
import torch

ROOT = pathlib.Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "model"
DEVICE = sys.argv[1]
DEVICES = ("cpu", DEVICE)
IDS = torch.arange(40) * 7 % 61


def load(device, path=DATA / "tiny_llama", quantization="none", dtype="float32"):
    return radonc.model.Transformer.load(
        path, device=device, dtype=radonc.model.Dtype[dtype], quantization=radonc.model.Quantization[quantization]
    )


def smollm2(device, quantization="none"):
    path = os.environ.get("RADONC_SMOLLM2_GGUF") or radonc.smollm2()
    return load(device, path, quantization), radonc.text.Tokenizer.load(path)


def near(there, here, tolerance=1e-5):
    assert there.device.type == DEVICE, there.device
    assert torch.allclose(there.cpu(), here, rtol=tolerance, atol=tolerance * here.abs().max().item())


def logits_of_every_family():
    for folder in sorted(DATA.glob("tiny_*")):
        here, there = (load(device, folder) for device in DEVICES)
        assert there.device == f"{DEVICE}:0" and there.num_bytes == here.num_bytes
        near(there.forward(IDS), here.forward(IDS))


def quantized_logits():
    for quantization, tolerance in (("nf4", 1e-4), ("int8", 5e-2)):  # the CPU's products of int8 round x too
        here, there = (load(device, quantization=quantization) for device in DEVICES)
        assert there.num_bytes == here.num_bytes
        near(there.forward(IDS), here.forward(IDS), tolerance)
        near(there.forward(IDS[:5]), here.forward(IDS[:5]), tolerance)
    here, there = (smollm2(device, "nf4")[0] for device in DEVICES)  # whose rows are of whole blocks
    for count in (8, 9):  # read as it is, and dequantised
        near(there.forward(IDS[:count]), here.forward(IDS[:count]), 1e-3)


def trained(device, folder, quantization, settings, dtype="float32"):
    model = load(device, DATA / folder, quantization, dtype)
    config = radonc.lora.LoraConfig(rank=4, alpha=8.0, seed=3, **settings)
    adapter = radonc.lora.inject(model, config)
    shared = IDS[:20].tolist()
    pairs = [radonc.text.TokenizedPair(ids=shared + [7, n, 9], num_prompt_tokens=20 + n % 2) for n in range(4)]
    log = radonc.train.fit(
        model, adapter, [pairs[:2], pairs[2:]], radonc.train.TrainConfig(num_epochs=2, cases_per_step=1)
    )
    return model, adapter, [step.loss for step in log.steps]


VARIANTS = [
    ("tiny_llama", "none", {}),
    ("tiny_llama", "nf4", {"use_rslora": True}),
    ("tiny_llama", "none", {"dropout": 0.3}),
    ("tiny_llama", "none", {"use_dora": True, "dropout": 0.3}),
    ("tiny_llama", "none", {"init": radonc.lora.Init.gaussian, "lora_bias": True}),
    ("tiny_llama", "none", {"init": radonc.lora.Init.pissa, "modules_to_save": ["lm_head", "embed_tokens"]}),
    ("tiny_llama_bias", "none", {"bias": radonc.lora.Bias.all}),
    ("tiny_mistral_window_gqa", "none", {}),
    ("tiny_llama_dynamic", "none", {}),
]


def training():
    for variant in VARIANTS:
        (_, here, losses), (_, there, losses_there) = (trained(device, *variant) for device in DEVICES)
        assert max(abs(a - b) for a, b in zip(losses, losses_there, strict=True)) < 1e-4, variant
        near(there.parameters, here.parameters, 1e-3)


def flash_attention():
    """The products of bfloat16 are rounded elsewhere on a GPU: what attention sees is the same."""
    for folder in ("tiny_llama", "tiny_mistral_window_gqa"):
        here, there = (load(device, DATA / folder, dtype="bfloat16") for device in DEVICES)
        near(there.forward(IDS), here.forward(IDS), 3e-2)
        (_, here, losses), (_, there, losses_there) = (
            trained(device, folder, "none", {}, "bfloat16") for device in DEVICES
        )
        assert max(abs(a - b) for a, b in zip(losses, losses_there, strict=True)) < 3e-2
        change = (there.gradients.cpu() - here.gradients).norm() / here.gradients.norm()
        assert change < 3e-2, change


def files():
    """What is written and merged on the device is what is on the CPU, and is read on either."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for variant in VARIANTS:
            model, adapter, _ = trained(DEVICE, *variant)
            radonc.lora.save_adapter(adapter, folder / "adapter")
            read = [load(device, DATA / variant[0], variant[1]) for device in DEVICES]
            for other in read:
                radonc.lora.load_adapter(other, folder / "adapter")
            near(model.forward(IDS), read[0].forward(IDS), 1e-4)
            near(read[1].forward(IDS), read[0].forward(IDS), 1e-4)
        model, adapter, _ = trained(DEVICE, *VARIANTS[0])
        radonc.lora.export_gguf_adapter(adapter, model.config, folder / "adapter.gguf")
        radonc.lora.merge(model, adapter, radonc.lora.MergeTarget.nf4)
        radonc.model.export_hugging_face(model, folder / "merged", keep_quantized=True)
        near(model.forward(IDS), load("cpu", folder / "merged").forward(IDS), 1e-4)
        near(load(DEVICE, folder / "merged").forward(IDS), load("cpu", folder / "merged").forward(IDS), 1e-4)
    here = load("cpu")
    try:
        radonc.lora.attach(here, adapter)
    except radonc.Error as error:
        assert f"{DEVICE}:0" in str(error)
    else:
        raise AssertionError("an adapter of another device was taken")


def answers():
    prompts = [("Be short.", f"Name {n} of the Moon, and of the Sun.") for n in ("a crater", "the age", "the mass")]
    results = []
    for device in DEVICES:
        model, tokenizer = smollm2(device)
        free = radonc.generate.generate(model, tokenizer, prompts, batch_size=2, max_new_tokens=4)
        listed = ["Tycho", "4.5 billion years", "7 times 10^22 kg"]
        trie = radonc.generate.TokenTrie(tokenizer, listed)
        chosen = radonc.generate.generate(model, tokenizer, prompts, answers=trie, batch_size=2)
        weighed = radonc.generate.choose(model, tokenizer, prompts[:1], listed)
        results.append([free, chosen, weighed])
    (free, chosen, weighed), there = results
    for ours, theirs in ((free, there[0]), (chosen, there[1])):
        assert [x.text for x in ours] == [x.text for x in theirs]
        assert max(abs(a.log_probability - b.log_probability) for a, b in zip(ours, theirs, strict=True)) < 1e-3
    for a, b in zip(weighed[0].log_probabilities, there[2][0].log_probabilities, strict=True):
        assert abs(a - b) < 1e-3


def decoding():
    """A token's step takes one copy there, and two back with what was picked: a CUDA graph can hold it."""
    import pretend_gpu

    model, tokenizer = smollm2(DEVICE)
    counts = []
    for max_new_tokens in (3, 8):
        pretend_gpu.crossings.clear()
        (answer,) = radonc.generate.generate(
            model, tokenizer, [("", "Write a long story.")], max_new_tokens=max_new_tokens
        )
        assert len(answer.ids) == max_new_tokens
        counts.append(dict(pretend_gpu.crossings))
    assert {key: counts[1][key] - counts[0][key] for key in counts[1]} == {"there": 5, "back": 10}, counts


def training_steps():
    """A batch takes seven small copies there and two values back, however many layers there are."""
    import pretend_gpu

    model = load(DEVICE, dtype="bfloat16")
    adapter = radonc.lora.inject(model, radonc.lora.LoraConfig(rank=4, dropout=0.1))
    pairs = [radonc.text.TokenizedPair(ids=[*range(20), 7, n], num_prompt_tokens=20) for n in range(2)]
    config = radonc.train.TrainConfig(num_epochs=3, cases_per_step=1)
    pretend_gpu.crossings.clear()
    log = radonc.train.fit(model, adapter, [pairs], config)
    assert dict(pretend_gpu.crossings) == {"there": 7 * len(log.steps), "read": 2 * len(log.steps)}


def study():
    """One that goes all the way, grammars included."""
    with tempfile.TemporaryDirectory() as output:
        result = radonc.study.run(
            ROOT / "examples" / "data" / "tcga_irradiated.jsonl", output, device=DEVICE, progress=False,
            num_test_cases=2, max_train_cases=8, confined=True, dtype=radonc.model.Dtype.float32,
            generate=radonc.generate.GenerateConfig(max_new_tokens=4),
        )  # fmt: skip
        written = json.loads((pathlib.Path(output) / "study.json").read_text())
        assert {"name": "device", "value": DEVICE} in written["environment"] and len(result.tasks) > 0


if __name__ == "__main__":
    chosen = globals()[sys.argv[2]]
    if DEVICE == "gpu":
        import pretend_gpu

        pretend_gpu.run(chosen)
    else:
        chosen()
