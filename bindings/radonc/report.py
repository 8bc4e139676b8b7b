"""A study's result as a table, a page, a PDF, and files for other programs."""

from __future__ import annotations

import os

from radonc import _pdf
from radonc._core.evaluation import StudyResult
from radonc._core.report import (
    csv_tables,
    latex_tables,
    render_html,
    terminal_table,
    write_tables,
)

__all__ = [
    "csv_tables",
    "latex_tables",
    "render_html",
    "terminal_table",
    "write_pdf",
    "write_tables",
]


def write_pdf(result: StudyResult | str, path: str | os.PathLike) -> None:
    """Prints the study's page on A4, everything unfolded, with a Chromium on this machine.

    result:  a study's result, or a page that :func:`render_html` made

    Raises :class:`radonc.Error` if there is no Chromium, or if it does not print.
    """
    _pdf.print_page(result if isinstance(result, str) else render_html(result), path)
