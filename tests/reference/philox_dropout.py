"""radonc's dropout for PEFT: masks by Philox4x32-10, their seeds drawn from torch's generator, one a call."""

import numpy as np
import torch

LOW = np.uint64(0xFFFFFFFF)


def philox(seed: int, blocks: np.ndarray) -> np.ndarray:
    """The four words of each block's counter, as Salmon et al. (2011) define them: [blocks, 4]."""
    a, b = blocks.astype(np.uint64) & LOW, blocks.astype(np.uint64) >> np.uint64(32)
    c = d = np.zeros_like(a)
    key, other = np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)
    for _ in range(10):
        first, second = np.uint64(0xD2511F53) * a, np.uint64(0xCD9E8D57) * c
        a, b = second >> np.uint64(32) ^ b ^ key, second & LOW
        c, d = first >> np.uint64(32) ^ d ^ other, first & LOW
        key, other = key + np.uint64(0x9E3779B9) & LOW, other + np.uint64(0xBB67AE85) & LOW
    return np.stack([a, b, c, d], axis=1)


class PhiloxDropout(torch.nn.Module):
    def __init__(self, p: float):
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        seed = torch.empty((), dtype=torch.int64).random_(-(2**63), None).item() % 2**64
        words = philox(seed, np.arange((x.numel() + 3) // 4)).reshape(-1)[: x.numel()]
        keep = torch.from_numpy(words >= int(self.p * 2**32)).view(x.shape)
        return x * keep / (1 - self.p)


def use_philox(model: torch.nn.Module) -> None:
    """Every torch.nn.Dropout inside it becomes one of these."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, torch.nn.Dropout):
                setattr(module, name, PhiloxDropout(child.p))
