"""The study's three tasks: treatment regimen, modality, ICD-10 code."""

from radonc._core.tasks import Pair, Prediction, Score, Task, icd10_task, modality_task, regimen_task, study_tasks

__all__ = ["Pair", "Prediction", "Score", "Task", "icd10_task", "modality_task", "regimen_task", "study_tasks"]
