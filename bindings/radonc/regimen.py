"""Prescriptions: what clinicians write, one canonical sentence, and dose arithmetic (BED, EQD2)."""

from radonc._core.regimen import Phase, PhaseKind, Regimen, RegimenReading, parse

__all__ = ["Phase", "PhaseKind", "Regimen", "RegimenReading", "parse"]
