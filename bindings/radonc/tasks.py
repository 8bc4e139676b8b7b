"""The study's three tasks: treatment regimen, modality, ICD-10 code; and answers that need no model."""

from radonc._core.tasks import (
    Pair,
    Prediction,
    Quantity,
    Score,
    Task,
    draw_examples,
    few_shot_prompt,
    icd10_task,
    majority_answer,
    modality_task,
    nearest_answers,
    read_pairs,
    read_predictions,
    read_scores,
    regimen_task,
    study_tasks,
)

__all__ = [
    "Pair",
    "Prediction",
    "Quantity",
    "Score",
    "Task",
    "draw_examples",
    "few_shot_prompt",
    "icd10_task",
    "majority_answer",
    "modality_task",
    "nearest_answers",
    "read_pairs",
    "read_predictions",
    "read_scores",
    "regimen_task",
    "study_tasks",
]
