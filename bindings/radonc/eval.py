"""Scores of texts, equal to the reference implementations."""

from radonc._core.eval import RougeScore, majority_class, rouge_l, rouge_n

__all__ = ["RougeScore", "majority_class", "rouge_l", "rouge_n"]
