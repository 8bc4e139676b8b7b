"""Tests and intervals, equal to SciPy's."""

from radonc._core.stats import (
    Alternative,
    Estimate,
    WilcoxonMethod,
    WilcoxonResult,
    ZeroMethod,
    holm,
    wilcoxon_signed_rank,
    wilson_interval,
)

__all__ = [
    "Alternative",
    "Estimate",
    "WilcoxonMethod",
    "WilcoxonResult",
    "ZeroMethod",
    "holm",
    "wilcoxon_signed_rank",
    "wilson_interval",
]
