"""A second device on a machine that has none: its tensors say that they are on "gpu:0", and are computed on the CPU.

Every operator goes through ``compute``, which refuses to mix the two devices as a real one would. Memory cannot be read
through a pointer either: code that takes a tensor of the device for the processor's crashes.

torch knows one such device a process, so that tests run it in a process of their own.
"""

import collections
import itertools

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

DEVICE = "gpu"
ATEN = torch.ops.aten
CROSSING = (ATEN._to_copy.default, ATEN.copy_.default)
WAITING = (ATEN._local_scalar_dense.default, ATEN.nonzero.default, ATEN.masked_select.default)
crossings = collections.Counter()  # for which a host waits: copies to the device, copies from it, and values read


class There(torch.Tensor):
    """A tensor on the device; ``inner`` holds its values."""

    @staticmethod
    def __new__(cls, inner):
        made = torch.Tensor._make_wrapper_subclass(
            cls, inner.shape, strides=inner.stride(), storage_offset=inner.storage_offset(), dtype=inner.dtype,
            device=f"{DEVICE}:0",
        )  # fmt: skip
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, function, types, arguments=(), keywords=None):
        return compute(function, arguments, keywords or {})


def flash_spans(q, k, cu_q, cu_k, max_q, max_k, left):
    """Of each span: its queries, its keys, and the probabilities [heads, L, M] under flash attention's causal mask."""
    assert cu_q.dtype == cu_k.dtype == torch.int32 and q.dtype in (torch.bfloat16, torch.float16)
    begins_q, begins_k = cu_q.tolist(), cu_k.tolist()
    assert begins_q[-1] == q.shape[0] and begins_k[-1] == k.shape[0]
    assert max_q == max(b - a for a, b in itertools.pairwise(begins_q))
    assert max_k == max(b - a for a, b in itertools.pairwise(begins_k))
    repeats = q.shape[1] // k.shape[1]
    for a, b, c, d in zip(begins_q, begins_q[1:], begins_k, begins_k[1:], strict=False):
        queries = q[a:b].float().transpose(0, 1)
        keys = k[c:d].float().repeat_interleave(repeats, 1).transpose(0, 1)
        place = torch.arange(b - a).unsqueeze(1) + (d - c) - (b - a)  # the last query stands at the last key
        seen = torch.arange(d - c) <= place
        if left is not None:
            seen &= torch.arange(d - c) >= place - left
        scores = queries @ keys.transpose(1, 2) / q.shape[2] ** 0.5
        yield slice(a, b), slice(c, d), scores.masked_fill(~seen, float("-inf")).softmax(-1)


def flash_forward(q, k, v, cu_q, cu_k, max_q, max_k, dropout, is_causal, debug, *, scale=None, window_size_left=None,
                  window_size_right=None):  # fmt: skip
    """aten::_flash_attention_forward, which torch has for GPUs alone."""
    assert is_causal and not dropout and scale is None and (window_size_right == 0) == (window_size_left is not None)
    out, repeats = torch.empty_like(q), q.shape[1] // k.shape[1]
    for queries, keys, p in flash_spans(q, k, cu_q, cu_k, max_q, max_k, window_size_left):
        values = v[keys].float().repeat_interleave(repeats, 1).transpose(0, 1)
        out[queries] = (p @ values).transpose(0, 1).to(q.dtype)
    nothing = torch.empty(0)
    return out, torch.empty(q.shape[1], q.shape[0]), nothing, nothing, nothing


def flash_backward(grad, q, k, v, out, log_sums, cu_q, cu_k, max_q, max_k, dropout, is_causal, state, unused, *,
                   scale=None, window_size_left=None, window_size_right=None):  # fmt: skip
    q_grad, k_grad, v_grad = (torch.zeros_like(x) for x in (q, k, v))
    repeats = q.shape[1] // k.shape[1]

    def wide(x, times):
        return x.float().repeat_interleave(times, 1).transpose(0, 1)

    def narrow(x):
        return x.transpose(0, 1).unflatten(1, (k.shape[1], repeats)).sum(2).to(k.dtype)

    for queries, keys, p in flash_spans(q, k, cu_q, cu_k, max_q, max_k, window_size_left):
        g = wide(grad[queries], 1)
        v_grad[keys] = narrow(p.transpose(1, 2) @ g)
        to_p = g @ wide(v[keys], repeats).transpose(1, 2)
        to_scores = p * (to_p - (to_p * p).sum(-1, keepdim=True)) / q.shape[2] ** 0.5
        q_grad[queries] = (to_scores @ wide(k[keys], repeats)).transpose(0, 1).to(q.dtype)
        k_grad[keys] = narrow(to_scores.transpose(1, 2) @ wide(q[queries], 1))
    return q_grad, k_grad, v_grad


FOR_GPUS_ALONE = {
    ATEN._flash_attention_forward.default: flash_forward,
    ATEN._flash_attention_backward.default: flash_backward,
}


def compute(function, arguments, keywords):
    tensors = [x for x in tree_leaves((arguments, keywords)) if isinstance(x, torch.Tensor)]
    there = [x for x in tensors if isinstance(x, There)]
    here = [x for x in tensors if not isinstance(x, There) and x.dim() > 0]
    if there and here and function not in CROSSING:
        raise AssertionError(f"{function}: tensors of two devices, {[str(x.device) for x in tensors]}")
    device = keywords.get("device")
    goes_there = bool(there)
    if device is not None:
        goes_there = torch.device(device).type == DEVICE
        keywords = {**keywords, "device": torch.device("cpu")}
    if function is ATEN.copy_.default:
        goes_there = isinstance(arguments[0], There)
    own = {id(x.inner): x for x in there}  # what an operator changes in place, it gives back
    inside = tree_map(lambda x: x.inner if isinstance(x, There) else x, (arguments, keywords))
    if function in WAITING and there:
        crossings["read"] += 1
    elif tensors and bool(there) != goes_there:
        crossings["there" if goes_there else "back"] += 1
    out = FOR_GPUS_ALONE.get(function, function)(*inside[0], **inside[1])
    if not goes_there:
        return out
    return tree_map(lambda x: x if not isinstance(x, torch.Tensor) else own[id(x)] if id(x) in own else There(x), out)


class PretendGpu(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        return compute(function, arguments, keywords or {})


def run(check) -> None:
    _setup_privateuseone_for_python_backend(DEVICE)
    with PretendGpu(), torch.autograd.set_multithreading_enabled(False):
        check()
