"""Gradients and training of LoRA on models of every family against PEFT; goldens by make_run_goldens.py."""

import pathlib

import numpy as np
import pytest
import radonc
import torch
from plain_adapter import adapter_values, sketch

MODELS = pathlib.Path(__file__).parents[1] / "data" / "model"
GOLDEN = np.load(MODELS / "family_runs.npz")
# Gradients through float16 weights are in adapters/float16_*; see test_families.py.
FAMILIES = sorted(path.name for path in MODELS.glob("tiny_*") if not path.name.endswith("float16"))


def start(name):
    """The model with the golden's adapter, and the golden's sequence as the only case."""
    model = radonc.model.Transformer.load(MODELS / name, dtype=radonc.model.Dtype.float32)
    adapter = radonc.lora.inject(model, radonc.lora.LoraConfig(rank=4, alpha=6))
    values = adapter_values({key: tuple(tensor.shape) for key, tensor in adapter.tensors.items()})
    for key, tensor in adapter.tensors.items():
        tensor.detach().copy_(values[key])
    ids = np.load(MODELS / name / "golden.npz")["ids"].tolist()
    pair = radonc.text.TokenizedPair(ids=ids, num_prompt_tokens=int(GOLDEN["num_prompt_tokens"]))
    return model, adapter, [[pair]]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_gradient_of_every_family_equals_pefts(name):
    model, adapter, cases = start(name)
    # One step at rate ~0 leaves the gradients of PEFT's loss in the adapter.
    log = radonc.train.fit(model, adapter, cases, radonc.train.TrainConfig(learning_rate=1e-12, max_grad_norm=0.0))
    assert log.steps[0].loss == pytest.approx(float(GOLDEN[f"{name}.loss"]), rel=1e-5)
    expected = GOLDEN[f"{name}.gradients"]
    assert expected.shape[0] == len(adapter.tensors) == 2 * 7 * 2
    found = sketch({key: tensor.grad for key, tensor in adapter.tensors.items()}).numpy()
    assert (np.abs(found - expected).max(1) / np.abs(expected).max(1)).max() < 1e-4


def test_a_sketch_sees_an_error_of_a_thousandth_in_any_entry():
    torch.manual_seed(0)
    gradient = torch.randn(48, 4)
    exact = sketch({"a": gradient})
    for place in range(gradient.numel()):
        wrong = gradient.clone()
        wrong.view(-1)[place] += 1e-3 * gradient.norm()
        assert (sketch({"a": wrong}) - exact).abs().max() > 1e-4 * exact.abs().max()


@pytest.mark.parametrize("name", ["tiny_mistral_window_gqa", "tiny_qwen2"])
def test_twenty_steps_of_a_windowed_model_and_of_qwen2_follow_pefts(name):
    model, adapter, cases = start(name)
    config = radonc.train.TrainConfig(
        num_epochs=20, learning_rate=1e-2, warmup_ratio=0.0, final_rate_ratio=1.0, weight_decay=0.01
    )
    log = radonc.train.fit(model, adapter, cases, config)
    losses = np.array([step.loss for step in log.steps])
    norms = np.array([step.grad_norm for step in log.steps])
    assert losses[-1] < 0.3 * losses[0]
    assert np.abs(losses / GOLDEN[f"{name}.losses"] - 1).max() < 1e-3
    assert np.abs(norms / GOLDEN[f"{name}.gradient_norms"] - 1).max() < 1e-2


def test_training_every_bias_of_a_model_without_any_is_plain_lora_as_in_peft():
    model = radonc.model.Transformer.load(MODELS / "tiny_llama", dtype=radonc.model.Dtype.float32)
    plain = radonc.lora.inject(model, radonc.lora.LoraConfig(rank=4))
    adapter = radonc.lora.inject(model, radonc.lora.LoraConfig(rank=4, bias=radonc.lora.Bias.all))
    assert adapter.tensors.keys() == plain.tensors.keys()


def test_biases_that_train_start_as_the_models_and_change_nothing():
    model = radonc.model.Transformer.load(MODELS / "tiny_llama_mlp_bias", dtype=radonc.model.Dtype.float32)
    ids = torch.arange(20)
    original = model.forward(ids)
    config = radonc.lora.LoraConfig(rank=4, target_modules=["q_proj"], bias=radonc.lora.Bias.all, lora_bias=True)
    adapter = radonc.lora.inject(model, config)
    prefix = "base_model.model.model.layers.0.self_attn."
    for name in ["q_proj.base_layer.bias", "k_proj.bias", "q_proj.lora_B.bias"]:
        assert prefix + name in adapter.tensors
    assert torch.equal(model.forward(ids), original)
    adapter.tensors[prefix + "q_proj.lora_B.bias"].detach().add_(0.5)
    assert not torch.equal(model.forward(ids), original)
