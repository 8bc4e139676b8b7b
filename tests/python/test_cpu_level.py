"""RADONC_CPU_LEVEL lowers what the kernels use, and refuses what it does not know or the processor does not have."""

import os
import subprocess
import sys

import pytest

NORM = """
import sys
import torch
import radonc

torch.manual_seed(0)
x = torch.randn(40, 1000)
y = torch.ops.radonc.rms_norm(x, torch.ones(1000), 1e-5)
sys.stdout.write(" ".join(value.hex() for value in y.flatten().tolist()))
"""


def run(level: str, script: str = NORM) -> subprocess.CompletedProcess:
    environment = os.environ | {"RADONC_CPU_LEVEL": level}
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)


def test_a_lower_level_runs_other_code_of_the_same_meaning():
    with open("/proc/cpuinfo") as file:
        if " avx2 " not in file.read():
            pytest.skip("no level is lower than this processor's")
    portable, avx2 = ([float.fromhex(word) for word in run(level).stdout.split()] for level in ("portable", "avx2"))
    assert len(portable) == 40_000
    assert portable != avx2  # sums are in another order, and products fused
    assert portable == pytest.approx(avx2, abs=1e-5)


@pytest.mark.parametrize("level", ["AVX2", "fast", "sse2"])
def test_an_unknown_level_is_refused_with_those_that_there_are(level, model_data):
    script = f"import radonc\nradonc.model.Transformer.load({str(model_data / 'tiny_llama')!r})"
    done = run(level, script)
    assert done.returncode == 1
    assert (
        f'RADONC_CPU_LEVEL: expected portable, avx2, avx512, avx512_vnni, avx512_bf16 or amx, got "{level}"'
        in done.stderr
    )


def test_a_level_that_the_processor_lacks_is_refused(model_data):
    with open("/proc/cpuinfo") as file:
        if "amx_tile" in file.read():
            pytest.skip("this processor has every level")
    script = f"import radonc\nradonc.model.Transformer.load({str(model_data / 'tiny_llama')!r})"
    done = run("amx", script)
    assert done.returncode == 1 and "amx is more than this processor has" in done.stderr
