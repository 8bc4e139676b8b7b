"""Checkpoints in every layout, damaged ones, and exports; goldens by make_family_goldens.py."""

import hashlib
import json
import pathlib
import pickle
import shutil

import numpy as np
import pytest
import radonc
import torch
from safetensors_file import read_safetensors, write_safetensors

MODELS = pathlib.Path(__file__).parents[1] / "data" / "model"
META_NAMES = {
    "input_layernorm": "attention_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attention.wq",
    "self_attn.k_proj": "attention.wk",
    "self_attn.v_proj": "attention.wv",
    "self_attn.o_proj": "attention.wo",
    "mlp.gate_proj": "feed_forward.w1",
    "mlp.down_proj": "feed_forward.w2",
    "mlp.up_proj": "feed_forward.w3",
    "model.embed_tokens": "tok_embeddings",
    "model.norm": "norm",
    "lm_head": "output",
}


def load(folder, dtype=radonc.model.Dtype.float32, **options):
    return radonc.model.Transformer.load(folder, dtype=dtype, **options)


def assert_golden(model, name, tolerance=1e-5):
    golden = np.load(MODELS / name / "golden.npz")
    logits = model.forward(torch.from_numpy(golden["ids"])).numpy()
    assert np.abs(logits - golden["base"]).max() < tolerance


def in_meta_layout(name):
    """The tensors of a Hugging Face folder under Meta's names, query and key rows in Meta's order."""
    config = json.loads((MODELS / name / "config.json").read_text())
    out = {}
    for key, values in read_safetensors(MODELS / name / "model.safetensors").items():
        tensor = torch.from_numpy(values.copy())
        for projection, heads in {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}.items():
            if projection in key:
                rows, columns = tensor.shape
                halves = tensor.view(config[heads], 2, rows // config[heads] // 2, columns)
                tensor = halves.transpose(1, 2).reshape(rows, columns)
        for theirs, metas in META_NAMES.items():
            key = key.replace(theirs, metas)
        out[key.removeprefix("model.")] = tensor.contiguous()
    return config, out


def write_meta(folder, config, tensors, shards):
    folder.mkdir()
    params = {
        "dim": config["hidden_size"],
        "n_layers": config["num_hidden_layers"],
        "n_heads": config["num_attention_heads"],
        "n_kv_heads": config["num_key_value_heads"],
        "norm_eps": config["rms_norm_eps"],
        "vocab_size": -1,
    }
    (folder / "params.json").write_text(json.dumps(params))
    for shard in range(shards):
        part = {"rope.freqs": torch.ones(4)}
        for key, tensor in tensors.items():
            along = 1 if any(name in key for name in ["wo", "w2", "tok_embeddings"]) else 0
            whole = "norm" in key
            part[key] = tensor if whole else tensor.chunk(shards, along)[shard].clone().contiguous()
        torch.save(part, folder / f"consolidated.{shard:02}.pth")


@pytest.mark.parametrize("shards", [1, 2])
def test_metas_folder(tmp_path, shards):
    config, tensors = in_meta_layout("tiny_llama")
    write_meta(tmp_path / "meta", config, tensors, shards)
    assert_golden(load(tmp_path / "meta"), "tiny_llama")


def test_metas_folder_without_a_shard(tmp_path):
    config, tensors = in_meta_layout("tiny_llama")
    write_meta(tmp_path / "meta", config, tensors, 3)
    (tmp_path / "meta" / "consolidated.01.pth").unlink()
    with pytest.raises(radonc.Error, match="without a gap; found 1 of 2"):
        load(tmp_path / "meta")


def test_mistrals_folder(tmp_path):
    config, tensors = in_meta_layout("tiny_mistral")
    params = {
        "dim": config["hidden_size"],
        "n_layers": config["num_hidden_layers"],
        "head_dim": config["head_dim"],
        "hidden_dim": config["intermediate_size"],
        "n_heads": config["num_attention_heads"],
        "n_kv_heads": config["num_key_value_heads"],
        "norm_eps": config["rms_norm_eps"],
        "rope_theta": config["rope_parameters"]["rope_theta"],
        "sliding_window": str(config["sliding_window"]),
        "vocab_size": config["vocab_size"],
    }
    (tmp_path / "params.json").write_text(json.dumps(params))
    write_safetensors(tmp_path / "consolidated.safetensors", {key: tensor.numpy() for key, tensor in tensors.items()})
    assert_golden(load(tmp_path), "tiny_mistral")
    assert load(tmp_path).config.architecture == "mistral"


def test_a_pickle_that_would_run_something_is_refused(tmp_path):
    class Command:
        def __reduce__(self):
            return (pathlib.Path.touch, (tmp_path / "ran",))

    config, tensors = in_meta_layout("tiny_llama")
    write_meta(tmp_path / "meta", config, tensors, 1)
    torch.save({"output.weight": Command()}, tmp_path / "meta" / "consolidated.00.pth")
    with pytest.raises(radonc.Error, match="consolidated.00.pth.*refuses"):
        load(tmp_path / "meta")
    (tmp_path / "meta" / "consolidated.00.pth").write_bytes(pickle.dumps(tensors))
    with pytest.raises(radonc.Error, match="consolidated.00.pth"):
        load(tmp_path / "meta")
    assert not (tmp_path / "ran").exists()


@pytest.fixture
def sharded(tmp_path):
    return pathlib.Path(shutil.copytree(MODELS / "sharded", tmp_path / "sharded"))


def test_a_missing_shard_is_named(sharded):
    victim = sorted(sharded.glob("model-*.safetensors"))[1]
    victim.unlink()
    with pytest.raises(radonc.Error, match=victim.name):
        load(sharded)


def test_a_truncated_shard_is_named_with_its_tensor(sharded):
    victim = sorted(sharded.glob("model-*.safetensors"))[1]
    victim.write_bytes(victim.read_bytes()[:-100])
    with pytest.raises(radonc.Error, match=f"{victim.name}: tensor .* reaches beyond the end"):
        load(sharded)


def test_a_header_that_claims_too_much_is_refused(sharded):
    victim = sorted(sharded.glob("model-*.safetensors"))[0]
    victim.write_bytes((10**18).to_bytes(8, "little") + victim.read_bytes()[8:])
    with pytest.raises(radonc.Error, match=f"{victim.name}.*header"):
        load(sharded)


def test_a_wrong_offset_is_refused(sharded):
    victim = sorted(sharded.glob("model-*.safetensors"))[0]
    content = victim.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    name = next(key for key in header if key != "__metadata__")
    begin, end = header[name]["data_offsets"]
    header[name]["data_offsets"] = [begin, end - 4]
    text = json.dumps(header).encode().ljust(size)
    victim.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + size :])
    with pytest.raises(radonc.Error, match=f"{victim.name}: tensor {name}"):
        load(sharded)


