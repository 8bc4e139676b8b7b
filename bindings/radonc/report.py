"""A study's result as a table and as a page."""

from radonc._core.report import StudyResult, render_html, terminal_table

__all__ = ["StudyResult", "render_html", "terminal_table"]
