"""The ``device`` option: on a device that is only pretended, everything; of a real GPU, what is said without one."""

import os
import pathlib
import subprocess
import sys

import pytest
import radonc
import torch

FOLDER = pathlib.Path(__file__).parent


needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


@pytest.mark.parametrize("device", ["gpu", pytest.param("cuda", marks=needs_gpu)])
@pytest.mark.parametrize(
    "check", ["logits_of_every_family", "quantized_logits", "training", "flash_attention", "files", "answers", "study"]
)
def test_on_a_device_that_is_not_the_processor(check, device, smollm2_path):
    run(check, device)


@pytest.mark.parametrize("check", ["decoding", "training_steps"])
def test_what_the_processor_and_the_device_wait_for(check, smollm2_path):
    run(check, "gpu")


def run(check, device):
    done = subprocess.run([sys.executable, FOLDER / "device_checks.py", device, check], capture_output=True, text=True)
    assert done.returncode == 0, f"{done.returncode}: {done.stderr[-3000:]}"


@without_gpu
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_without_a_gpu_the_message_says_so_and_the_cpu_goes_on(model_data, device):
    load = radonc.model.Transformer.load
    with pytest.raises(radonc.Error, match=r'^Device "cuda(:1)?": .*(NVIDIA|CUDA).*device="cpu"'):
        load(model_data / "tiny_llama", device=device)
    model = load(model_data / "tiny_llama", device="cpu")
    assert model.device == "cpu" and model.forward(torch.arange(3)).shape == (3, 64)


@pytest.mark.skipif(torch.version.cuda is None, reason="torch is not built for CUDA")
def test_a_driver_that_is_too_old_is_named_and_the_cpu_goes_on(model_data, tmp_path):
    """The driver is a stand-in that says of itself what an old one would; what asks it is the real CUDA runtime."""
    source = "int cuInit(unsigned flags) { return 0 * flags; } int cuDriverGetVersion(int* v) { *v = 11040; return 0; }"
    (tmp_path / "driver.c").write_text(source)
    subprocess.run(["gcc", "-shared", "-fPIC", tmp_path / "driver.c", "-o", tmp_path / "libcuda.so.1"], check=True)
    program = """if True:
        import sys, radonc, torch
        load = radonc.model.Transformer.load
        try:
            load(sys.argv[1], device="cuda")
        except radonc.Error as error:
            print(error)
        print(load(sys.argv[1]).forward(torch.arange(3)).shape)"""
    done = subprocess.run(
        [sys.executable, "-c", program, model_data / "tiny_llama"],
        env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    message, shape = done.stdout.splitlines()
    assert message.startswith('Device "cuda": The NVIDIA driver on your system is too old (found version 11040).')
    assert message.endswith('device="cpu".') and shape == "torch.Size([3, 64])", done.stderr


@pytest.mark.parametrize("device", ["gpu7", "", "cuda:x", "meta", "mps", "xla"])
def test_other_devices_are_refused(model_data, device):
    with pytest.raises(radonc.Error, match=f'^Device "{device}": '):
        radonc.model.Transformer.load(model_data / "tiny_llama", device=device)


def test_the_command_refuses_a_device_in_one_line(records, tmp_path):
    command = [sys.executable, "-c", "from radonc.cli import main; main()", "study", "--device", "abacus"]
    done = subprocess.run([*command, "--records", records, "--output", tmp_path], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith('radonc: Device "abacus": expected')
