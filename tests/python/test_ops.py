"""Every operator that radonc registers, through torch's own checks."""

import pytest
import radonc  # noqa: F401  - registers the operators
import torch

OPS = torch.ops.radonc


def angles(tokens: int, half: int):
    angle = torch.randn(tokens, half)
    return angle.cos(), angle.sin()


CASES = {
    "rms_norm": lambda: (torch.randn(5, 16, requires_grad=True), torch.randn(16), 1e-5),
    "rms_norm_backward": lambda: (torch.randn(5, 16), torch.randn(5, 16), torch.randn(16), 1e-5),
    "swiglu": lambda: (torch.randn(3, 9, requires_grad=True), torch.randn(3, 9, requires_grad=True)),
    "swiglu_backward": lambda: (torch.randn(3, 9), torch.randn(3, 9), torch.randn(3, 9)),
    "rope": lambda: (torch.randn(4, 2, 8, requires_grad=True), *angles(4, 4)),
    "cross_entropy_": lambda: (torch.randn(5, 7), torch.randint(7, (5,)), True),
}


def registered() -> set[str]:
    names = torch._C._dispatch_get_all_op_names()
    return {name.removeprefix("radonc::").split(".")[0] for name in names if name.startswith("radonc::")}


def test_every_operator_has_a_case():
    assert registered() == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_opcheck(name):
    torch.manual_seed(0)
    torch.library.opcheck(getattr(OPS, name).default, CASES[name]())


@pytest.mark.parametrize("name", CASES)
def test_a_type_without_a_kernel_is_named(name):
    arguments = [x.half() if isinstance(x, torch.Tensor) and x.is_floating_point() else x for x in CASES[name]()]
    if name == "rope":
        arguments[1:] = angles(4, 4)
    with pytest.raises(RuntimeError, match=f"radonc::{name}: expected float32 or bfloat16, got Half"):
        getattr(OPS, name).default(*arguments)
