"""What was found: results from scores alone, any number of models, subgroups, and a study's result."""

from radonc._core.evaluation import (
    ArmResult,
    Calibration,
    Comparison,
    ModelMetrics,
    QuantityDifference,
    ScoreDifferences,
    StudyResult,
    Subgroup,
    TaskResult,
    evaluate,
)

__all__ = [
    "ArmResult",
    "Calibration",
    "Comparison",
    "ModelMetrics",
    "QuantityDifference",
    "ScoreDifferences",
    "StudyResult",
    "Subgroup",
    "TaskResult",
    "evaluate",
]
