"""A claim of a paper as a testable statement, and what a test finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from analysis.claims.evidence import Evidence, NotTested
from analysis.statistics.comparison import FEWEST
from analysis.tables.record import Unit

LEVEL = 0.05
"""Of the corrected p value below which a claim holds."""
HOLDS, FAILS, UNDECIDED, NOT_TESTED = "holds", "does not hold", "undecided", "not tested"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a test finds in a run, before p is corrected for the run's other claims."""

    n: int
    """How many units of replication there are."""
    unit: Unit
    effect: float
    low: float
    high: float
    """``low`` to ``high``: the interval of ``effect``, in the metric's unit."""
    p: float
    """Two-sided, of no difference; of an equivalence test, of a difference beyond the margin. NaN below two units."""
    supported: bool
    """Whether the interval lies where the claim puts it."""
    refuted: bool
    """Whether the interval shows that the claim is not so; of this claim alone, not corrected for others."""
    note: str
    """What ``effect`` measures, and what else is to be said."""

    def verdict(self, p_holm: float) -> str:
        """In words, given the corrected p value."""
        if self.n < FEWEST:
            return UNDECIDED
        if self.supported and p_holm < LEVEL:
            return HOLDS
        return FAILS if self.refuted else UNDECIDED


class Test(Protocol):
    """How a claim is tested. Raises :class:`analysis.claims.evidence.NotTested` where a run has not what it needs."""

    def examine(self, evidence: Evidence) -> Finding: ...


@dataclass(frozen=True)
class NotTestable:
    """Stands for the test of a claim that no run can test, and says why."""

    reason: str

    def examine(self, evidence: Evidence) -> Finding:
        raise NotTested(self.reason)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim of one paper; a sentence that claims several things is several claims."""

    id: str
    """Unique over all papers, such as ``spheres-sparse-barycenter-chamfer``."""
    paper: str
    section: str
    statement: str
    """The claim in our own words."""
    studies: tuple[str, ...]
    """Names of the studies whose runs can test it."""
    supervision: str
    test: Test
