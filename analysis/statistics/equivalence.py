"""Equivalence of paired measurements within a margin, by two one-sided t tests.

"No difference shown" is not "no difference". With d̄ the mean of n paired differences, s their standard deviation
and δ the margin, fixed before looking, two t tests (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657–680) ask

    H₁: μ ≤ −δ   with  T₁ = (d̄ + δ) √n / s,        H₂: μ ≥ δ   with  T₂ = (d̄ − δ) √n / s,

and −δ < μ < δ is shown where both are rejected, so p is the larger of the two one-sided p values. At level 0.05
this is the same as saying that the 90 % t interval of d̄ lies within ±δ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.statistics.inference import paired_mean

LEVEL = 0.05
"""Of each of the two tests."""


@dataclass(frozen=True, kw_only=True)
class Equivalence:
    """What two one-sided t tests say about n paired differences."""

    n: int
    difference: float
    low: float
    high: float
    """``low`` to ``high``: the 90 % t interval of the mean difference."""
    margin: float
    p: float
    """The larger of the two one-sided p values; NaN below two pairs."""

    @property
    def within(self) -> bool:
        """Whether the difference is shown to be smaller than the margin."""
        return self.p < LEVEL

    @property
    def beyond(self) -> bool:
        """Whether the interval lies wholly outside ±margin, on one side."""
        return self.low > self.margin or self.high < -self.margin


def two_one_sided_tests(differences: np.ndarray, margin: float, scale: float = 1.0) -> Equivalence:
    """Two one-sided t tests of paired ``differences`` ``[n,]`` against ±``margin``, in the same unit.

    Differences that vary by less than rounding at ``scale``, the size of what was subtracted, are taken as
    certain: p is 0 or 1. Raises ``ValueError`` for a margin that is not a positive number.
    """
    if not (np.isfinite(margin) and margin > 0):
        raise ValueError(f"the margin must be a positive number, not {margin}")
    mean = paired_mean(np.asarray(differences, dtype="float64"), scale, confidence=1 - 2 * LEVEL)
    p = float("nan")
    if mean.low == mean.high:
        p = 0.0 if abs(mean.difference) < margin else 1.0
    elif not np.isnan(mean.low):
        from scipy.special import stdtr

        error = float(np.std(differences, ddof=1)) / np.sqrt(mean.n)
        p = float(stdtr(mean.n - 1, (abs(mean.difference) - margin) / error))
    return Equivalence(n=mean.n, difference=mean.difference, low=mean.low, high=mean.high, margin=margin, p=p)
