"""A study that takes seconds: a model of two narrow layers with hashed weights, which speaks SmolLM2's tokens."""

import json
import types

import radonc
from hashed_weights import slice_tensors
from safetensors_file import write_safetensors

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 49152,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "hidden_act": "silu",
    "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
}


def write_model(folder):
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    tensors = slice_tensors(types.SimpleNamespace(**CONFIG))
    write_safetensors(folder / "model.safetensors", {name: values.float().numpy() for name, values in tensors.items()})
    return folder


def settings(model, **changes):
    return {
        "model": model,
        "tokenizer": radonc.smollm2(),
        "num_test_cases": 6,
        "max_train_cases": 24,
        "generate": radonc.generate.GenerateConfig(max_new_tokens=8),
        "progress": False,
    } | changes


def without_times(study_json):
    """What a study found: all but seconds and memory."""
    study = json.loads(study_json)
    del study["wall_seconds"], study["peak_memory_bytes"]
    for arm in study["arms"]:
        for run in arm["training"]:
            del run["seconds"]
    return study
