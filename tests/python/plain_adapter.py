"""A LoRA adapter of known values without a file, and the sketch by which its gradients are compared."""

import torch
from hashed_weights import hashed

SKETCH_SIZE = 8


def adapter_values(shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """A value for every tensor of an adapter, by PEFT's names in its file."""
    return {name: hashed(shapes[name], seed, 0.2).float() for seed, name in enumerate(sorted(shapes))}


def sketch(gradients: dict[str, torch.Tensor]) -> torch.Tensor:
    """Eight random projections of each tensor, in the order of names: an error of norm e moves them by about e."""
    rows = []
    for seed, (_, gradient) in enumerate(sorted(gradients.items())):
        directions = hashed((SKETCH_SIZE, gradient.numel()), 1000 + seed, 1.0).double()
        rows.append(directions @ gradient.flatten().double())
    return torch.stack(rows)
