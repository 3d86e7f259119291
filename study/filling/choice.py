"""Which rule fills the frames: the best on hidden ones, or a simpler one that is as good within the noise.

Of all rules that were tried the best is that of the least mean error over cells. Of those that are simpler, the
simplest is taken whose error is larger by no more than one standard error of the paired difference (the one standard
error rule of Breiman et al. 1984, section 3.4.3, over cells instead of folds), if no rule that is simpler still has a
smaller one. Where cells divide the choice is one of
its own: the rules that are good at moving a shape are not those that are good at parting it.

Where too little can be hidden the choice is what the studies of the findings page came to.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from study.design.methods import WITHOUT_CHOICE

FEWEST = 6
"""Hidden shapes from which on a choice is made by them."""
FEWEST_RULES = 2
"""Rules that must have been tried for a choice to be one."""
_UNITS = 6
"""Cells from which on they are what differences are paired over; of fewer it is the hidden shapes."""
FINDINGS = "the findings page (study/catalog/README.md)"


@dataclass(frozen=True)
class Choice:
    """The rule for one kind of interval, and why."""

    rule: str
    kind: str
    """`whole` or `divides`."""
    by: str
    """`hidden frames` or `findings`."""
    hidden: int = 0
    """Shapes that it was chosen by."""
    best: str = ""
    """The rule of the least error, where another one is as good and simpler."""
    error: float = math.nan
    """Mean Chamfer distance on hidden shapes."""
    linear: float = math.nan
    """The same of linear blending."""
    units: int = 0
    """Cells, or hidden shapes, over which the difference is paired."""
    low: float = math.nan
    high: float = math.nan
    """95 % interval of the difference to linear."""
    better: int = 0
    """Units in which it is nearer than linear."""
    anchor: str = ""
    """The rule that it is added to, of a network."""
    unit: str = "µm"
    """Of lengths."""

    def record(self) -> dict[str, Any]:
        """As it is written down: numbers that are not known are left out."""
        return {k: v for k, v in asdict(self).items() if not (isinstance(v, float) and math.isnan(v))}


def choose(rows: pd.DataFrame, order: list[str], kind: str) -> Choice:
    """By `rows` (rule, sequence, label, time_index, divides, chamfer) of all rules that were tried on all of them."""
    mine = rows[rows["divides"] == (kind == "divides")] if len(rows) else rows
    table = paired(mine, order) if len(mine) else pd.DataFrame()
    shapes = len(mine.drop_duplicates(["pattern", "label", "time_index"])) if len(mine) else 0
    if shapes < FEWEST or len(table.columns) < FEWEST_RULES:
        return Choice(WITHOUT_CHOICE[kind], kind, "findings", shapes)
    means = table.mean()
    best = str(means.idxmin())
    least = means.cummin()  # of a rule and all that are simpler
    rule = next(
        name
        for name in table.columns
        if name == best or (means[name] <= least[name] and _as_good(table[name] - table[best]))
    )
    difference = table[rule] - table["linear"] if "linear" in table else table[rule] * math.nan
    low, high = interval(difference)
    return Choice(
        rule, kind, "hidden frames", shapes, best, float(means[rule]), float(means.get("linear", math.nan)),
        len(table), low, high, int((difference < 0).sum()),
    )  # fmt: skip


def paired(rows: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """Mean error of each rule (columns, the simplest first) in every unit."""
    unit = ["sequence"] if rows["sequence"].nunique() >= _UNITS else ["pattern", "label", "time_index"]
    table = rows.pivot_table(index=unit, columns="rule", values="chamfer", aggfunc="mean", observed=True)
    return table[[name for name in order if name in table]].dropna(axis=1)


def _as_good(differences: pd.Series) -> bool:
    """Whether the mean of paired differences is at most its standard error."""
    values = differences.to_numpy(float)
    return float(values.mean()) <= float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else False


def interval(differences: pd.Series) -> tuple[float, float]:
    """The 95 % t interval of the mean of paired differences."""
    from analysis.statistics.inference import paired_mean

    values = np.asarray(differences, dtype=float)
    found = paired_mean(values, float(np.abs(values).max(initial=0.0)))
    return found.low, found.high


def wording_of(unit: str) -> str:
    """A unit after a number: where nobody says how large a voxel is, lengths are in voxels."""
    return "voxels" if unit == "voxel" else unit


def sentence(choice: Choice) -> str:
    """In words, for the screen and the page."""
    name = f"{choice.rule}, added to {choice.anchor}," if choice.anchor else f"{choice.rule},"
    where = "where cells divide" if choice.kind == "divides" else "between two frames of a cell"
    if choice.by == "the user":
        return f"{where}: {choice.rule}, as asked for"
    if choice.by == "findings":
        few = f"only {choice.hidden} hidden shape{'s were' if choice.hidden > 1 else ' was'} scored there"
        why = few if choice.hidden else "nothing can be hidden there"
        if choice.hidden >= FEWEST:
            why = "fewer than two candidates were tried to the end"
        return f"{where}: {choice.rule}, by {FINDINGS}, since {why}"
    unit = wording_of(choice.unit)
    said = f"{where}: {name} {choice.error:.3g} {unit} from {choice.hidden} hidden shapes"
    if choice.rule != "linear":
        share = 100 * (choice.error / choice.linear - 1)
        said += (
            f", linear blending {choice.linear:.3g} {unit} ({share:+.1f} %, 95 % interval of the difference "
            f"{choice.low:+.2g} to {choice.high:+.2g} {unit}, nearer in {choice.better} of {choice.units})"
        )
    if choice.best != choice.rule:
        said += f"; {choice.best} is not better by more than the noise"
    return said
