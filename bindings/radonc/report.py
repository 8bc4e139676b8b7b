"""Results from scores, and a study's result as a table and as a page."""

from radonc._core.report import (
    Calibration,
    Comparison,
    DoseDifference,
    ModelMetrics,
    StudyResult,
    Subgroup,
    TaskResult,
    evaluate,
    render_html,
    terminal_table,
)

__all__ = [
    "Calibration",
    "Comparison",
    "DoseDifference",
    "ModelMetrics",
    "StudyResult",
    "Subgroup",
    "TaskResult",
    "evaluate",
    "render_html",
    "terminal_table",
]
