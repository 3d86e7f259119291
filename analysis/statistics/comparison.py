"""Paired comparison of methods with a baseline, on the test times of the confirmation.

What varies independently is the unit of replication, and n counts it. Time points of one sequence are not
independent, so they are averaged first, over all test times or those of a window. Sequences that share a network are
not independent of each other either: with unit ``replicate`` a replicate is averaged over its sequences. Where each
sequence has a network of its own and the question is about such sequences, seeds are no new sequences: with unit
``sequence`` a sequence is averaged over its replicates. Where several sequences have something in common that a method
may be good or bad at (networks, in the folds of a cross-validation; a kind of motion), these groups are the units, and
the unit is the column of the table that names them. With i over the n units and d_i the mean of (method −
baseline), the mean of d carries a t interval and the paired t test gives p; from six units on, the Hodges–Lehmann
estimate with its exact interval and Wilcoxon's exact test stand beside it (:mod:`analysis.statistics.inference`).
``p_holm`` is Holm's step-down correction over the rows of one call: one setting, and all methods × supervisions ×
metrics asked for.

Deterministic methods have identical rows in every replicate, which is fine against a baseline that varies.
Differences that are all identical (s = 0, up to rounding) give an interval of width 0, p = 1 if they are zero
and p = 0 if not, and no effect size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.statistics.equivalence import two_one_sided_tests
from analysis.statistics.inference import paired_mean, signed_ranks
from analysis.statistics.verdicts import ENOUGH, WHOLE, judged
from analysis.tables import order, selection
from analysis.tables.metric import lower_is_better
from analysis.tables.record import Unit
from analysis.tables.soundness import DamagedTable

ADDRESS = ["metric", "method", "baseline", "supervision", "setting"]
ESTIMATE = ["n", "baseline_mean", "method_mean", "difference", "low", "high", "p", "p_holm", "effect_size"]
EXACT = ["hodges_lehmann", "exact_low", "exact_high", "p_exact"]
COLUMNS = [*ADDRESS, *ESTIMATE, "verdict", *EXACT, "n_needed", "unit"]
EQUIVALENCE = ["margin", "p_equivalence"]
FAMILIES = ["family", "q"]
"""What a row is corrected with, and its value by the false discovery rate where it is exploratory
(:mod:`analysis.statistics.verdicts`)."""
FEWEST = 3
"""Pairs below which a t interval says next to nothing."""
PAIR = ["replicate", "sequence", "time_index"]

FACTORS = ("replicate", "sequence")
WORDS: dict[str, str] = {"replicate": "seeds (training noise)", "sequence": "sequences"}
"""The unit in words, where a study does not say it better (such as: images)."""


def compare(
    per_time: pd.DataFrame,
    metric: str | Sequence[str] = "chamfer",
    baseline: str = "none",
    setting: str = "best",
    better: str | Mapping[str, str] | None = None,
    confidence: float = 0.95,
    methods: Sequence[str] = order.METHODS,
    unit: Unit = "replicate",
    window: tuple[float, float] | None = None,
    margin: float | Mapping[str, float] | None = None,
    unit_words: str | None = None,
    primary: str | None = None,
) -> pd.DataFrame:
    """Every method against ``baseline`` on the test times of the confirm phase, per supervision and metric.

    ``metric`` is one metric or several; ask for all that belong to one question at once, since Holm's correction is
    over the rows of a call; ``primary`` is the one that the question is about, if there is one: its rows share half of
    the level among them, those of the other metrics the other half. ``better`` says which direction is good,
    ``"lower"`` or ``"higher"``, for all metrics or by metric; by default Dice is better higher and everything else
    lower. ``window`` keeps the test times from its first to its second number only. ``unit`` is what ``n`` counts
    (:func:`by_unit`), ``unit_words`` how the column ``unit`` puts it.

    ``difference`` is method − baseline in the metric's unit, ``low`` and ``high`` its t interval, ``p`` that of the
    paired t test; ``hodges_lehmann``, ``exact_low``, ``exact_high`` and ``p_exact`` do without normality, and are NaN
    below six units. ``verdict`` is ``better`` or ``worse`` where ``p_holm`` is below 1 − confidence and the interval
    leaves out 0, ``no difference shown`` where not, ``cannot tell`` below six units. ``n_needed`` is, for these last
    two, how many units would show a difference as large as the observed one with probability 0.8, at the strictest
    level that Holm's correction can ask for; none where it is beyond ten thousand.

    With ``margin``, in the metric's unit, for all metrics or by metric, two one-sided t tests ask whether the
    difference is smaller than it (:mod:`analysis.statistics.equivalence`): columns ``margin`` and ``p_equivalence``,
    which is corrected by Holm's method too, and the verdict ``equivalent`` where that is shown and no difference is.

    A replicate with a missing value at a test time is no pair. Raises ``ValueError`` for an unknown metric, baseline
    or unit, or a margin that is not positive; :class:`analysis.tables.selection.NoRows` where there is nothing to
    compare.
    """
    table = measured(
        per_time, metric, baseline, setting, better, confidence, methods, unit, window, margin, unit_words
    )  # fmt: skip
    table = judged(table, table["lower"], confidence, shares(table["metric"], primary))
    return table[COLUMNS if margin is None else [*COLUMNS, *EQUIVALENCE]]


def measured(
    per_time: pd.DataFrame,
    metric: str | Sequence[str],
    baseline: str,
    setting: str,
    better: str | Mapping[str, str] | None = None,
    confidence: float = 0.95,
    methods: Sequence[str] = order.METHODS,
    unit: Unit = "replicate",
    window: tuple[float, float] | None = None,
    margin: float | Mapping[str, float] | None = None,
    unit_words: str | None = None,
) -> pd.DataFrame:
    """The rows of :func:`compare` before any correction, and without a verdict, and ``lower``, whether lower is better;
    raises what it raises."""
    metrics = [metric] if isinstance(metric, str) else list(dict.fromkeys(metric))
    if not metrics:
        raise ValueError("no metric was given: name one metric, or several")
    for name in metrics:
        selection.require_metric(per_time, name)
    chosen = selection.rows(per_time, phase="confirm", role="test", setting=setting)
    chosen = selection.within(chosen, window)
    if baseline not in set(chosen["method"]):
        known = ", ".join(order.ordered(chosen["method"], methods))
        raise selection.NoRows(f"no confirmed rows of the baseline '{baseline}': this table has {known}")
    if len(chosen[["study", "run"]].drop_duplicates()) > 1:
        raise ValueError("this table holds several runs: compare one run at a time, not several in one table")
    words = unit_words or WORDS.get(unit, unit)
    tables = []
    for name in metrics:
        lower = lower_is_better(name, better.get(name) if isinstance(better, Mapping) else better)
        bound = margin.get(name) if isinstance(margin, Mapping) else margin
        found = _compared(chosen, name, baseline, setting, confidence, methods, unit, bound)
        tables.append(found.assign(unit=words, lower=lower))
    return pd.concat(tables, ignore_index=True)


def shares(metrics: pd.Series, primary: str | None) -> np.ndarray:
    """Each row's share of the level: of the primary metric's rows together as much as of all others."""
    first = (metrics == primary).to_numpy()
    if first.all() or not first.any():
        return np.ones(len(metrics))
    return np.where(first, 0.5 / max(first.sum(), 1), 0.5 / max((~first).sum(), 1))


def _compared(
    chosen: pd.DataFrame,
    metric: str,
    baseline: str,
    setting: str,
    confidence: float,
    methods: Sequence[str],
    unit: Unit,
    margin: float | None,
) -> pd.DataFrame:
    """The rows of one metric, before any correction."""
    others = chosen[chosen["method"] != baseline]
    pairs = by_unit(paired(others, chosen[chosen["method"] == baseline], metric, by=["supervision"]), unit, chosen)
    arms = dict(list(pairs.groupby(["supervision", "method"])))
    found = []
    for supervision in order.ordered(others["supervision"], order.SUPERVISIONS):
        for method in order.ordered(others.loc[others["supervision"] == supervision, "method"], methods):
            address = {"metric": metric, "method": method, "baseline": baseline, "supervision": supervision}
            arm = arms.get((supervision, method), pairs.head(0))
            values = row(arm, confidence, "baseline", "method", margin)
            found.append({**address, "setting": setting, **values})
    return pd.DataFrame(found, columns=None if found else COLUMNS)


def compare_settings(
    per_time: pd.DataFrame,
    metric: str = "chamfer",
    better: str | None = None,
    confidence: float = 0.95,
    unit: Unit = "replicate",
    family: str = WHOLE,
) -> pd.DataFrame:
    """The search's ``best`` against the ``published`` setting of the same method: as :func:`compare`, one row
    per arm.

    Columns:
    ``metric, method, supervision, n, published_mean, best_mean, difference, low, high, p, p_holm, effect_size,
    verdict``, then those of :func:`compare` that do without normality, and ``n_needed``, ``family`` and ``q``;
    ``difference`` is best − published. Rows of ``family`` exploratory are corrected by the false discovery rate.
    """
    lower = lower_is_better(metric, better)
    selection.require_metric(per_time, metric)
    chosen = selection.rows(per_time, phase="confirm", role="test")
    best, published = (chosen[chosen["setting"] == setting] for setting in ("best", "published"))
    pairs = by_unit(paired(best, published, metric, by=["supervision", "method"]), unit, chosen)
    if pairs.empty:
        raise selection.NoRows("no arm was confirmed at both settings, best and published")
    found = []
    for supervision in order.ordered(pairs["supervision"], order.SUPERVISIONS):
        here = pairs[pairs["supervision"] == supervision]
        for method in order.ordered(here["method"], order.METHODS):
            address = {"metric": metric, "method": method, "supervision": supervision}
            values = row(here[here["method"] == method], confidence, "published", "best")
            found.append({**address, **values})
    table = judged(pd.DataFrame(found), lower, confidence, family=family)
    means = ["n", "published_mean", "best_mean", "difference", "low", "high", "p", "p_holm", "effect_size"]
    return table[["metric", "method", "supervision", *means, "verdict", *EXACT, "n_needed", *FAMILIES]]


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


def by_unit(pairs: pd.DataFrame, unit: Unit, rows: pd.DataFrame) -> pd.DataFrame:
    """One row per (supervision, method, ``unit``) of ``pairs`` (:func:`paired`) of ``rows``: the means of both sides
    over the other factor.

    A replicate counts only with all the sequences that any replicate of its method has, so that all are means
    over the same sequences; a sequence counts with the replicates that it has; a group with its sequences, each the
    mean over its replicates.
    """
    arm = ["supervision", "method"]
    if unit not in FACTORS:
        pairs = by_unit(pairs, "sequence", rows).merge(groups(rows, unit), on="sequence")
    elif unit == "replicate":
        whole = pairs.groupby(arm)["sequence"].transform("nunique")
        pairs = pairs[pairs.groupby([*arm, unit])["sequence"].transform("nunique") == whole]
    return pairs.groupby([*arm, unit])[["treated", "reference"]].mean().reset_index()


def groups(rows: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """The group of every sequence of ``rows``: ``sequence`` and the column ``unit``, one row a sequence.

    Raises DamagedTable where there is no such column, or a sequence is in two groups or in none.
    """
    if unit not in rows:
        raise DamagedTable(f"unit must be 'replicate', 'sequence' or a column that groups sequences, not '{unit}'")
    found = rows[["sequence", unit]].drop_duplicates()
    if found["sequence"].duplicated().any() or found[unit].isna().any():
        raise DamagedTable(f"the column '{unit}' groups no sequences: one of them is in two groups, or in none")
    return found.reset_index(drop=True)


def row(
    pairs: pd.DataFrame, confidence: float, reference: str, treated: str, margin: float | None = None
) -> dict[str, float]:
    """What one line of a comparison says about its pairs: both means, the difference and its intervals."""
    both = pairs[["treated", "reference"]].to_numpy()
    scale = float(np.abs(both).max()) if len(both) else 0.0
    differences = both[:, 0] - both[:, 1]
    mean = paired_mean(differences, scale, confidence)
    ranks = signed_ranks(differences if mean.n >= ENOUGH else differences[:0], scale, confidence)
    return {
        "n": mean.n,
        f"{reference}_mean": float(both[:, 1].mean()) if mean.n else np.nan,
        f"{treated}_mean": float(both[:, 0].mean()) if mean.n else np.nan,
        "difference": mean.difference,
        "low": mean.low,
        "high": mean.high,
        "p": mean.p,
        "effect_size": mean.effect_size,
        "hodges_lehmann": ranks.estimate,
        "exact_low": ranks.low,
        "exact_high": ranks.high,
        "p_exact": ranks.p,
        "margin": np.nan if margin is None else margin,
        "p_equivalence": np.nan if margin is None else two_one_sided_tests(differences, margin, scale).p,
    }
