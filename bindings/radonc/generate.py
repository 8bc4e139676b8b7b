"""Batched greedy decoding with a key-value cache."""

from radonc._core.generate import GenerateConfig, Generation, generate

__all__ = ["GenerateConfig", "Generation", "generate"]
