"""Bands over time: centre and interquartile range of a metric at every time, per method and supervision.

As in the figures 4.1 to 4.3 of seed 000: the line is the mean over sequences (and replicates), the area the
quartiles.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis import order, selection

COLUMNS = ["method", "supervision", "time", "mean", "median", "q25", "q75", "n"]


def iqr_bands(
    per_time: pd.DataFrame,
    metric: str = "chamfer",
    phase: str = "confirm",
    setting: str | None = "best",
    role: str | None = None,
    methods: Sequence[str] = order.METHODS,
) -> pd.DataFrame:
    """Mean, median, quartiles and count of ``metric`` over sequences and replicates, at every time.

    Returns one row per (method, supervision, time) with the columns
    ``method, supervision, time, mean, median, q25, q75, n``, in the metric's unit. ``role`` keeps the times
    of one role (``train``, ``validation``, ``test``) only. ``n`` counts the values that are there: a
    replicate that diverged has none. ``methods`` gives the order of the methods; others follow. Raises
    ``ValueError`` for an unknown metric, :class:`analysis.selection.NoRows` where there is nothing to
    summarise.
    """
    selection.require_metric(per_time, metric)
    chosen = selection.rows(per_time, phase=phase, setting=setting, role=role)
    values = chosen.assign(value=chosen[metric].astype("float64"))
    grouped = values.groupby(["method", "supervision", "time"], sort=False)["value"]
    quartiles = grouped.quantile(np.array([0.25, 0.75])).unstack().set_axis(["q25", "q75"], axis="columns")
    bands = grouped.agg(mean="mean", median="median", n="count").join(quartiles).reset_index()
    method_rank = order.rank(bands["method"], methods)
    supervision_rank = order.rank(bands["supervision"], order.SUPERVISIONS)
    place = bands.assign(
        method_rank=bands["method"].map(method_rank),
        supervision_rank=bands["supervision"].map(supervision_rank),
    )
    return place.sort_values(["method_rank", "supervision_rank", "time"], ignore_index=True)[COLUMNS]
