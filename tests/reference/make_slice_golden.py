"""Logits of two layers of LLaMA2-7B's and Mistral-7B's full width, from transformers in float32 and bfloat16.

    PYTHONPATH=tests/python python tests/reference/make_slice_golden.py tests/data/model

The weights are those of tests/python/hashed_weights.py. For each shape slice_NAME.npz holds the logits of 256 fixed ids
at every position in float32, and the mean absolute error that transformers' bfloat16 makes against them.
"""

import pathlib
import sys

import numpy as np
import torch
import transformers
from hashed_weights import ids, slice_tensors

SHAPES = {
    "llama2": transformers.LlamaConfig(
        hidden_size=4096, intermediate_size=11008, num_attention_heads=32, num_key_value_heads=32, vocab_size=32000
    ),
    "mistral": transformers.MistralConfig(
        hidden_size=4096, intermediate_size=14336, num_attention_heads=32, num_key_value_heads=8, vocab_size=32000
    ),
}


def logits(config, tensors, dtype) -> torch.Tensor:
    config.dtype = dtype
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=dtype)
    model.load_state_dict(tensors, strict=True)
    with torch.no_grad():
        return model.eval()(ids(config.vocab_size).unsqueeze(0)).logits[0].float()


def main(out: str) -> None:
    for name, config in SHAPES.items():
        config.num_hidden_layers, config.head_dim, config.rms_norm_eps = 2, 128, 1e-5
        config.tie_word_embeddings = False
        tensors = slice_tensors(config)
        sampled = np.sort(np.random.default_rng(0).choice(config.vocab_size, 256, replace=False))
        exact = logits(config, tensors, torch.float32)[:, sampled]
        rounded = logits(config, tensors, torch.bfloat16)[:, sampled]
        error = float((rounded - exact).abs().mean())
        print(f"{name}: mean |logit| {float(exact.abs().mean()):.3f}, error of bfloat16 {error:.5f}")
        np.savez_compressed(
            pathlib.Path(out) / f"slice_{name}.npz",
            sampled=sampled,
            logits=exact.numpy(),
            bfloat16_error=error,
            reference=f"transformers {transformers.__version__}, torch {torch.__version__}",
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
