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
    singles, means = (confirmed(run, table, role, setting) for table in (run.per_time, run.ensembles))
    present = [metric for metric in dict.fromkeys(metrics) if metric in singles]
    columns = _columns(run, singles, means, present, confidence) if len(singles) else {}
    found = []
    for metric, table in columns.items():
        what = {"metric": metric, "role": role, "setting": setting}
        lines = [what | {str(key): number for key, number in row.items()} for row in table.to_dict("records")]
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


def confirmed(run: Run, table: pd.DataFrame, role: str, setting: str) -> pd.DataFrame:
    """The rows of a table of single networks, or of ensembles, that a line of :func:`league` is a mean of."""
    wanted = (table["phase"] == "confirm") & (table["role"] == role) & (table["setting"] == setting)
    wanted &= ~table["sequence"].isin(record.searched_sequences(run))
    return table[wanted].astype(dict.fromkeys(_ARM, "str"))


def _columns(
    run: Run, singles: pd.DataFrame, means: pd.DataFrame, metrics: list[str], confidence: float
) -> dict[str, pd.DataFrame]:
    """Metric → the columns of :func:`league`, one row per method and supervision, from ``supervision`` on: of all
    metrics and arms at once, since a report asks for hundreds of them."""
    whole = means[means["draw"] == ALL]
    single, ensemble = _means(singles, metrics), _means(whole, metrics)
    arms = single.index
    shared = {
        "replicates": _of_arms(whole, whole["replicates"]).reindex(arms),
        "empty_ensemble": _empty_shares(whole).reindex(arms),
        "empty_single": _empty_shares(singles).reindex(arms),
    }
    with_surface = _means(singles[~_empty(singles)], metrics) if "empty" in singles else single
    intervals = _intervals(run, singles, means, ensemble, confidence)
    found = {}
    for metric in metrics:
        low, high = (pd.Series([intervals[metric, *arm][end] for arm in arms], arms) for end in (0, 1))
        own = {"ensemble": ensemble[metric].reindex(arms), "low": low, "high": high, "single": single[metric]}
        own |= {"single_with_surface": with_surface[metric].reindex(arms)}
        found[metric] = pd.DataFrame(own | shared).reset_index()
    return found


def _means(rows: pd.DataFrame, metrics: list[str]) -> pd.DataFrame:
    """The mean of every metric, an arm a row; NaN for a metric that the table does not have."""
    return _of_arms(rows, rows.reindex(columns=metrics).astype("float64"))


def _of_arms(rows: pd.DataFrame, values: Any) -> Any:
    return values.groupby([rows[name] for name in _ARM], sort=False).mean()


def _empty_shares(rows: pd.DataFrame) -> pd.Series:
    return _of_arms(rows, _empty(rows).astype("float64") if "empty" in rows else pd.Series(np.nan, rows.index))


def _empty(rows: pd.DataFrame) -> pd.Series:
    return rows["empty"].fillna(False).astype("bool")


def _intervals(
    run: Run, singles: pd.DataFrame, means: pd.DataFrame, ensemble: pd.DataFrame, confidence: float
) -> dict[tuple[str, str, str], tuple[float, float]]:
    """(metric, supervision, method) → low and high."""
    networks, rules = dict(list(means.groupby(_ARM))), record.references(run)
    found = {}
    for address, rows in singles.groupby(_ARM, sort=False):
        arm = networks.get(address, means.head(0))
        replicates = int(arm["replicates"].max()) if len(arm) else 0
        draws = arm[arm["draw"] != ALL]
        by_draw = draws.reindex(columns=ensemble.columns).astype("float64").groupby(draws["draw"]).mean()
        for metric in ensemble:
            value = float(ensemble[metric].get(address, np.nan))
            # a rule with one replicate is like no other
            known = address[1] in rules or (replicates == 1 and alike(rows, str(metric)))
            interval = _interval(value, by_draw[metric].to_numpy(), replicates, confidence)
            found[str(metric), str(address[0]), str(address[1])] = (value, value) if known else interval
    return found


def _interval(ensemble: float, draws: np.ndarray, replicates: int, confidence: float) -> tuple[float, float]:
    """Low and high of an ensemble of so many ``replicates`` from its ``draws``; NaN where they are too few."""
    draws = draws[~np.isnan(draws)]
    if math.isnan(ensemble) or replicates < 2 or len(draws) < 2:
        return np.nan, np.nan
    from scipy.special import stdtrit

    deviation = float(draws.std(ddof=1)) * math.sqrt(replicates / (replicates - 1))
    half = float(stdtrit(replicates - 1, (1 + confidence) / 2)) * deviation
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
