"""The ensemble beside the single networks. Which number is which:

========================  ============================================================================================
*single network*          the mean over replicates of each network's own score, from ``per_time``. Comparisons, bands,
                          p values and verdicts are of these: only single networks can be counted.
*ensemble*                the score of the mean field of all replicates, the shape that an export delivers, from
                          ``ensembles`` (``draw`` −1). Methods are ranked, recommended and exported by it.
interval of the ensemble  what other replicates would change: estimate ± t · s · √(R / (R − 1)), s the standard
                          deviation over means of R replicates drawn with replacement, t of R − 1 degrees of freedom.
                          The root corrects the bootstrap's s, which divides by R. Not a percentile interval: a draw
                          holds about 0.63 R different replicates, so that draws score worse than the whole ensemble.
========================  ============================================================================================

A method without a network is its own ensemble: both numbers are the same, and the interval has no width. In a run of
an earlier version ensembles have no rows: methods are then ranked by their single networks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.tables import order, record
from analysis.tables.metric import lower_is_better
from analysis.tables.run import Run

COLUMNS = [
    "metric", "role", "setting", "supervision", "method", "ensemble", "low", "high", "single", "replicates",
    "empty_ensemble", "empty_single", "single_with_surface",
]  # fmt: skip
ALL = -1
"""``draw`` of rows of all replicates."""
_ARM = ["supervision", "method"]


def league(
    run: Run, metric: str | None = None, role: str = "test", setting: str = "best", confidence: float = 0.95
) -> pd.DataFrame:
    """Every confirmed method, the best ensemble first within a supervision; the run's own metric unless one is named.

    Columns: ``metric, role, setting, supervision, method``; ``ensemble`` with its interval ``low`` … ``high``;
    ``single``, the mean of the single networks; ``replicates`` of the ensemble; ``empty_ensemble`` and
    ``empty_single``, the shares of predictions without any surface; ``single_with_surface``, the mean of the single
    networks without these. NaN where a run does not know; ``low`` and ``high`` also with one network, or where draws
    have no values. Means are over all sequences and times of the ``role``, without the sequences that the search saw
    where it saw some only. What is empty throughout stands last, whatever its score. Empty where nothing is confirmed.
    """
    return leagues(run, [record.objective(run).name if metric is None else metric], role, setting, confidence)


def leagues(
    run: Run, metrics: Sequence[str], role: str = "test", setting: str = "best", confidence: float = 0.95
) -> pd.DataFrame:
    """:func:`league` of several metrics, one below the other."""
    singles, means = (_confirmed(run, table, role, setting) for table in (run.per_time, run.ensembles))
    arms = dict(list(means.groupby(_ARM, sort=False)))
    found = []
    for metric in metrics:
        if metric not in singles:
            continue
        lines = []
        for address, rows in singles.groupby(_ARM, sort=False):
            arm = arms.get(address, means.head(0))
            what = {"metric": metric, "role": role, "setting": setting} | dict(zip(_ARM, address, strict=True))
            line = _line(rows, arm, metric, confidence)
            if address[1] in record.references(run):  # a rule with one replicate, which is like no other
                line["low"] = line["high"] = line["ensemble"]
            lines.append(what | line)
        found += _ranked(run, lines, metric)
    return pd.DataFrame(found, columns=COLUMNS)


def value(row: Mapping[Any, Any]) -> float:
    """What a line of :func:`league` is ranked by: the ensemble's score, or where that is not known the single
    networks'."""
    return float(row["single"] if math.isnan(row["ensemble"]) else row["ensemble"])


def is_empty(row: Mapping[Any, Any]) -> bool:
    """Whether a line of :func:`league` is of predictions without any surface throughout: it is never the best."""
    share = row["empty_single"] if math.isnan(row["empty_ensemble"]) else row["empty_ensemble"]
    return bool(share == 1)


def alike(rows: pd.DataFrame, metric: str) -> bool:
    """Whether several replicates of one trial score the same everywhere, as those of rules without a network do."""
    several = rows["replicate"].nunique() > 1
    return bool(several and (rows.groupby(["sequence", "time_index"], observed=True)[metric].nunique() <= 1).all())


def _confirmed(run: Run, table: pd.DataFrame, role: str, setting: str) -> pd.DataFrame:
    wanted = (table["phase"] == "confirm") & (table["role"] == role) & (table["setting"] == setting)
    wanted &= ~table["sequence"].isin(record.searched_sequences(run))
    return table[wanted].astype(dict.fromkeys(_ARM, "str"))


def _line(singles: pd.DataFrame, arm: pd.DataFrame, metric: str, confidence: float) -> dict[str, float]:
    whole = arm[arm["draw"] == ALL] if len(arm) else arm
    ensemble = _mean(whole, metric)
    low, high = _interval(ensemble, singles, arm, metric, confidence)
    with_surface = singles[~_empty(singles)] if "empty" in singles else singles
    return {
        "ensemble": ensemble,
        "low": low,
        "high": high,
        "single": _mean(singles, metric),
        "replicates": float(whole["replicates"].mean()) if len(whole) else np.nan,
        "empty_ensemble": float(_empty(whole).mean()) if len(whole) and "empty" in whole else np.nan,
        "empty_single": float(_empty(singles).mean()) if "empty" in singles else np.nan,
        "single_with_surface": _mean(with_surface, metric),
    }


def _mean(rows: pd.DataFrame, metric: str) -> float:
    return float(rows[metric].astype("float64").mean()) if len(rows) and metric in rows else float("nan")


def _empty(rows: pd.DataFrame) -> pd.Series:
    return rows["empty"].fillna(False).astype("bool")


def _interval(
    ensemble: float, singles: pd.DataFrame, arm: pd.DataFrame, metric: str, confidence: float
) -> tuple[float, float]:
    if math.isnan(ensemble):
        return np.nan, np.nan
    replicates = int(arm["replicates"].max())
    draws = arm[arm["draw"] != ALL]
    if replicates == 1 and alike(singles, metric):
        return ensemble, ensemble
    values = draws[metric].astype("float64").groupby(draws["draw"]).mean().dropna()
    if replicates < 2 or len(values) < 2:
        return np.nan, np.nan
    from scipy.stats import t

    deviation = float(values.std(ddof=1)) * math.sqrt(replicates / (replicates - 1))
    half = float(t.ppf((1 + confidence) / 2, replicates - 1)) * deviation
    return ensemble - half, ensemble + half


def _ranked(run: Run, lines: list[dict[str, Any]], metric: str) -> list[dict[str, Any]]:
    """The lines of one metric: by supervision, then the best first."""
    known = {one.name: one.lower for one in record.metrics(run)}
    sign = 1.0 if known.get(metric, lower_is_better(metric, None)) else -1.0
    methods = order.rank([line["method"] for line in lines], record.methods(run))
    supervisions = order.rank([line["supervision"] for line in lines], record.supervisions(run))

    def key(line: dict[str, Any]) -> tuple[Any, ...]:
        score, place = value(line), methods[line["method"]]
        return supervisions[line["supervision"]], is_empty(line), math.isnan(score), sign * score, place

    return sorted(lines, key=key)
