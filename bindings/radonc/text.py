"""Tokenizers, and prompts as token ids."""

from radonc._core.text import TokenizedPair, Tokenizer, detect_template, encode_pair

__all__ = ["TokenizedPair", "Tokenizer", "detect_template", "encode_pair"]
