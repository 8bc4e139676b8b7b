"""Exported GGUF files, read by llama.cpp's own Python package."""

import gguf
import numpy as np
import pytest
import radonc
import torch
from safetensors_file import read_safetensors


def test_the_default_model_exported_is_accepted_and_the_same(tmp_path, smollm2, smollm2_path):
    tokenizer = radonc.text.Tokenizer.load(smollm2_path)
    path = tmp_path / "model.gguf"
    radonc.model.export_gguf(smollm2, tokenizer, path, name="SmolLM2")
    reader, original = gguf.GGUFReader(path), gguf.GGUFReader(smollm2_path)
    assert {t.name for t in reader.tensors} == {t.name for t in original.tensors}
    for field in ["llama.block_count", "llama.attention.head_count_kv", "llama.rope.freq_base", "general.architecture"]:
        assert reader.get_field(field).contents() == original.get_field(field).contents()
    for field in ["tokens", "token_type", "merges", "pre", "eos_token_id"]:
        name = f"tokenizer.ggml.{field}"
        assert reader.get_field(name).contents() == original.get_field(name).contents(), name

    # Against the weights that the original file holds, by the package's own arithmetic.
    expected = {t.name: t for t in original.tensors}
    for tensor in reader.tensors[:20]:
        was = gguf.quants.dequantize(expected[tensor.name].data, expected[tensor.name].tensor_type)
        now = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        assert np.abs(now - was).max() <= np.abs(was).max() / 127

    again = radonc.model.Transformer.load(path, dtype=radonc.model.Dtype.float32)
    ids = torch.tensor(tokenizer.encode("The dose was 50.4 Gy in 28 fractions."))
    agreement = (again.forward(ids).argmax(-1) == smollm2.forward(ids).argmax(-1)).float().mean()
    assert agreement > 0.9


def llama_cpp_change(reader, name):
    """What llama.cpp adds to a weight: its llama_adapter_lora_weight::get_scale times B A."""
    tensors = {t.name: t.data for t in reader.tensors}
    a, b = tensors[f"{name}.lora_a"], tensors[f"{name}.lora_b"]
    alpha = reader.get_field("adapter.lora.alpha").contents()
    return (alpha / b.shape[1] if alpha else 1.0) * (b @ a)


def in_gguf_order(rows, heads):
    """llama.cpp pairs neighbouring rows of query and key, Hugging Face those half a head apart."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(rows.shape)


@pytest.mark.parametrize("kind", ["lora", "rslora", "patterns", "alpha 0", "alpha 0 but one"])
def test_an_exported_adapter_changes_the_weights_as_merging_does(tmp_path, model_data, kind):
    model = radonc.model.Transformer.load(model_data / "tiny_llama", dtype=radonc.model.Dtype.float32)
    if kind.startswith("alpha 0"):
        pattern = {"v_proj": 3.0} if "one" in kind else {}
        config = radonc.lora.LoraConfig(rank=4, alpha=0.0, alpha_pattern=pattern)
        adapter = radonc.lora.inject(model, config)
        adapter.parameters.add_(0.1)
    else:
        adapter = radonc.lora.load_adapter(model, model_data / "adapters" / kind)
    radonc.lora.export_gguf_adapter(adapter, model.config, tmp_path / "adapter.gguf")
    reader = gguf.GGUFReader(tmp_path / "adapter.gguf")
    assert reader.get_field("general.type").contents() == "adapter"
    assert reader.get_field("adapter.type").contents() == "lora"
    assert len(reader.tensors) == 2 * len(adapter.modules)

    radonc.lora.merge(model, adapter)
    radonc.model.export_hugging_face(model, tmp_path / "merged")
    base, merged = (
        read_safetensors(folder / "model.safetensors") for folder in (model_data / "tiny_llama", tmp_path / "merged")
    )
    names = {"self_attn.q_proj": "attn_q", "self_attn.v_proj": "attn_v", "mlp.down_proj": "ffn_down"}
    largest = {}
    for theirs, ours in names.items():
        weight = f"model.layers.1.{theirs}.weight"
        change = merged[weight] - base[weight]
        if ours == "attn_q":
            change = in_gguf_order(change, model.config.num_attention_heads)
        assert np.abs(llama_cpp_change(reader, f"blk.1.{ours}.weight") - change).max() < 1e-6
        largest[ours] = np.abs(change).max()
    assert (largest["attn_v"] > 0.01) == (kind != "alpha 0")
    assert (largest["ffn_down"] > 0.01) == (not kind.startswith("alpha 0"))


@pytest.mark.parametrize(("kind", "what"), [("dora", "DoRA"), ("bias_all", "biases"), ("lora_bias", "lora_bias")])
def test_what_a_gguf_adapter_cannot_hold_is_refused(tmp_path, model_data, kind, what):
    folder = model_data / "adapters" / kind
    model = radonc.model.Transformer.load(model_data / str(np.load(folder / "golden.npz")["model"]))
    with pytest.raises(radonc.Error, match=f"cannot hold {what}"):
        radonc.lora.export_gguf_adapter(radonc.lora.load_adapter(model, folder), model.config, tmp_path / "a.gguf")
    assert not (tmp_path / "a.gguf").exists()
