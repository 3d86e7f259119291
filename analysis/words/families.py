"""How the values beside differences are corrected, in words for tables and captions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.statistics.verdicts import EXPLORATORY, PRIMARY
from analysis.tables import record
from analysis.tables.run import Run
from analysis.wording import listing


def correction(run: Run) -> str:
    """What the value of a difference is, in a sentence or two."""
    named = record.primary(run)
    rest = "the trained methods, supervisions and metrics at one setting, and over the methods without a network"
    if not named:
        return f"p is the paired t test's, corrected by Holm's method over {rest} by themselves."
    pairs = [f"{pair.method} against {pair.baseline} ({pair.supervision})" for pair in named]
    return (
        f"Primary are the comparisons that the study named before there was a result, in {record.objective(run).label} "
        f"at the search's best: {listing(pairs)}; their p is the paired t test's, corrected by Holm's method over them "
        "alone. All others are exploratory: their q is by the false discovery rate (Benjamini and Hochberg) over "
        f"{rest} by themselves."
    )


def heading(run: Run) -> str:
    """Of the column with these values."""
    return "p (Holm), or q" if record.primary(run) else "p (Holm)"


def verdict(row: Mapping[Any, Any]) -> str:
    """The verdict of a row of a comparison, and whether it is primary or exploratory, where that is told apart."""
    family = row.get("family")
    return f"{row['verdict']}, {family}" if family in (PRIMARY, EXPLORATORY) else str(row["verdict"])
