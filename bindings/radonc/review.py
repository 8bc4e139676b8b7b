"""Physicians' review: a blinded offline page of a study's answers, and what the reviewers said."""

from __future__ import annotations

import os
from collections.abc import Iterable

from radonc._core.review import (
    ModelComparison,
    ModelReview,
    ReviewerAgreement,
    ReviewerProgress,
    ReviewOptions,
    ReviewPage,
    ReviewResult,
)
from radonc._core.review import read as _read
from radonc._core.review import write_page as _write_page

__all__ = [
    "ModelComparison",
    "ModelReview",
    "ReviewOptions",
    "ReviewPage",
    "ReviewResult",
    "ReviewerAgreement",
    "ReviewerProgress",
    "read",
    "write_page",
]


def write_page(path: str | os.PathLike, study: str | os.PathLike, **options) -> ReviewPage:
    """Writes the review page of a finished study's folder to ``path``, and ``review_key.json`` beside it.

    The key tells whose an answer is and must not reach a reviewer.

    options:  fields of :class:`ReviewOptions`, e.g. ``reviewers=["A", "B"], num_overlap=40, seed=8153``
    """
    return _write_page(path, study, ReviewOptions(**options))


def read(exports: Iterable[str | os.PathLike], key: str | os.PathLike, confidence: float = 0.95) -> ReviewResult:
    """Merges the reviewers' exports of one page and unblinds them with its key.

    Raises :class:`radonc.Error` for files of another page, edited or truncated ones, and a reviewer that comes twice.
    """
    return _read(list(exports), key, confidence)
