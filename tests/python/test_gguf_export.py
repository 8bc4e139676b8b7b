"""Exported GGUF files, read by llama.cpp's own Python package."""

import gguf
import numpy as np
import radonc
import torch


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


def test_an_exported_adapter_is_accepted(tmp_path, model_data):
    model = radonc.model.Transformer.load(model_data / "tiny_llama")
    adapter = radonc.lora.load_adapter(model, model_data / "adapters" / "rslora")
    radonc.lora.export_gguf_adapter(adapter, model.config, tmp_path / "adapter.gguf")
    reader = gguf.GGUFReader(tmp_path / "adapter.gguf")
    assert reader.get_field("general.type").contents() == "adapter"
    assert reader.get_field("adapter.type").contents() == "lora"
    assert len(reader.tensors) == 2 * len(adapter.modules)
    assert all(t.name.endswith((".lora_a", ".lora_b")) for t in reader.tensors)
