"""Tests on a part of the sequences, by the class that a study gives them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from analysis.claims.evidence import Evidence, NotTested
from analysis.claims.statement import Finding, Test
from analysis.statistics import comparison
from analysis.statistics.equivalence import two_one_sided_tests
from analysis.tables import selection
from analysis.wording import listing


@dataclass(frozen=True, kw_only=True)
class OfKind:
    """``test``, on the sequences of one class: where classes are the unit of replication, its sequences are."""

    kind: str
    test: Test

    def examine(self, evidence: Evidence) -> Finding:
        unit = "sequence" if evidence.unit == "class" else evidence.unit
        found = self.test.examine(replace(evidence, rows=_of(evidence, self.kind), unit=unit))
        return replace(found, note=f"{self.kind}: {found.note}")


@dataclass(frozen=True, kw_only=True)
class Undisturbed:
    """``method`` is as good on the sequences of class ``kind`` as on those of class ``than``, within the margin.

    The sequences of both classes are paired by what follows the class in their labels (``rotation, part 1``): n counts
    the pairs.
    """

    method: str
    metric: str
    kind: str
    than: str

    def examine(self, evidence: Evidence) -> Finding:
        sides = []
        for kind in (self.kind, self.than):
            part = replace(evidence, rows=_of(evidence, kind))
            units = comparison.by_unit(part.alone(self.method, self.metric), "sequence", part.rows)
            sides.append(units.set_index(units["sequence"].str.removeprefix(kind))["treated"])
        both = sides[0].to_frame("treated").join(sides[1].rename("reference"), how="inner")
        if both.empty:
            raise NotTested(f"no sequence of class {self.kind} has its like of class {self.than}")
        values = both.to_numpy(dtype="float64")
        found = two_one_sided_tests(values[:, 0] - values[:, 1], evidence.margin(self.metric), float(abs(values).max()))
        return Finding(
            n=found.n, unit="sequence", effect=found.difference, low=found.low, high=found.high, p=found.p,
            supported=found.within, refuted=found.beyond,
            note=f"{self.metric} of {self.method}, {self.kind} − {self.than}; 90 % interval, margin {found.margin:g}",
        )  # fmt: skip


def _of(evidence: Evidence, kind: str) -> pd.DataFrame:
    """The rows of the sequences of a class."""
    rows = evidence.rows
    known = sorted({str(name) for name in rows["class"].dropna()} - {""}) if "class" in rows else []
    if kind not in known:
        raise NotTested(f"the data have no {kind}, only {listing(known) or 'no classes'}")
    return selection.rows(rows, **{"class": kind})
