"""A test between classes of sequences: whether a method gains more in some than in others.

The classes hold different sequences, so that nothing is paired between them. With g the improvement of a sequence, its
replicates averaged, and m and s² its mean and variance in each of the two groups, Welch's t test takes

    t = (m₁ − m₂) / √(s₁²/n₁ + s₂²/n₂)

with the degrees of freedom of Welch and Satterthwaite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.claims.evidence import Evidence, NotTested
from analysis.claims.statement import Finding
from analysis.statistics import comparison
from analysis.wording import listing


@dataclass(frozen=True, kw_only=True)
class LargerGain:
    """``method`` improves on ``reference`` by more in classes whose names hold one of ``kinds`` than in those that
    hold one of ``than``. Its n counts the sequences of the smaller group."""

    method: str
    metric: str
    kinds: tuple[str, ...]
    than: tuple[str, ...]
    reference: str = "none"

    def examine(self, evidence: Evidence) -> Finding:
        pairs = comparison.by_unit(
            evidence.between(self.method, self.reference, self.metric), "sequence", evidence.rows
        )
        gain = pairs["treated"] - pairs["reference"]
        gain = (-gain if evidence.metric(self.metric).lower else gain).set_axis(pairs["sequence"])
        groups = [_of(evidence.rows, gain, names) for names in (self.kinds, self.than)]
        mean, half, p = _welch(*groups)
        return Finding(
            n=min(len(group) for group in groups),
            unit="sequence",
            effect=mean,
            low=mean - half,
            high=mean + half,
            p=p,
            supported=mean - half > 0,
            refuted=mean + half < 0,
            note=f"gain in {self.metric} of {self.method} in {listing(self.kinds)} − in {listing(self.than)}",
        )


def _of(rows: pd.DataFrame, gain: pd.Series, names: Sequence[str]) -> np.ndarray:
    """Gains of the sequences of the classes named, (n,)."""
    classes = rows["class"] if "class" in rows else pd.Series("", index=rows.index)
    chosen = classes.str.lower().str.contains("|".join(names), regex=True)
    members = rows.loc[chosen, "sequence"].unique()
    if not len(members):
        known = sorted(name for name in classes.unique() if name)
        raise NotTested(f"the data have no {listing(names, 'or')}, only {listing(known) or 'no classes'}")
    return gain[gain.index.isin(members)].to_numpy(dtype="float64")


def _welch(one: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
    """Difference of the means, half its 95 % interval, and two-sided p; NaN where a group is of one."""
    from scipy.special import stdtr, stdtrit

    difference = float(one.mean() - other.mean())
    if min(len(one), len(other)) < 2:
        return difference, float("nan"), float("nan")
    parts = [group.var(ddof=1) / len(group) for group in (one, other)]
    error = float(np.sqrt(sum(parts)))
    if error == 0:
        return difference, 0.0, 1.0 if difference == 0 else 0.0
    freedom = sum(parts) ** 2 / sum(part**2 / (len(group) - 1) for part, group in zip(parts, (one, other), strict=True))
    return difference, float(stdtrit(freedom, 0.975)) * error, float(2 * stdtr(freedom, -abs(difference) / error))
