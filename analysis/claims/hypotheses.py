"""The kinds of test that claims are made of: difference, equivalence, spread, sign, and of two parts of a sequence.

Each takes the mean of paired differences over the units of replication (:mod:`analysis.statistics.comparison`).
"Better" and the like are two-sided t tests with a 95 % interval; "unchanged" and "no gain" are equivalence tests with a
90 % interval (:mod:`analysis.statistics.equivalence`). A difference is refuted where its interval lies wholly on the
other side of zero, or where equivalence is shown instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.claims.evidence import ALL, Evidence, NotTested, Window
from analysis.claims.statement import Finding
from analysis.statistics import comparison
from analysis.statistics.equivalence import Equivalence, two_one_sided_tests
from analysis.statistics.inference import PairedMean, paired_mean
from analysis.tables.record import Unit


@dataclass(frozen=True, kw_only=True)
class Difference:
    """``method`` is ``better`` or ``worse`` than ``reference``; holds also if the difference is smaller than the
    margin, but the note says so."""

    method: str
    metric: str
    direction: Literal["better", "worse"]
    reference: str = "none"
    window: Window = ALL

    def examine(self, evidence: Evidence) -> Finding:
        pairs = evidence.between(self.method, self.reference, self.metric, self.window)
        units = comparison.by_unit(pairs, evidence.unit, evidence.rows)
        claimed = "lower" if (self.direction == "better") == evidence.metric(self.metric).lower else "higher"
        measures = f"{self.metric}, {self.method} − {self.reference}, mean over {evidence.words(self.window)}"
        return _directed(units, evidence.unit, claimed, measures, evidence.metric(self.metric).margin)


@dataclass(frozen=True, kw_only=True)
class Unchanged:
    """``method`` is as good as ``reference``, within the metric's margin: holds by equivalence, not by a lack of
    evidence."""

    method: str
    metric: str
    reference: str = "none"
    window: Window = ALL

    def examine(self, evidence: Evidence) -> Finding:
        pairs = evidence.between(self.method, self.reference, self.metric, self.window)
        units = comparison.by_unit(pairs, evidence.unit, evidence.rows)
        found = _equivalence(units, evidence.margin(self.metric))
        said = (
            f"{self.metric}, {self.method} − {self.reference}, mean over {evidence.words(self.window)}; 90 % interval"
        )
        said += f", margin {found.margin:g}"
        if found.low > 0 or found.high < 0:
            good = (found.difference < 0) == evidence.metric(self.metric).lower
            size = "beyond the margin" if found.beyond else "by less than the margin" if found.within else ""
            said += f"; {self.method} is {'better' if good else 'worse'} {size}".rstrip()
        return Finding(
            n=found.n,
            unit=evidence.unit,
            effect=found.difference,
            low=found.low,
            high=found.high,
            p=found.p,
            supported=found.within,
            refuted=found.beyond,
            note=said,
        )


@dataclass(frozen=True, kw_only=True)
class Narrower:
    """``method`` varies less from sequence to sequence than ``reference``: the interquartile range over the
    sequences of one replicate, of the mean over the test times. Its unit is the replicate."""

    method: str
    metric: str
    reference: str = "none"

    def examine(self, evidence: Evidence) -> Finding:
        pairs = evidence.between(self.method, self.reference, self.metric)
        sequences = pairs["sequence"].nunique()
        if sequences < 2:
            raise NotTested("one sequence has no spread over sequences")
        grouped = pairs.groupby("replicate")
        whole = grouped["sequence"].nunique() == sequences
        quartiles = grouped[["treated", "reference"]].quantile(np.array([0.25, 0.75])).unstack()
        sides = {side: quartiles[side][0.75] - quartiles[side][0.25] for side in ("treated", "reference")}
        units = pd.DataFrame(sides)[whole].reset_index()
        measures = f"interquartile range of {self.metric} over {sequences} sequences, {self.method} − {self.reference}"
        return _directed(units, "replicate", "lower", measures, None)


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """With ``method``, a shape splits earlier than it does in truth. A shape that never splits counts with the last
    time, so it speaks against the claim."""

    method: str
    metric: str = "bifurcation_delay"

    def examine(self, evidence: Evidence) -> Finding:
        units = comparison.by_unit(evidence.alone(self.method, self.metric), evidence.unit, evidence.rows)
        measures = f"time of the split found − true, {self.method}, sequence lasting 1"
        return _directed(units, evidence.unit, "lower", measures, None)


@dataclass(frozen=True, kw_only=True)
class WorseWithin:
    """The error of ``method`` is larger within one part of a sequence than within another."""

    method: str
    metric: str
    window: Window
    reference: Window

    def examine(self, evidence: Evidence) -> Finding:
        pairs = evidence.within(self.method, self.metric, self.window, self.reference)
        claimed: Literal["lower", "higher"] = "higher" if evidence.metric(self.metric).lower else "lower"
        measures = f"{self.metric} with {self.method}, mean over {self.window.words} − {self.reference.words}"
        units = comparison.by_unit(pairs, evidence.unit, evidence.rows)
        return _directed(units, evidence.unit, claimed, measures, evidence.metric(self.metric).margin)


def _directed(units: pd.DataFrame, unit: Unit, claimed: str, measures: str, margin: float | None) -> Finding:
    """A difference claimed to be below (``lower``) or above zero; with a margin, equivalence refutes it."""
    differences, scale = _differences(units)
    mean: PairedMean = paired_mean(differences, scale)
    below, above = bool(mean.high < 0), bool(mean.low > 0)
    supported, opposite = (below, above) if claimed == "lower" else (above, below)
    notes, within = [measures], False
    if margin is not None:
        found = _equivalence(units, margin)
        within = found.within
        if found.n >= comparison.FEWEST:
            size = "smaller than" if within else "larger than" if found.beyond else "not settled against"
            notes.append(f"{size} the margin {margin:g}")
    if opposite:
        notes.append("the opposite is shown")
    return Finding(
        n=mean.n,
        unit=unit,
        effect=mean.difference,
        low=mean.low,
        high=mean.high,
        p=mean.p,
        supported=supported,
        refuted=opposite or within,
        note="; ".join(notes),
    )


def _equivalence(units: pd.DataFrame, margin: float) -> Equivalence:
    differences, scale = _differences(units)
    return two_one_sided_tests(differences, margin, scale)


def _differences(units: pd.DataFrame) -> tuple[np.ndarray, float]:
    """Paired differences ``[n,]`` and the size of what was subtracted."""
    both = units[["treated", "reference"]].to_numpy(dtype="float64")
    return both[:, 0] - both[:, 1], float(np.abs(both).max()) if len(both) else 0.0
