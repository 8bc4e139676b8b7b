"""What was found: results from scores alone, any number of models, subgroups, and a study's result."""

from radonc._core.evaluation import (
    Calibration,
    Comparison,
    DoseDifference,
    ModelMetrics,
    ScoreDifferences,
    StudyResult,
    Subgroup,
    TaskResult,
    evaluate,
)

__all__ = [
    "Calibration",
    "Comparison",
    "DoseDifference",
    "ModelMetrics",
    "ScoreDifferences",
    "StudyResult",
    "Subgroup",
    "TaskResult",
    "evaluate",
]
