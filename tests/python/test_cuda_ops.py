"""The CUDA kernels on a GPU, against the CPU's. Without a GPU their device code runs in tests/cpp/cuda, on the host."""

import os

import pytest
import radonc  # noqa: F401  - registers the operators
import torch

OPS = torch.ops.radonc
HAS_KERNELS = torch.cuda.is_available() and torch._C._dispatch_has_kernel_for_dispatch_key("radonc::rms_norm", "CUDA")

pytestmark = pytest.mark.skipif(not HAS_KERNELS, reason="needs a GPU, and radonc built with nvcc")

TYPES = [torch.float32, torch.bfloat16]


def check(name: str, *arguments, tolerance: float | None = None) -> None:
    """The operator gives the same on both devices, the arguments that it changes included."""
    there = [x.cuda() if isinstance(x, torch.Tensor) else x for x in arguments]
    expected, got = getattr(OPS, name)(*arguments), getattr(OPS, name)(*there)
    pairs = [(a, b) for a, b in zip(arguments, there, strict=True) if isinstance(a, torch.Tensor)]
    if isinstance(expected, torch.Tensor):
        pairs.append((expected, got))
    elif expected is not None:
        pairs += zip(expected, got, strict=True)
    for a, b in pairs:
        limit = tolerance or (1e-2 if a.dtype == torch.bfloat16 else 3e-6)
        scale = max(1.0, a.double().abs().max().item()) if a.numel() else 1.0
        assert torch.allclose(a.double(), b.cpu().double(), rtol=limit, atol=limit * scale)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1, 1), (5, 33), (129, 576), (2, 3, 64), (7, 4096), (3, 14336), (2, 9001), (0, 8)])
def test_rms_norm(shape, dtype):
    x, grad, weight = torch.randn(shape).to(dtype), torch.randn(shape).to(dtype), torch.randn(shape[-1]).to(dtype)
    check("rms_norm", x, weight, 1e-5)
    check("rms_norm_backward", grad, x, weight, 1e-5)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(0,), (1,), (3, 257), (64, 14336)])
def test_swiglu(shape, dtype):
    grad, gate, up = (torch.randn(shape).to(dtype) for _ in range(3))
    check("swiglu", gate, up)
    check("swiglu_backward", grad, gate, up)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(0,), (1,), (3, 257), (64, 14336)])
def test_dropout(shape, dtype):
    check("dropout", torch.randn(shape).to(dtype), 0.3, -5, tolerance=1e-9)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("p", [0.0, 0.3])  # kernels with dropout, in bfloat16; compositions
@pytest.mark.parametrize("rank", [1, 8, 16, 17, 64, 65])
@pytest.mark.parametrize("shape", [(0, 16), (1, 72), (65, 577), (200, 1000), (2048, 4096)])
def test_low_rank(shape, rank, p, dtype):
    x, low = torch.randn(shape).to(dtype), torch.randn(shape[0], rank).to(dtype)
    w, transposed = torch.randn(rank, shape[1]), torch.randn(shape[1], rank).t()
    tolerance = 1e-2 if dtype == torch.bfloat16 else 1e-5
    check("low_rank_project", x, w, 0.5, p, -5, tolerance=tolerance)
    check("low_rank_add_", x.clone(), low, w, 0.5, p, -5, tolerance=tolerance)
    check("low_rank_add_", x.clone(), low, transposed, 0.5, p, -5, tolerance=tolerance)
    check("low_rank_gradient", low, x, 0.5, p, -5, tolerance=tolerance)


def test_low_rank_products_are_the_same_each_time():
    x, low = torch.randn(2048, 4096).bfloat16().cuda(), torch.randn(2048, 8).bfloat16().cuda()
    w = torch.randn(8, 4096).cuda()
    for product in (lambda: OPS.low_rank_project(x, w, 1.0, 0.3, 5), lambda: OPS.low_rank_gradient(low, x, 1, 0.3, 5)):
        first = product()
        assert all(torch.equal(product(), first) for _ in range(5))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1, 1, 2), (5, 3, 24), (3, 9, 10), (17, 32, 128), (0, 2, 16)])
def test_rope(shape, dtype):
    angle = torch.randn(shape[0], shape[2] // 2)
    check("rope", torch.randn(shape).to(dtype), angle.cos(), angle.sin())


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("gradient", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (5, 33), (128, 32000), (3, 49153), (0, 8)])
def test_cross_entropy(shape, gradient, dtype):
    labels = torch.randint(shape[1], (shape[0],))
    check("cross_entropy_", (torch.randn(shape) * 4).to(dtype), labels, gradient, tolerance=1e-2)


def test_a_label_outside_the_vocabulary_makes_the_loss_nan():
    labels = torch.tensor([0, 5, -1], device="cuda")
    losses = OPS.cross_entropy_(torch.zeros(3, 5, device="cuda"), labels, True)
    assert losses.isnan().tolist() == [False, True, True]


def nf4(rows: int, columns: int, is_nested: bool):
    blocks = rows * columns // 64
    codes = torch.randint(256, (rows * columns // 2,)).to(torch.uint8)
    if not is_nested:
        return codes, torch.rand(blocks), None, None, 0.0, rows, columns
    absmax = torch.randint(256, (blocks,)).to(torch.uint8)
    return codes, absmax, torch.rand((blocks + 255) // 256), torch.randn(256), 0.5, rows, columns


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1, 64), (5, 320), (129, 4096), (0, 64)])
def test_nf4_quantize(shape, dtype):
    check("nf4_quantize", torch.randn(shape).to(dtype), tolerance=1e-9)