def test_an_index_cannot_lead_out_of_the_folder(sharded):
    index = sharded / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    content["weight_map"]["lm_head.weight"] = "../elsewhere.safetensors"
    index.write_text(json.dumps(content))
    with pytest.raises(radonc.Error, match="outside the folder"):
        load(sharded)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("vocab_size", 65, "embed_tokens.weight: expected shape .65, 32., got .64, 32."),
        ("hidden_size", 64, "embed_tokens"),
        ("num_key_value_heads", 4, "k_proj"),
        ("num_key_value_heads", 3, "num_key_value_heads"),
        ("num_hidden_layers", 3, "layers.2"),
        ("intermediate_size", "many", "intermediate_size"),
        ("attention_bias", True, "q_proj.bias"),
        ("attention_bias", "yes", "config.json"),
        ("rope_parameters", {"rope_type": "longrope", "rope_theta": 1e4}, "longrope"),
        ("rope_parameters", {"rope_type": "llama3", "rope_theta": 1e4}, "factor"),
        ("model_type", "gpt2", "gpt2"),
    ],
)
def test_config_and_tensors_that_disagree_are_named(tmp_path, field, value, message):
    shutil.copytree(MODELS / "tiny_llama", tmp_path / "model")
    path = tmp_path / "model" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(radonc.Error, match=message):
        load(tmp_path / "model")


FAMILIES = [path.name for path in sorted(MODELS.glob("tiny_*"))]


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("max_shard_bytes", [10**9, 20_000])
def test_hugging_face_export_gives_the_same_model(tmp_path, name, max_shard_bytes):
    model = load(MODELS / name)
    radonc.model.export_hugging_face(model, tmp_path / "out", max_shard_bytes=max_shard_bytes)
    assert (tmp_path / "out" / "model.safetensors.index.json").exists() == (max_shard_bytes == 20_000)
    again = load(tmp_path / "out")
    assert again.config == model.config
    assert_golden(again, name, 2e-5)
    expected = read_safetensors(MODELS / name / "model.safetensors")
    if max_shard_bytes == 10**9:
        written = read_safetensors(tmp_path / "out" / "model.safetensors")
        assert written.keys() == expected.keys()
        assert all(np.array_equal(written[key], expected[key]) for key in expected)


