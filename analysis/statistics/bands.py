"""Bands over time: centre and interquartile range of a metric at every time, per method and supervision.

As in the figures 4.1 to 4.3 of Martens 2025: the line is the mean over sequences (and replicates), the area the
quartiles. The quartiles say how far values lie apart; how well their mean is known says the bootstrap band, by option.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.statistics.comparison import FACTORS, groups
from analysis.tables import order, selection
from analysis.tables.record import Unit

COLUMNS = ["method", "supervision", "time", "mean", "median", "q25", "q75", "n"]
BOOTSTRAP = ["mean_low", "mean_high"]
_SEED = 0


def iqr_bands(
    per_time: pd.DataFrame,
    metric: str = "chamfer",
    phase: str = "confirm",
    setting: str | None = "best",
    role: str | None = None,
    methods: Sequence[str] = order.METHODS,
    bootstrap: int = 0,
    confidence: float = 0.95,
    unit: Unit = "replicate",
) -> pd.DataFrame:
    """Mean, median, quartiles and count of ``metric`` over sequences and replicates, at every time.

    Returns one row per (method, supervision, time) with the columns
    ``method, supervision, time, mean, median, q25, q75, n``, in the metric's unit. ``role`` keeps the times
    of one role (``train``, ``validation``, ``test``) only. ``n`` counts the values that are there: a
    replicate that diverged has none. ``methods`` gives the order of the methods; others follow.

    ``bootstrap`` > 0 adds ``mean_low`` and ``mean_high``, the percentile interval of the mean at each time on its own
    over that many resamples of the ``unit`` of replication: whole curves are drawn, of all sequences of a replicate
    or all replicates of a sequence, since these are not independent of each other. The resamples are the same in
    every call. NaN with one unit; with fewer than about ten the band is too narrow (Efron and Tibshirani, *An
    Introduction to the Bootstrap*, 1993, chapters 8 and 13).

    Raises ``ValueError`` for an unknown metric, unit or confidence, :class:`analysis.tables.selection.NoRows` where
    there is nothing to summarise.
    """
    if bootstrap < 0 or not 0 < confidence < 1:
        raise ValueError(
            f"the bootstrap takes a number of resamples ≥ 0 and a confidence between 0 and 1, not {bootstrap} and "
            f"{confidence}"
        )
    selection.require_metric(per_time, metric)
    chosen = selection.rows(per_time, phase=phase, setting=setting, role=role)
    if unit not in FACTORS:
        groups(chosen, unit)
    values = chosen.assign(value=chosen[metric].astype("float64"))
    grouped = values.groupby(["method", "supervision", "time"], sort=False)["value"]
    quartiles = grouped.quantile(np.array([0.25, 0.75])).unstack().set_axis(["q25", "q75"], axis="columns")
    bands = grouped.agg(mean="mean", median="median", n="count").join(quartiles).reset_index()
    if bootstrap:
        bands = bands.merge(_bootstrapped(values, bootstrap, confidence, unit), on=["method", "supervision", "time"])
    method_rank = order.rank(bands["method"], methods)
    supervision_rank = order.rank(bands["supervision"], order.SUPERVISIONS)
    place = bands.assign(
        method_rank=bands["method"].map(method_rank).astype("int64"),
        supervision_rank=bands["supervision"].map(supervision_rank).astype("int64"),
    )
    columns = [*COLUMNS, *BOOTSTRAP] if bootstrap else COLUMNS
    return place.sort_values(["method_rank", "supervision_rank", "time"], ignore_index=True)[columns]


def _bootstrapped(values: pd.DataFrame, resamples: int, confidence: float, unit: str) -> pd.DataFrame:
    """``method, supervision, time, mean_low, mean_high``.

    A resample weights the U units by how often each is drawn, so that its means at all T times are one product:
    weights ``[B, U]`` × sums ``[U, T]``, over weights × counts.
    """
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    found = []
    for (method, supervision), arm in values.groupby(["method", "supervision"], sort=False):
        grouped = arm.groupby([unit, "time"])["value"]
        sums = grouped.sum().unstack().fillna(0.0)
        counts = grouped.count().unstack().fillna(0)
        units = len(sums)
        low = high = np.full(sums.shape[1], np.nan)
        if units > 1:
            weights = np.random.default_rng(_SEED).multinomial(units, np.full(units, 1 / units), size=resamples)
            drawn = weights @ counts.to_numpy()
            means = np.divide(weights @ sums.to_numpy(), drawn, out=np.full(drawn.shape, np.nan), where=drawn > 0)
            # times at which no unit has a value stay NaN; a resample without one is left out
            known = counts.to_numpy().sum(axis=0) > 0
            low, high = (np.full(sums.shape[1], np.nan) for _ in tails)
            low[known], high[known] = np.nanquantile(means[:, known], tails, axis=0)
        columns = {"mean_low": low, "mean_high": high}
        found.append(
            pd.DataFrame({"method": method, "supervision": supervision, "time": sums.columns.to_numpy(), **columns})
        )
    kinds = {name: values[name].dtype for name in ("method", "supervision")}
    return pd.concat(found, ignore_index=True).astype(kinds)
