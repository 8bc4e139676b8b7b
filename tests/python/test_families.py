"""Models of each family and adapters of each kind against transformers and PEFT; goldens by make_family_goldens.py."""

import json
import pathlib
import shutil

import numpy as np
import pytest
import radonc
import torch
from safetensors_file import read_safetensors

MODELS = pathlib.Path(__file__).parents[1] / "data" / "model"
FAMILIES = sorted(path.name for path in MODELS.glob("tiny_*"))
ADAPTERS = sorted(path.name for path in (MODELS / "adapters").iterdir() if (path / "golden.npz").exists())


def load(name, dtype="float32"):
    return radonc.model.Transformer.load(MODELS / name, dtype=radonc.model.Dtype[dtype])


def logits(model, ids):
    return model.forward(torch.from_numpy(ids)).numpy()


@pytest.mark.parametrize("name", FAMILIES)
def test_family_equals_transformers(name):
    golden = np.load(MODELS / name / "golden.npz")
    assert np.abs(logits(load(name), golden["ids"]) - golden["base"]).max() < 2e-5


def test_all_families_are_there():
    assert len(FAMILIES) == 16 and len(ADAPTERS) == 17


def test_float16_weights_are_kept_and_computed_with_in_float32():
    """As close to transformers' float32 on the same values as a float32 model is."""
    golden = np.load(MODELS / "tiny_qwen2_float16" / "golden.npz")
    model, wide = load("tiny_qwen2_float16", "float16"), load("tiny_qwen2_float16")
    assert model.dtype == torch.float16 and wide.dtype == torch.float32
    assert model.num_bytes < 0.55 * wide.num_bytes
    assert np.abs(logits(model, golden["ids"]) - golden["base"]).max() < 2e-5


def test_shards_are_one_model():
    golden = np.load(MODELS / "sharded" / "golden.npz")
    assert np.abs(logits(load("sharded"), golden["ids"]) - golden["base"]).max() < 1e-5


def test_weights_in_the_files_type_are_the_file_itself(tmp_path):
    """No second copy: the tensors are the mapping, which outlives the checkpoint object."""
    shutil.copytree(MODELS / "tiny_llama", tmp_path / "model")
    model = radonc.model.Transformer.load(tmp_path / "model", dtype=radonc.model.Dtype.float32)
    maps = pathlib.Path("/proc/self/maps").read_text()
    assert str(tmp_path / "model" / "model.safetensors") in maps
    shutil.rmtree(tmp_path / "model")
    golden = np.load(MODELS / "tiny_llama" / "golden.npz")
    assert np.abs(logits(model, golden["ids"]) - golden["base"]).max() < 1e-5


def golden_key(name):
    """The name of a tensor's gradient in the golden file, where PEFT's differs from that in its adapter file."""
    if name.endswith("lora_magnitude_vector"):
        return f"grad.{name}.weight"
    if name.endswith("lm_head.weight"):
        return "grad.base_model.model.lm_head.modules_to_save.weight"
    return f"grad.{name}"


@pytest.mark.parametrize("name", ADAPTERS)
def test_adapter_gives_pefts_logits_loss_and_gradients(name):
    golden = np.load(MODELS / "adapters" / name / "golden.npz")
    model = load(str(golden["model"]), "float16" if name.startswith("float16") else "float32")
    adapter = radonc.lora.load_adapter(model, MODELS / "adapters" / name)
    assert np.abs(logits(model, golden["ids"]) - golden["adapted"]).max() < 2e-5

    # One step at rate ~0 leaves the gradients of PEFT's loss in the adapter.
    pair = radonc.text.TokenizedPair(ids=golden["ids"].tolist(), num_prompt_tokens=int(golden["num_prompt_tokens"]))
    config = radonc.train.TrainConfig(learning_rate=1e-12, max_grad_norm=0.0)
    log = radonc.train.fit(model, adapter, [[pair]], config)
    assert log.steps[0].loss == pytest.approx(float(golden["loss"]), rel=1e-5)
    expected = {key for key in golden.files if key.startswith("grad.")}
    assert {golden_key(key) for key in adapter.tensors} == expected
    for key, tensor in adapter.tensors.items():
        gradient = golden[golden_key(key)]
        assert np.abs(tensor.grad.numpy() - gradient).max() < 1e-4 * np.abs(gradient).max(), key


