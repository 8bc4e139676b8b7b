"""Prescriptions: what clinicians write, one canonical sentence, and dose arithmetic (BED, EQD2)."""

from radonc._core.regimen import Grammar, Phase, PhaseKind, Regimen, RegimenGrammar, RegimenReading, parse

__all__ = ["Grammar", "Phase", "PhaseKind", "Regimen", "RegimenGrammar", "RegimenReading", "parse"]