def test_nf4_is_written_in_bitsandbytes_layout_and_read_back(tmp_path):
    model = load(MODELS / "tiny_llama", quantization=radonc.model.Quantization.nf4)
    dense = load(MODELS / "tiny_llama")
    assert model.num_bytes < dense.num_bytes / 1.8 and model.num_parameters == dense.num_parameters
    ids = torch.arange(20)
    radonc.model.export_hugging_face(model, tmp_path / "out", keep_quantized=True)
    again = load(tmp_path / "out")
    assert torch.equal(again.forward(ids), model.forward(ids))
    assert not torch.equal(again.forward(ids), dense.forward(ids))
    header = read_safetensors(tmp_path / "out" / "model.safetensors")
    weight = "model.layers.1.mlp.up_proj.weight"
    assert header[weight].shape == (32 * 48 // 2, 1) and header[weight].dtype == np.uint8
    state = json.loads(header[f"{weight}.quant_state.bitsandbytes__nf4"].tobytes())
    assert state["shape"] == [48, 32] and state["blocksize"] == 64 and state["nested_blocksize"] == 256
    assert json.loads((tmp_path / "out" / "config.json").read_text())["quantization_config"]["load_in_4bit"]
    # Dense, it is the same model without the codes.
    radonc.model.export_hugging_face(model, tmp_path / "dense")
    assert torch.equal(load(tmp_path / "dense").forward(ids), model.forward(ids))


@pytest.mark.parametrize("damage", ["shape", "absmax", "quant_map", "blocksize"])
def test_damaged_nf4_is_named(tmp_path, damage):
    model = load(MODELS / "tiny_llama", quantization=radonc.model.Quantization.nf4)
    radonc.model.export_hugging_face(model, tmp_path / "out", keep_quantized=True)
    path, weight = tmp_path / "out" / "model.safetensors", "model.layers.0.mlp.up_proj.weight"
    tensors = {key: value.copy() for key, value in read_safetensors(path).items()}
    state_name = f"{weight}.quant_state.bitsandbytes__nf4"
    state = json.loads(tensors[state_name].tobytes())
    if damage == "absmax":
        tensors[f"{weight}.absmax"] = tensors[f"{weight}.absmax"][:-1]
    elif damage == "quant_map":
        tensors[f"{weight}.quant_map"][3] = 0
    else:
        state |= {"shape": [2**62, 2**62]} if damage == "shape" else {"blocksize": 128}
        tensors[state_name] = np.frombuffer(json.dumps(state).encode(), np.uint8)
    write_safetensors(path, tensors)
    with pytest.raises(radonc.Error, match=weight):
        load(tmp_path / "out")


def test_qlora_trains_the_adapter_alone():
    model = load(MODELS / "tiny_llama", quantization=radonc.model.Quantization.nf4)
    ids = torch.arange(20)
    before = model.forward(ids)
    adapter = radonc.lora.inject(model, radonc.lora.LoraConfig(rank=4, alpha=8))
    pair = radonc.text.TokenizedPair(ids=list(range(24)), num_prompt_tokens=15)
    config = radonc.train.TrainConfig(num_epochs=30, learning_rate=1e-2)
    log = radonc.train.fit(model, adapter, [[pair]], config)
    assert log.steps[-1].loss < log.steps[0].loss - 0.3
    assert not torch.equal(model.forward(ids), before)
    radonc.lora.remove(model)
    assert torch.equal(model.forward(ids), before)


@pytest.mark.parametrize(
    "kind", ["lora", "rslora", "patterns", "dora", "dora_bias", "bias_lora", "bias_all", "lora_bias", "modules_to_save"]
)
def test_merging_gives_the_adapters_logits_and_unmerging_every_bit_back(kind):
    golden = np.load(MODELS / "adapters" / kind / "golden.npz")
    model, ids = load(MODELS / str(golden["model"])), torch.from_numpy(golden["ids"])
    base = model.forward(ids)
    adapter = radonc.lora.load_adapter(model, MODELS / "adapters" / kind)
    adapted = model.forward(ids)
    merged = radonc.lora.merge(model, adapter)
    assert np.abs(model.forward(ids).numpy() - golden["adapted"]).max() < 2e-5
    assert merged.relative_error == 0  # float32: nothing is rounded
    radonc.lora.unmerge(model, merged)
    assert torch.equal(model.forward(ids), adapted)
    radonc.lora.remove(model)
    assert torch.equal(model.forward(ids), base)


def test_a_lora_bias_is_not_merged_where_the_model_has_no_bias():
    model = load(MODELS / "tiny_qwen2")  # o_proj has none
    adapter = radonc.lora.load_adapter(model, MODELS / "adapters" / "bias_all_lora_bias")
    adapted = model.forward(torch.arange(20))
    with pytest.raises(radonc.Error, match="o_proj has no bias"):
        radonc.lora.merge(model, adapter)
    assert torch.equal(model.forward(torch.arange(20)), adapted)


def test_merging_into_nf4_reports_what_it_costs():
    model = load(MODELS / "tiny_llama", quantization=radonc.model.Quantization.nf4)
    ids = torch.arange(20)
    adapter = radonc.lora.load_adapter(model, MODELS / "adapters" / "lora")
    adapted = model.forward(ids)
    dense = radonc.lora.merge(model, adapter)
    assert dense.relative_error == 0
    assert torch.allclose(model.forward(ids), adapted, atol=1e-5)
    radonc.lora.unmerge(model, dense)
    assert torch.equal(model.forward(ids), adapted)
    quantized = radonc.lora.merge(model, adapter, radonc.lora.MergeTarget.nf4)
    assert quantized.relative_error > 0.01 and quantized.worst_module.startswith("model.layers.")
    radonc.lora.unmerge(model, quantized)
    assert torch.equal(model.forward(ids), adapted)


def test_a_model_with_an_adapter_is_not_exported(tmp_path):
    model = load(MODELS / "tiny_llama")
    radonc.lora.load_adapter(model, MODELS / "adapters" / "lora")
    with pytest.raises(radonc.Error, match="Merge it first"):
        radonc.model.export_hugging_face(model, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_pissa_starts_as_the_original_and_is_saved_as_plain_lora(tmp_path):
    model, ids = load(MODELS / "tiny_llama"), torch.arange(20)
    base = model.forward(ids)
    config = radonc.lora.LoraConfig(rank=4, alpha=8, init=radonc.lora.Init.pissa)
    adapter = radonc.lora.inject(model, config)
    assert torch.allclose(model.forward(ids), base, atol=1e-5)
    key = "base_model.model.model.layers.0.mlp.up_proj.lora_"
    update = 2 * adapter.tensors[f"{key}B.weight"] @ adapter.tensors[f"{key}A.weight"]
    weight = torch.from_numpy(
        read_safetensors(MODELS / "tiny_llama" / "model.safetensors")["model.layers.0.mlp.up_proj.weight"].copy()
    )
    rest = torch.linalg.matrix_norm(weight - update.detach(), 2)
    assert rest == pytest.approx(float(torch.linalg.svdvals(weight)[4]), rel=1e-3)  # the best update of rank 4

    pair = radonc.text.TokenizedPair(ids=list(range(24)), num_prompt_tokens=15)
    radonc.train.fit(model, adapter, [[pair]], radonc.train.TrainConfig(num_epochs=5, learning_rate=1e-2))
    trained = model.forward(ids)
    assert not torch.allclose(trained, base, atol=1e-2)
    radonc.lora.save_adapter(adapter, tmp_path, "base")
    assert radonc.lora.load_adapter(model, tmp_path).config.rank == 8
    assert torch.allclose(model.forward(ids), trained, atol=1e-5)


def fingerprint_by_hashlib(tensors):
    """What Transformer.fingerprint says of itself, from the values of the file."""
    lines = []
    for name, values in tensors.items():
        content = torch.from_numpy(values.copy()).to(torch.bfloat16).flatten().view(torch.int16).numpy().tobytes()
        parts = (hashlib.sha256(content[at : at + 2**19]).digest() for at in range(0, len(content), 2**19))
        digest = hashlib.sha256(b"".join(parts)).hexdigest()
        lines.append(f"{name} [{' '.join(map(str, values.shape))}] {digest}\n")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", ["tiny_mistral", "tiny_qwen2", "tiny_qwen2_float16"])
def test_a_fingerprint_is_of_all_weights_in_bfloat16(name):
    model = load(MODELS / name)
    tensors = read_safetensors(MODELS / name / "model.safetensors")
    assert model.fingerprint() == fingerprint_by_hashlib(tensors)


def test_a_fingerprint_is_the_same_in_however_many_parts():
    config = radonc.model.TransformerConfig(
        vocab_size=2**14,
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=64,
        max_position_embeddings=8,
        tie_word_embeddings=True,
    )
    layer = "model.layers.0."
    shapes = {"model.embed_tokens.weight": (2**14, 64), "model.norm.weight": (64,)}
    shapes |= {f"{layer}{norm}_layernorm.weight": (64,) for norm in ("input", "post_attention")}
    shapes |= {f"{layer}self_attn.{x}_proj.weight": (64, 64) for x in "qkvo"}
    shapes |= {f"{layer}mlp.{x}_proj.weight": (64, 64) for x in ("gate", "up", "down")}
    values = {key: np.random.default_rng(1).normal(size=shape).astype(np.float32) for key, shape in shapes.items()}
    made = radonc.model.Transformer(config, {key: torch.from_numpy(x) for key, x in values.items()})
    assert made.fingerprint() == fingerprint_by_hashlib(values)
