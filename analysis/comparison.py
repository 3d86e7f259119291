"""Paired comparison of methods with a baseline, on the test times of the confirmation.

What varies independently is the unit of replication, and n counts it. Time points of one sequence are not
independent, so they are averaged first. Sequences that share a network are not independent of each other
either: with unit ``replicate`` a replicate is averaged over its sequences. Where each sequence has a network of
its own and the question is about such sequences, seeds are no new sequences: with unit ``sequence`` a sequence
is averaged over its replicates. With i over the n units and d_i the mean of (method − baseline), the mean of d
carries a t interval, d̄ ± t(n−1) · s/√n, and the paired t test gives p; the effect size is Cohen's d_z = d̄/s.
``p_holm`` is Holm's step-down correction over the rows of one call (one metric, one setting, all methods and
supervisions).

Deterministic methods have identical rows in every replicate, which is fine against a baseline that varies.
Differences that are all identical (s = 0, up to rounding) give an interval of width 0, p = 1 if they are zero
and p = 0 if not, and no effect size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis import order, selection

ADDRESS = ["metric", "method", "baseline", "supervision", "setting"]
ESTIMATE = ["n", "baseline_mean", "method_mean", "difference", "low", "high", "p", "p_holm", "effect_size"]
COLUMNS = [*ADDRESS, *ESTIMATE, "verdict"]
HIGHER_IS_BETTER = ("dice", "psnr", "ssim")
ENOUGH = 3
"""Pairs below which no verdict is given."""
PAIR = ["replicate", "sequence", "time_index"]

Unit = Literal["replicate", "sequence"]
"""The unit of replication: what n counts, each the mean over the other of the two."""
OTHER: dict[str, str] = {"replicate": "sequence", "sequence": "replicate"}

BETTER, WORSE, NO_DIFFERENCE, CANNOT_TELL = "better", "worse", "no difference shown", "cannot tell"


@dataclass(frozen=True)
class PairedMean:
    """The mean of n paired differences with its t interval."""

    n: int
    difference: float
    low: float
    high: float
    p: float
    effect_size: float


def compare(
    per_time: pd.DataFrame,
    metric: str = "chamfer",
    baseline: str = "none",
    setting: str = "best",
    better: str | None = None,
    confidence: float = 0.95,
    methods: Sequence[str] = order.METHODS,
    unit: Unit = "replicate",
) -> pd.DataFrame:
    """Every method against ``baseline`` on the test times of the confirm phase, per supervision.

    ``difference`` is method − baseline in the metric's unit, ``low`` and ``high`` its t interval. ``better``
    says which direction is good, ``"lower"`` or ``"higher"``; by default Dice is better higher and everything
    else lower. ``verdict`` is ``better`` or ``worse`` where ``p_holm`` is below 1 − confidence and the
    interval leaves out 0, ``no difference shown`` where not, ``cannot tell`` below three units. ``n`` counts
    the ``unit`` (:func:`by_unit`). A replicate with a missing value at a test time is no pair. Raises
    ``ValueError`` for an unknown metric, baseline or unit.
    """
    lower = lower_is_better(metric, better)
    selection.require_metric(per_time, metric)
    chosen = selection.rows(per_time, phase="confirm", role="test", setting=setting)
    if baseline not in set(chosen["method"]):
        known = ", ".join(order.ordered(chosen["method"], methods))
        raise selection.NoRows(f"no confirmed rows of the baseline '{baseline}': this table has {known}")
    others = chosen[chosen["method"] != baseline]
    pairs = by_unit(paired(others, chosen[chosen["method"] == baseline], metric, by=["supervision"]), unit)
    found = []
    for supervision in order.ordered(others["supervision"], order.SUPERVISIONS):
        here = pairs[pairs["supervision"] == supervision]
        for method in order.ordered(others.loc[others["supervision"] == supervision, "method"], methods):
            address = {"metric": metric, "method": method, "baseline": baseline, "supervision": supervision}
            values = row(here[here["method"] == method], confidence, "baseline", "method")
            found.append({**address, "setting": setting, **values})
    return judged(pd.DataFrame(found), lower, confidence)[COLUMNS]


def compare_settings(
    per_time: pd.DataFrame,
    metric: str = "chamfer",
    better: str | None = None,
    confidence: float = 0.95,
    unit: Unit = "replicate",
) -> pd.DataFrame:
    """The search's ``best`` against the ``document`` setting of the same method: as :func:`compare`, one row
    per arm.

    Columns:
    ``metric, method, supervision, n, document_mean, best_mean, difference, low, high, p, p_holm, effect_size,
    verdict``;
    ``difference`` is best − document.
    """
    lower = lower_is_better(metric, better)
    selection.require_metric(per_time, metric)
    chosen = selection.rows(per_time, phase="confirm", role="test")
    best, document = (chosen[chosen["setting"] == setting] for setting in ("best", "document"))
    pairs = by_unit(paired(best, document, metric, by=["supervision", "method"]), unit)
    if pairs.empty:
        raise selection.NoRows("no arm was confirmed at both settings, best and document")
    found = []
    for supervision in order.ordered(pairs["supervision"], order.SUPERVISIONS):
        here = pairs[pairs["supervision"] == supervision]
        for method in order.ordered(here["method"], order.METHODS):
            address = {"metric": metric, "method": method, "supervision": supervision}
            values = row(here[here["method"] == method], confidence, "document", "best")
            found.append({**address, **values})
    return judged(pd.DataFrame(found), lower, confidence)


def lower_is_better(metric: str, better: str | None) -> bool:
    """The direction of a metric, by argument or by name."""
    if better not in (None, "lower", "higher"):
        raise ValueError(f"better must be 'lower' or 'higher', not '{better}'")
    return (better or ("higher" if metric in HIGHER_IS_BETTER else "lower")) == "lower"


def paired(treated: pd.DataFrame, reference: pd.DataFrame, metric: str, by: list[str]) -> pd.DataFrame:
    """One row per (supervision, method, replicate, sequence) of ``treated``: the means of both sides,
    ``treated`` and ``reference``, over the times they share, without incomplete pairs. Rows of the sides
    match where ``by`` is equal."""
    for side in (treated, reference):
        if side.duplicated(["supervision", "method", *PAIR]).any():
            raise ValueError(
                "a replicate has two values at one time: compare one run at a time, not several in one table"
            )
    address = ["supervision", "method", "replicate", "sequence"]
    left = treated[[*address, "time_index"]].assign(treated=treated[metric].astype("float64"))
    right = reference[[*by, *PAIR]].assign(reference=reference[metric].astype("float64"))
    both = left.merge(right, on=[*by, *PAIR])
    finite = np.isfinite(both["treated"]) & np.isfinite(both["reference"])
    complete = finite.groupby([both[name] for name in address]).transform("all")
    return both[complete].groupby(address)[["treated", "reference"]].mean().reset_index()


def by_unit(pairs: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """One row per (supervision, method, ``unit``) of ``pairs`` (:func:`paired`): the means of both sides over
    the other factor.

    A replicate counts only with all the sequences that any replicate of its method has, so that all are means
    over the same sequences; a sequence counts with the replicates that it has.
    """
    if unit not in OTHER:
        raise ValueError(f"unit must be 'replicate' or 'sequence', not '{unit}'")
    arm = ["supervision", "method"]
    if unit == "replicate":
        whole = pairs.groupby(arm)["sequence"].transform("nunique")
        pairs = pairs[pairs.groupby([*arm, unit])["sequence"].transform("nunique") == whole]
    return pairs.groupby([*arm, unit])[["treated", "reference"]].mean().reset_index()


def paired_mean(differences: np.ndarray, scale: float, confidence: float = 0.95) -> PairedMean:
    """t interval and paired t test of ``differences`` ``[n,]``; those smaller than rounding at ``scale``
    count as zero."""
    n = len(differences)
    if n == 0:
        return PairedMean(0, np.nan, np.nan, np.nan, np.nan, np.nan)
    mean = float(np.mean(differences))
    if n == 1:
        return PairedMean(1, mean, np.nan, np.nan, np.nan, np.nan)
    from scipy.special import stdtr, stdtrit  # much faster to import than scipy.stats

    spread = float(np.std(differences, ddof=1))
    rounding = 1e-12 * scale
    if spread <= rounding:
        zero = abs(mean) <= rounding
        return PairedMean(n, mean, mean, mean, 1.0 if zero else 0.0, np.nan)
    error = spread / np.sqrt(n)
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * error
    p = float(2 * stdtr(n - 1, -abs(mean) / error))
    return PairedMean(n, mean, mean - half, mean + half, p, mean / spread)


def row(pairs: pd.DataFrame, confidence: float, reference: str, treated: str) -> dict[str, float]:
    """What one line of a comparison says about its pairs: both means, the difference and its interval."""
    both = pairs[["treated", "reference"]].to_numpy()
    scale = float(np.abs(both).max()) if len(both) else 0.0
    mean = paired_mean(both[:, 0] - both[:, 1], scale, confidence)
    return {
        "n": mean.n,
        f"{reference}_mean": float(both[:, 1].mean()) if mean.n else np.nan,
        f"{treated}_mean": float(both[:, 0].mean()) if mean.n else np.nan,
        "difference": mean.difference,
        "low": mean.low,
        "high": mean.high,
        "p": mean.p,
        "effect_size": mean.effect_size,
    }


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's step-down correction of ``p`` ``[m,]``; NaN stays NaN and is not counted."""
    corrected = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    ascending = known[np.argsort(p[known], kind="stable")]
    factors = np.arange(len(ascending), 0, -1)
    corrected[ascending] = np.minimum(1.0, np.maximum.accumulate(p[ascending] * factors))
    return corrected


def judged(table: pd.DataFrame, lower: bool, confidence: float) -> pd.DataFrame:
    """``table`` with ``p_holm`` over its rows and a ``verdict`` in words."""
    if table.empty:
        return table.reindex(columns=[*dict.fromkeys([*COLUMNS, *table.columns])])
    columns = [name for name in table.columns if name != "effect_size"]
    table = table.assign(p_holm=holm(table["p"].to_numpy(dtype="float64")))
    shown = (table["p_holm"] < 1 - confidence) & ((table["low"] > 0) | (table["high"] < 0))
    good = (table["difference"] < 0) == lower
    words = np.where(shown, np.where(good, BETTER, WORSE), NO_DIFFERENCE)
    table = table.assign(verdict=np.where(table["n"] < ENOUGH, CANNOT_TELL, words))
    return table[[*columns, "p_holm", "effect_size", "verdict"]]
