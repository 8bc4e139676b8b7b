"""Records, the cohort, and the split by patient."""

from radonc._core.data import (
    CaseRecord,
    Cohort,
    CohortFlow,
    Course,
    FlowStep,
    Split,
    diagnostic_details,
    read_cases,
    select_cohort,
    split_by_patient,
)

__all__ = [
    "CaseRecord",
    "Cohort",
    "CohortFlow",
    "Course",
    "FlowStep",
    "Split",
    "diagnostic_details",
    "read_cases",
    "select_cohort",
    "split_by_patient",
]
