"""Every operator that radonc registers, through torch's own checks."""

import pytest
import radonc  # noqa: F401  - registers the operators
import torch

OPS = torch.ops.radonc


def angles(tokens: int, half: int):
    angle = torch.randn(tokens, half)
    return angle.cos(), angle.sin()


def nf4(rows: int, columns: int):
    """The arguments that stand for a doubly quantised matrix."""
    blocks = rows * columns // 64
    codes, absmax = torch.randint(256, (rows * columns // 2,)), torch.randint(256, (blocks,))
    nested = torch.rand((blocks + 255) // 256), torch.randn(256)
    return codes.to(torch.uint8), absmax.to(torch.uint8), *nested, 0.5, rows, columns


def places(sequences: int, capacity: int):
    return torch.randperm(sequences + 1)[:sequences], torch.randint(capacity, (sequences,))


CASES = {
    "rms_norm": lambda: (torch.randn(5, 16, requires_grad=True), torch.randn(16), 1e-5),
    "rms_norm_backward": lambda: (torch.randn(5, 16), torch.randn(5, 16), torch.randn(16), 1e-5),
    "swiglu": lambda: (torch.randn(3, 9, requires_grad=True), torch.randn(3, 9, requires_grad=True)),
    "swiglu_backward": lambda: (torch.randn(3, 9), torch.randn(3, 9), torch.randn(3, 9)),
    "dropout": lambda: (torch.randn(3, 90, requires_grad=True), 0.25, 7),
    "low_rank_project": lambda: (torch.randn(5, 16), torch.randn(3, 16), 0.5, 0.25, 7),
    "low_rank_add_": lambda: (torch.randn(5, 16), torch.randn(5, 3), torch.randn(3, 16), 0.5, 0.25, 7),
    "low_rank_gradient": lambda: (torch.randn(5, 3), torch.randn(5, 16), 0.5, 0.25, 7),
    "rope": lambda: (torch.randn(4, 2, 8, requires_grad=True), *angles(4, 4)),
    "cross_entropy_": lambda: (torch.randn(5, 7), torch.randint(7, (5,)), True),
    "adamw_": lambda: (*(torch.rand(3, 5) for _ in range(4)), 2, 1e-3, 0.9, 0.999, 1e-8, 0.1),
    "nf4_quantize": lambda: (torch.randn(3, 128),),
    "nf4_dequantize": lambda: (*nf4(3, 128), torch.float32),
    "nf4_gemv": lambda: (torch.randn(2, 128), *nf4(3, 128)),
    "int8_dequantize": lambda: (torch.randint(-127, 128, (3, 130)).to(torch.int8), torch.rand(1, 2), torch.float32),
    "int8_gemv": lambda: (torch.randn(2, 130), torch.randint(-127, 128, (3, 130)).to(torch.int8), torch.rand(1, 2)),
    "cached_attention": lambda: (torch.randn(3, 4, 8), *torch.randn(2, 4, 2, 9, 8), *places(3, 9), 5),
    "append_to_cache_": lambda: (*torch.randn(2, 4, 2, 9, 8), *torch.randn(2, 3, 2, 8), *places(3, 9)),
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


def to_another_type(argument):
    if isinstance(argument, torch.Tensor) and argument.is_floating_point():
        return argument.half()
    return torch.float64 if isinstance(argument, torch.dtype) else argument


TYPES = dict.fromkeys(CASES, "float32 or bfloat16, got Half") | {
    "adamw_": "float32, got Half",
    "nf4_dequantize": "float32, bfloat16 or float16, got Double",
    "int8_dequantize": "float32, bfloat16 or float16, got Double",
}
COMPOSED = ("cached_attention", "append_to_cache_")  # of torch's operators, where there is no kernel


@pytest.mark.parametrize("name", [name for name in CASES if name not in COMPOSED])
def test_a_type_without_a_kernel_is_named(name):
    arguments = [to_another_type(x) for x in CASES[name]()]
    if name == "rope":
        arguments[1:] = angles(4, 4)
    with pytest.raises(RuntimeError, match=f"radonc::{name}: expected {TYPES[name]}"):
        getattr(OPS, name).default(*arguments)


@pytest.mark.parametrize("name", COMPOSED)
def test_without_a_kernel_the_result_is_the_same(name):
    arguments = CASES[name]()
    there = [to_another_type(x) for x in arguments]
    if name == "append_to_cache_":  # the processor's kernel takes every type, but no cache in another order
        there[:2] = (x.transpose(1, 2).contiguous().transpose(1, 2) for x in there[:2])
    expected, got = getattr(OPS, name)(*arguments), getattr(OPS, name)(*there)
    if expected is None:
        expected, got = torch.stack(arguments[:2]), torch.stack(there[:2])
    assert torch.allclose(got.float(), expected, atol=2e-3)


@pytest.mark.parametrize("name", COMPOSED)
@pytest.mark.parametrize(("slot", "position"), [(4, 0), (-1, 0), (0, 9), (0, -1)])
def test_places_outside_the_cache_are_refused(name, slot, position):
    arguments = [*CASES[name]()]
    at = next(i for i, x in enumerate(arguments) if x.dtype == torch.int64)
    arguments[at : at + 2] = torch.tensor([1, slot, 2]), torch.tensor([1, position, 3])
    with pytest.raises(RuntimeError, match=f"got position {position} of slot {slot}"):
        getattr(OPS, name)(*arguments)
