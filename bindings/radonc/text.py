"""Tokenizers, and prompts as token ids."""

from radonc._core.text import TokenizedPair, Tokenizer, encode_pair

__all__ = ["TokenizedPair", "Tokenizer", "encode_pair"]
