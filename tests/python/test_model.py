"""The models against transformers' logits; goldens by make_logits_golden.py and make_family_goldens.py."""

import numpy as np
import pytest
import radonc
import torch


@pytest.mark.parametrize("text", range(4))
def test_smollm2_logits_equal_transformers(smollm2, model_data, text):
    golden = np.load(model_data / "smollm2_logits.npz")
    logits = smollm2.forward(torch.from_numpy(golden[f"ids{text}"]))
    assert np.array_equal(logits.argmax(-1).numpy(), golden[f"argmax{text}"])
    sampled = logits[:, torch.from_numpy(golden["sampled"])].numpy()
    assert np.abs(sampled - golden[f"logits{text}"]).max() < 1e-3
    assert np.abs(logits.double().logsumexp(-1).numpy() - golden[f"logsumexp{text}"]).max() < 1e-3


def test_smollm2_in_bfloat16_stays_near(smollm2_path, model_data):
    golden = np.load(model_data / "smollm2_logits.npz")
    model = radonc.model.Transformer.load(smollm2_path, dtype=radonc.model.Dtype.bfloat16)
    logits = model.forward(torch.from_numpy(golden["ids0"]))
    agreement = (logits.argmax(-1).numpy() == golden["argmax0"]).mean()
    assert agreement > 0.9
    assert np.abs(logits.double().logsumexp(-1).numpy() - golden["logsumexp0"]).mean() < 0.2


def test_smollm2_in_float16_stays_nearer(smollm2_path, smollm2, model_data):
    """The file's weights have 4 bits and scales; what they stand for is rounded to float16 when it is read."""
    golden = np.load(model_data / "smollm2_logits.npz")
    model = radonc.model.Transformer.load(smollm2_path, dtype=radonc.model.Dtype.float16)
    assert model.num_bytes < 0.501 * smollm2.num_bytes
    for text in range(4):
        logits = model.forward(torch.from_numpy(golden[f"ids{text}"]))
        assert np.array_equal(logits.argmax(-1).numpy(), golden[f"argmax{text}"])
        assert np.abs(logits.double().logsumexp(-1).numpy() - golden[f"logsumexp{text}"]).max() < 0.05


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_mistral"])
def test_hugging_face_folder_equals_transformers(model_data, name):
    golden = np.load(model_data / name / "golden.npz")
    model = radonc.model.Transformer.load(model_data / name, dtype=radonc.model.Dtype.float32)
    logits = model.forward(torch.from_numpy(golden["ids"])).numpy()
    assert np.abs(logits - golden["base"]).max() < 1e-5


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_mistral"])
def test_adapter_of_peft_gives_its_logits_loss_and_gradients(model_data, name, tmp_path):
    golden = np.load(model_data / name / "golden.npz")
    model = radonc.model.Transformer.load(model_data / name, dtype=radonc.model.Dtype.float32)
    adapter = radonc.lora.load_adapter(model, model_data / name / "adapter")
    logits = model.forward(torch.from_numpy(golden["ids"])).numpy()
    assert np.abs(logits - golden["adapted"]).max() < 1e-5

    # One step at rate ~0 leaves the gradients of PEFT's loss in the adapter.
    pair = radonc.text.TokenizedPair(ids=golden["ids"].tolist(), num_prompt_tokens=int(golden["num_prompt_tokens"]))
    config = radonc.train.TrainConfig(learning_rate=1e-12, max_grad_norm=0.0)
    log = radonc.train.fit(model, adapter, [[pair]], config)
    assert log.steps[0].loss == pytest.approx(float(golden["loss"]), rel=1e-5)
    used = 0
    for module in adapter.modules:
        for side in "AB":
            expected = golden[f"grad.base_model.model.{module}.lora_{side}.weight"]
            got = adapter.gradients[used : used + expected.size].numpy().reshape(expected.shape)
            used += expected.size
            assert np.abs(got - expected).max() < 1e-4 * np.abs(expected).max()
    assert used == adapter.num_parameters

    # What was read is written back as PEFT wrote it.
    radonc.lora.save_adapter(radonc.lora.load_adapter(model, model_data / name / "adapter"), tmp_path, "base")
    from_peft = (model_data / name / "adapter" / "adapter_model.safetensors").read_bytes()
    written = (tmp_path / "adapter_model.safetensors").read_bytes()
    assert sorted(written[-1024:]) == sorted(from_peft[-1024:])
    radonc.lora.load_adapter(model, tmp_path)
    assert np.abs(model.forward(torch.from_numpy(golden["ids"])).numpy() - golden["adapted"]).max() < 1e-5


def test_what_is_no_model_is_named(tmp_path, smollm2_path):
    with pytest.raises(radonc.Error, match="absent"):
        radonc.model.Transformer.load(tmp_path / "absent")
    with pytest.raises(radonc.Error, match="config.json"):
        radonc.model.Transformer.load(tmp_path)
    foreign = tmp_path / "foreign.gguf"
    foreign.write_bytes(b"not a model" * 100)
    with pytest.raises(radonc.Error, match="foreign.gguf"):
        radonc.model.Transformer.load(foreign)
    truncated = tmp_path / "truncated.gguf"
    with open(smollm2_path, "rb") as source:
        truncated.write_bytes(source.read(40_000_000))
    with pytest.raises(radonc.Error, match="truncated.gguf"):
        radonc.model.Transformer.load(truncated)
