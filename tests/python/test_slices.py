"""Two layers of both 7B models at full width against transformers; goldens by make_slice_golden.py."""

import numpy as np
import pytest
import radonc
import torch
from hashed_weights import ids, slice_tensors


def config_of(name):
    config = radonc.model.llama2_7b() if name == "llama2" else radonc.model.mistral_7b_v01()
    config.num_hidden_layers = 2
    return config


@pytest.mark.parametrize("name", ["llama2", "mistral"])
def test_full_width_slice_equals_transformers(model_data, name):
    golden, config = np.load(model_data / f"slice_{name}.npz"), config_of(name)
    tensors = slice_tensors(config)
    error = {}
    for dtype in [torch.bfloat16, torch.float32]:
        model = radonc.model.Transformer(config, {key: tensor.to(dtype) for key, tensor in tensors.items()})
        logits = model.forward(ids(config.vocab_size))[:, torch.from_numpy(golden["sampled"])].numpy()
        error[dtype] = np.abs(logits - golden["logits"])
    assert error[torch.float32].max() < 1e-4
    # In bfloat16 both round; radonc must not be further from the exact logits than transformers is.
    assert error[torch.bfloat16].mean() < 1.1 * golden["bfloat16_error"]
