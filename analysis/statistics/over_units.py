"""Means of single methods over the units of replication, with their intervals."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from analysis.statistics import comparison
from analysis.statistics.inference import paired_mean
from analysis.tables import record

if TYPE_CHECKING:
    from analysis.tables.run import Run

Interval = tuple[float, float]


@lru_cache(maxsize=8)
def intervals(run: Run, metric: str, setting: str = "best") -> dict[tuple[str, str], Interval]:
    """(supervision, method) → the 95 % t interval of its mean ``metric`` on test times, over the means of the units of
    replication, in the metric's unit; NaN where :func:`analysis.statistics.inference.paired_mean` gives none."""
    rows = record.tested(run)
    if metric not in rows:
        return {}
    rows = rows[rows["setting"] == setting].astype({"supervision": str, "method": str})
    address = ["supervision", "method", "replicate", "sequence"]
    means = rows.groupby(address, observed=True)[metric].mean().dropna().rename("treated").reset_index()
    units = comparison.by_unit(means.assign(reference=means["treated"]), record.unit(run), rows)
    found: dict[tuple[str, str], Interval] = {}
    for (supervision, method), part in units.groupby(["supervision", "method"]):
        values = part["treated"].to_numpy(dtype="float64")
        mean = paired_mean(values, scale=float(np.abs(values).max()))
        found[str(supervision), str(method)] = (mean.low, mean.high)
    return found
