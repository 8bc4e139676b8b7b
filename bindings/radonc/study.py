"""The whole road in one call: records → cohort → pairs → fine-tuning → answers → scores → statistics → report."""

from __future__ import annotations

import os
from collections.abc import Callable

from radonc._core.data import CaseRecord
from radonc._core.evaluation import StudyResult
from radonc._core.study import Arm, Progress, StudyConfig, Training, arms_from_json, default_arms
from radonc._core.study import run as _run
from radonc._smollm2 import smollm2

__all__ = [
    "Arm",
    "Progress",
    "ProgressBars",
    "StudyConfig",
    "StudyResult",
    "Training",
    "arms_from_json",
    "default_arms",
    "run",
]


class ProgressBars:
    """Shows a study's progress with tqdm: the flow as text, answers and training steps as bars."""

    def __init__(self) -> None:
        from tqdm.auto import tqdm

        self._tqdm = tqdm
        self._bar = None
        self._stage = ""

    def __call__(self, progress: Progress) -> None:
        if progress.stage != self._stage:
            self._stage = progress.stage
            if self._bar is not None:
                self._bar.close()
                self._bar = None
        if progress.message:
            self._tqdm.write(f"[{progress.stage}] {progress.message}")
        if not progress.total:
            return
        if self._bar is None:
            self._bar = self._tqdm(
                total=progress.total, desc=progress.stage, unit="step" if progress.step else "answer"
            )
        self._bar.update(progress.done - self._bar.n)
        if progress.step:
            self._bar.set_postfix(
                loss=f"{progress.step.loss:.3f}", tokens_per_s=f"{progress.step.tokens_per_second:.0f}"
            )
        if progress.done == progress.total:
            self._bar.close()
            self._bar = None
            self._stage = ""


def run(
    records: str | os.PathLike | list[CaseRecord],
    output: str | os.PathLike,
    *,
    model: str | os.PathLike | None = None,
    callback: Callable[[Progress], None] | None = None,
    progress: bool = True,
    **settings,
) -> StudyResult:
    """Runs the study on records, a JSONL file or a list of CaseRecords, and leaves its files in the folder ``output``.

    Given the same folder again, it goes on where it was stopped; ``fresh=True`` makes everything anew.

    model:     a GGUF file or a Hugging Face folder; SmolLM2-135M-Instruct if none is named
    callback:  gets a Progress; by default a progress bar is shown, unless ``progress`` is false
    settings:  any other field of :class:`StudyConfig`, e.g. ``num_test_cases=50``, ``tasks=["icd10", MyTask()]``, or
               ``test_records="another_hospital.jsonl"``; further models to compare are
               ``arms=[*default_arms(), Arm(name="three examples", num_examples=3)]``

    Raises :class:`radonc.Error` for what the user can mend.
    """
    if model is None:
        model = smollm2()
        settings.setdefault("model_name", "SmolLM2-135M-Instruct")
    config = StudyConfig(records=records, output=output, model=model, **settings)
    if callback is None and progress:
        callback = ProgressBars()
    return _run(config, callback) if callback else _run(config)