@pytest.mark.parametrize("dtype", [*TYPES, torch.float16])
@pytest.mark.parametrize("is_nested", [False, True])
@pytest.mark.parametrize("shape", [(1, 64), (3, 576), (4096, 4096), (0, 64)])
def test_nf4_dequantize(shape, is_nested, dtype):
    check("nf4_dequantize", *nf4(*shape, is_nested), dtype, tolerance=1e-6)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("is_nested", [False, True])
@pytest.mark.parametrize("batch", [0, 1, 2, 3, 5, 8, 9])
@pytest.mark.parametrize("shape", [(1, 64), (37, 576), (1024, 4096)])
def test_nf4_gemv(shape, batch, is_nested, dtype):
    x = torch.randn(batch, shape[1]) / shape[1] ** 0.5
    check("nf4_gemv", x.to(dtype), *nf4(*shape, is_nested), tolerance=2e-2 if dtype == torch.bfloat16 else 1e-5)


@pytest.mark.parametrize("dtype", [*TYPES, torch.float16])
@pytest.mark.parametrize("shape", [(1, 1), (130, 300), (257, 129), (4096, 4096), (0, 64)])
def test_int8_dequantize(shape, dtype):
    scales = torch.rand((shape[0] + 127) // 128, (shape[1] + 127) // 128)
    check("int8_dequantize", torch.randint(-127, 128, shape).to(torch.int8), scales, dtype, tolerance=1e-6)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("batch", [0, 1, 2, 3, 8, 9])
@pytest.mark.parametrize("shape", [(1, 1), (130, 300), (37, 576), (257, 144), (1024, 4096)])
def test_int8_gemv(shape, batch, dtype):
    scales = torch.rand((shape[0] + 127) // 128, (shape[1] + 127) // 128) / 127
    x = torch.randn(batch, shape[1]) / shape[1] ** 0.5
    codes = torch.randint(-127, 128, shape).to(torch.int8)
    check("int8_gemv", x.to(dtype), codes, scales, tolerance=2e-2 if dtype == torch.bfloat16 else 1e-5)


def cache(dtype, sequences, heads, kv_heads, capacity, d):
    """Keys and values of a cache, two new rows of it, and slots and positions."""
    keys, values = torch.randn(2, sequences + 2, kv_heads, capacity, d).to(dtype)
    slots, positions = torch.randperm(sequences + 2)[:sequences], torch.randint(capacity, (sequences,))
    if sequences > 1:
        positions[:2] = torch.tensor([0, capacity - 1])
    return keys, values, torch.randn(sequences, heads, d).to(dtype), slots, positions


SHAPES = [  # sequences, heads, kv_heads, capacity, d
    (0, 4, 2, 20, 64), (1, 9, 3, 1000, 64), (1, 32, 8, 4096, 128), (1, 32, 32, 700, 128), (3, 2, 1, 333, 256),
    (5, 28, 4, 1025, 128), (64, 9, 3, 601, 64), (2, 17, 1, 50, 8), (2, 4, 4, 77, 72), (2, 4, 2, 77, 33),
    (2, 2, 1, 30, 264),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [*TYPES, torch.float16])
@pytest.mark.parametrize("window", [0, 1, 100])
@pytest.mark.parametrize("shape", SHAPES)
def test_cached_attention(shape, window, dtype):
    keys, values, q, slots, positions = cache(dtype, *shape)
    check("cached_attention", q, keys, values, slots, positions, window, tolerance=5e-6 if dtype == TYPES[0] else 1e-2)


@pytest.mark.parametrize("dtype", [*TYPES, torch.float16])
@pytest.mark.parametrize("shape", SHAPES)
def test_append_to_cache(shape, dtype):
    sequences, _, kv_heads, capacity, d = shape
    keys, values, k, slots, positions = cache(dtype, sequences, kv_heads, kv_heads, capacity, d)
    check("append_to_cache_", keys, values, k, torch.randn_like(k), slots, positions, tolerance=1e-9)


@pytest.mark.skipif("PYTORCH_NO_CUDA_MEMORY_CACHING" in os.environ, reason="a graph cannot ask CUDA for memory")
def test_decoding_steps_are_captured_in_a_graph():
    keys, values, q, slots, positions = (x.cuda() for x in cache(torch.bfloat16, 3, 8, 2, 700, 64))

    def step():
        OPS.append_to_cache_(keys, values, q[:, :2], q[:, 2:4], slots, positions)
        return OPS.cached_attention(q, keys, values, slots, positions, 0)

    step()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = step()
    for new in ([0, 5, 699], [650, 64, 1]):
        positions.copy_(torch.tensor(new))
        q.normal_()
        graph.replay()
        assert torch.equal(out, step())


@pytest.mark.parametrize("count", [0, 1, 5, 1_000_003])
def test_adamw(count):
    tensors = [torch.rand(count) for _ in range(4)]
    check("adamw_", *tensors, 3, 1e-2, 0.9, 0.999, 1e-8, 0.1)


def test_a_tensor_off_the_boundary_of_16_bytes_is_read_rightly():
    x = torch.randn(65).cuda()[1:].view(1, 64)
    weight = torch.rand(64).cuda()
    expected = OPS.rms_norm(x.cpu(), weight.cpu(), 1e-5)
    assert torch.allclose(OPS.rms_norm(x, weight, 1e-5).cpu(), expected, atol=3e-6)
