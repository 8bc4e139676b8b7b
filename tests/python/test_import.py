"""torch's Python package comes in with the first tensor, before radonc or after it."""

import importlib.metadata
import subprocess
import sys

import pytest
import radonc

ROAD = """
import sys
{first}
import radonc

model = radonc.model.Transformer.load("{folder}")
adapter = radonc.lora.inject(model, radonc.lora.LoraConfig(rank=2))
pair = radonc.text.TokenizedPair(ids=[1, 2, 3, 4], num_prompt_tokens=2)
loss = radonc.train.fit(model, adapter, [[pair]]).steps[0].loss
print("torch" in sys.modules, loss, adapter.parameters.dtype, adapter.gradients.isfinite().all().item(), model.dtype)
"""


@pytest.mark.parametrize("first", ["", "import torch"])
def test_the_road_runs_with_and_without_torch_imported(model_data, first):
    script = ROAD.format(first=first, folder=model_data / "tiny_llama")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    imported, loss, *tensors, dtype = done.stdout.split()
    assert imported == str(bool(first)) and float(loss) > 0
    assert tensors == ["torch.float32", "True"] and dtype.startswith("torch.")


def test_the_version_is_that_of_the_installed_package():
    assert radonc.__version__ == importlib.metadata.version("radonc")
