"""Errors of subjects that were cross-validated, in the manner of Waibel 2022, table 1.

Each subject (an image, say) was predicted by networks of one fold, which did not see it, once per seed; its error is
the mean over those. Over the subjects: median, mean and standard deviation of every method, and the p value of a paired
Wilcoxon signed-rank test against the baseline, which is what Waibel 2022 gives.

Subjects of one fold share their networks and are not independent of each other, which that test takes them to be. So
the folds are counted too in which the mean is better than the baseline's: with five of five the sign test's two-sided
p is 1/16, so that five folds alone never show a difference at the level 0.05; they can only cast doubt.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.tables import order, record
from analysis.tables.run import Run

ALL = "all"
"""The first class: every subject."""
COLUMNS = ["class", "metric", "method", "n", "median", "mean", "sd", "difference", "p", "better", "folds"]


def errors(run: Run, setting: str = "best") -> pd.DataFrame:
    """One row per (class, metric, method) of the confirmed test rows; without rows where a study has no folds.

    Columns: ``class`` (:data:`ALL` first), ``metric``, ``method``; ``n`` subjects; ``median``, ``mean`` and ``sd`` of
    their errors; of the methods that are not the baseline ``difference``, the mean of method − baseline, ``p`` of the
    Wilcoxon test, and ``better`` of ``folds`` in which the method's mean is the better one.
    """
    table = record.tested(run)
    if "fold" not in table or table.empty or not table["fold"].notna().any():
        return pd.DataFrame(columns=COLUMNS)
    table = table[table["setting"] == setting]
    baseline = record.baseline(run)
    kinds = table.drop_duplicates("sequence").set_index("sequence")["class"] if "class" in table else pd.Series()
    names = order.ordered(kinds.unique(), list(kinds.value_counts().index))
    groups = {ALL: sorted(table["sequence"].unique())}
    if len(names) > 1:
        groups |= {str(name): sorted(kinds.index[kinds == name]) for name in names}
    found = []
    for metric in record.metrics(run):
        means = subjects(table, metric.name)
        folds = table.drop_duplicates("sequence").set_index("sequence")["fold"]
        for kind, members in groups.items():
            here = means.loc[means.index.isin(members)]
            for method in order.ordered(means.columns, record.methods(run)):
                against = here[baseline] if baseline in here and method != baseline else None
                values = _row(here[method], against, folds, metric.lower)
                found.append({"class": kind, "metric": metric.name, "method": method, **values})
    ordered = pd.DataFrame(found, columns=COLUMNS)
    place = {kind: number for number, kind in enumerate(groups)}
    return ordered.sort_values("class", key=lambda kinds: kinds.map(place), kind="stable", ignore_index=True)


def subjects(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean of a metric over the replicates of every subject: a row per sequence, a column per method."""
    return table.pivot_table(index="sequence", columns="method", values=metric, aggfunc="mean")


def _row(values: pd.Series, baseline: pd.Series | None, folds: pd.Series, lower: bool) -> dict[str, float]:
    known = values.dropna()
    row = {"n": len(known), "median": known.median(), "mean": known.mean(), "sd": known.std(ddof=1)}
    if baseline is None:
        return row | {"difference": np.nan, "p": np.nan, "better": 0, "folds": 0}
    differences = (values - baseline).dropna()
    by_fold = differences.groupby(folds).mean()
    better = int((by_fold < 0).sum() if lower else (by_fold > 0).sum())
    return row | {
        "difference": differences.mean(),
        "p": wilcoxon(differences.to_numpy()),
        "better": better,
        "folds": len(by_fold),
    }


def wilcoxon(differences: np.ndarray) -> float:
    """Two-sided p of the Wilcoxon signed-rank test of paired ``differences`` ``[n,]``; zeros are left out, and where
    nothing is left p is 1. NaN without any pair."""
    if len(differences) == 0:
        return float("nan")
    kept = differences[differences != 0]
    if len(kept) == 0:
        return 1.0
    from scipy.stats import wilcoxon as test

    return float(test(kept).pvalue)