@pytest.mark.parametrize("name", ADAPTERS)
def test_adapter_is_written_as_peft_writes_it(name, tmp_path):
    from_peft = MODELS / "adapters" / name
    model = load(str(np.load(from_peft / "golden.npz")["model"]))
    radonc.lora.save_adapter(radonc.lora.load_adapter(model, from_peft), tmp_path, "base")
    written, expected = (read_safetensors(path / "adapter_model.safetensors") for path in (tmp_path, from_peft))
    assert written.keys() == expected.keys()
    for key in expected:
        assert np.array_equal(written[key], expected[key]), key
    ours, theirs = (json.loads((path / "adapter_config.json").read_text()) for path in (tmp_path, from_peft))
    for field in ["r", "lora_alpha", "lora_dropout", "lora_bias", "use_rslora", "use_dora", "bias"]:
        assert ours[field] == theirs[field], field
    for field in ["rank_pattern", "alpha_pattern"]:
        assert list(ours[field].items()) == list(theirs[field].items()), field  # the first match counts
    for field in ["layers_to_transform", "modules_to_save"]:
        assert (ours[field] or None) == (theirs[field] or None), field
    targets = theirs["target_modules"]
    assert (
        ours["target_modules"] == targets if isinstance(targets, str) else set(ours["target_modules"]) == set(targets)
    )


def test_what_would_change_the_meaning_is_refused(tmp_path):
    shutil.copytree(MODELS / "adapters" / "lora", tmp_path / "a")
    config = json.loads((tmp_path / "a" / "adapter_config.json").read_text())
    for field, value in {
        "init_lora_weights": "pissa_niter_4",
        "layers_pattern": "blocks",
        "fan_in_fan_out": True,
        "bias": "some_only",
        "peft_type": "IA3",
        "r": "eight",
        "exclude_modules": ["q_proj"],
        "velora_config": {"rank": 1},
    }.items():
        (tmp_path / "a" / "adapter_config.json").write_text(json.dumps(config | {field: value}))
        with pytest.raises(radonc.Error, match="adapter_config.json.*" + ("r, lora_alpha" if field == "r" else field)):
            radonc.lora.load_adapter(load("tiny_llama"), tmp_path / "a")


@pytest.mark.parametrize(
    ("base", "names"),
    [
        ("tiny_llama", ["lora", "dora", "modules_to_save"]),
        ("tiny_llama_mlp_bias", ["bias_all", "dora_bias", "lora_bias"]),
    ],
)
def test_adapters_take_turns_on_one_base(base, names):
    model = load(base)
    goldens = {name: np.load(MODELS / "adapters" / name / "golden.npz") for name in names}
    ids = goldens[names[0]]["ids"]
    original = logits(model, ids)
    adapters = {name: radonc.lora.load_adapter(model, MODELS / "adapters" / name) for name in names}
    first = {}
    for name in [*names, *reversed(names), names[0], names[2]]:
        radonc.lora.attach(model, adapters[name])
        assert np.abs(logits(model, goldens[name]["ids"]) - goldens[name]["adapted"]).max() < 2e-5
        assert np.array_equal(logits(model, ids), first.setdefault(name, logits(model, ids))), name
    assert len({values.tobytes() for values in [original, *first.values()]}) == 4
    radonc.lora.remove(model)
    assert np.array_equal(logits(model, ids), original)


@pytest.mark.parametrize("clip", ["", "_clipped"])
def test_twenty_steps_follow_pefts_loss_curve(clip):
    folder = MODELS / "adapters"
    golden = np.load(folder / "curve.npz")
    model = load("tiny_llama")
    adapter = radonc.lora.load_adapter(model, folder / "curve_start")
    prompt = int(golden["num_prompt_tokens"])
    case = [radonc.text.TokenizedPair(ids=ids.tolist(), num_prompt_tokens=prompt) for ids in golden["ids"]]
    config = radonc.train.TrainConfig(
        num_epochs=20,
        cases_per_step=1,
        learning_rate=1e-2,
        warmup_ratio=0.0,
        final_rate_ratio=1.0,
        weight_decay=0.01,
        max_grad_norm=float(golden["clipped_at"]) if clip else 1.0,
    )
    log = radonc.train.fit(model, adapter, [case], config)
    losses = np.array([step.loss for step in log.steps])
    assert np.abs(losses / golden["losses" + clip] - 1).max() < 1e-4
    norms = np.array([step.grad_norm for step in log.steps])
    assert np.abs(norms / golden["gradient_norms" + clip] - 1).max() < 1e-3
    if not clip:
        end = read_safetensors(folder / "curve_end" / "adapter_model.safetensors")
        for key, tensor in adapter.tensors.items():
            assert np.abs(tensor.detach().numpy() - end[key]).max() < 1e-4, key
