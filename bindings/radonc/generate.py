"""Batched greedy decoding with a key-value cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from radonc._core.generate import AnswerSet, Choice, GenerateConfig, Generation, TokenGrammar, TokenTrie
from radonc._core.generate import choose as _choose
from radonc._core.generate import generate as _generate
from radonc._core.model import Transformer
from radonc._core.text import Tokenizer

__all__ = ["AnswerSet", "Choice", "GenerateConfig", "Generation", "TokenGrammar", "TokenTrie", "choose", "generate"]


def _checked(prompts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Checked here, since the core's own message would show the prompts."""
    asked = []
    for place, prompt in enumerate(prompts):
        if not (isinstance(prompt, (tuple, list)) and len(prompt) == 2 and all(isinstance(x, str) for x in prompt)):
            raise TypeError(f"prompts[{place}]: expected (system, user), two texts")
        asked.append(tuple(prompt))
    return asked


def generate(
    model: Transformer,
    tokenizer: Tokenizer,
    prompts: Iterable[tuple[str, str]],
    config: GenerateConfig | None = None,
    callback: Callable[[int, int], None] | None = None,
    *,
    prompt_template: str = "",
    **settings,
) -> list[Generation]:
    """Greedy answers to ``(system, user)`` prompts, in their order.

    callback:         gets (done, total) after every batch; an exception that it raises ends the generation
    prompt_template:  "chatml", "mistral-v1" …; the tokenizer's own if none is named
    settings:         fields of :class:`GenerateConfig`, in place of ``config``

    Raises :class:`radonc.Error` if a prompt does not fit the model's context: nothing is ever cut off.
    """
    if config is not None and settings:
        raise TypeError("generate takes a config or its fields, not both")
    return _generate(
        model, tokenizer, _checked(prompts), config or GenerateConfig(**settings), callback, prompt_template
    )


def choose(
    model: Transformer,
    tokenizer: Tokenizer,
    prompts: Iterable[tuple[str, str]],
    answers: list[str],
    callback: Callable[[int, int], None] | None = None,
    *,
    prompt_template: str = "",
) -> list[Choice]:
    """How probable the model finds each of ``answers``, for every ``(system, user)`` prompt; exact, not sampled."""
    return _choose(model, tokenizer, _checked(prompts), answers, callback, prompt_template)
