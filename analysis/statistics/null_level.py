"""How often the comparison finds a difference where there is none: its level, which should be 0.05.

A method is compared with itself (an A/A test): of its replicates, all of one configuration with other seeds, one half
is taken for the method and the other for the baseline, and the t test is made over the study's unit of replication. In
the share of random halvings in which it rejects lies its level: 0.05 if the unit is independent, more where units share
networks. What no seed varies (frames, kinds of motion) halving cannot test: a run of a study has them once.

`python -m study.run NAME --methods none,none` makes a run with the method twice, under the names `none` and
`none-again`: there the report's own comparison is the A/A test.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.statistics import comparison
from analysis.statistics.inference import paired_mean
from analysis.tables import order, record, selection
from analysis.tables.run import Run

LEVEL = 0.05
COLUMNS = ["metric", "method", "supervision", "unit", "n", "replicates", "halvings", "level", "low", "high"]


def null_level(
    run: Run,
    metrics: Sequence[str] | None = None,
    method: str | None = None,
    setting: str = "best",
    unit: record.Unit | None = None,
    halvings: int = 1000,
) -> pd.DataFrame:
    """One row per (metric, supervision): the share ``level`` of random halvings of a ``method``'s replicates (the
    baseline's, unless given) in which p < 0.05, over ``n`` units.

    ``low`` and ``high`` are its 95 % interval (Wilson) as if the halvings were independent, which those of few
    replicates are not. ``unit`` is the study's unless given. Raises
    :class:`analysis.tables.selection.NoRows` where nothing is confirmed of the method, or it has too few replicates of
    a sequence to be halved.
    """
    unit, method = unit or record.unit(run), method or record.baseline(run)
    rows = selection.rows(record.tested(run), method=method, setting=setting)
    known = [metric.name for metric in record.metrics(run)] if metrics is None else list(metrics)
    found = []
    for metric in known:
        selection.require_metric(rows, metric)
        for supervision in order.ordered(rows["supervision"], record.supervisions(run)):
            here = rows[rows["supervision"] == supervision]
            if here[metric].notna().any():
                address = {"metric": metric, "method": method, "supervision": supervision, "unit": unit}
                found.append(address | _halved(here, metric, unit, halvings))
    return pd.DataFrame(found, columns=COLUMNS)


def _halved(rows: pd.DataFrame, metric: str, unit: record.Unit, halvings: int) -> dict[str, float]:
    values = rows.pivot_table(index="replicate", columns="sequence", values=metric, aggfunc="mean", observed=True)
    labels = None
    if unit not in comparison.FACTORS:
        labels = comparison.groups(rows, unit).set_index("sequence")[unit].reindex(values.columns).to_numpy()
    table, generator = values.to_numpy(dtype="float64"), np.random.default_rng(0)
    alike = _alike(table)
    if min(len(group) for group in alike) < 2:
        raise selection.NoRows(
            "a method is compared with itself by halving its replicates: it takes two of each sequence"
        )
    scale, rejected, n = float(np.nanmax(np.abs(table))), 0, 0
    for _ in range(halvings):
        one, other = _halves(alike, generator)
        differences = _differences(table[one] - table[other], unit, labels)
        found = paired_mean(differences, scale)
        n, rejected = found.n, rejected + (found.p < LEVEL)
    low, high = _wilson(rejected, halvings)
    counts = {"n": n, "replicates": len(table), "halvings": halvings}
    return counts | {"level": rejected / halvings, "low": low, "high": high}


def _alike(table: np.ndarray) -> list[np.ndarray]:
    """Replicates ``[R, N]`` that were scored on the same sequences (those of one fold), which can change places."""
    patterns: dict[bytes, list[int]] = {}
    for replicate, has in enumerate(~np.isnan(table)):
        patterns.setdefault(has.tobytes(), []).append(replicate)
    return [np.array(group) for group in patterns.values()]


def _halves(alike: list[np.ndarray], generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """As many of each group in either half; of an odd number one is left out."""
    drawn = [generator.permutation(group) for group in alike]
    halves = [(group[: len(group) // 2], group[len(group) // 2 : 2 * (len(group) // 2)]) for group in drawn]
    return np.concatenate([one for one, _ in halves]), np.concatenate([other for _, other in halves])


def _differences(pairs: np.ndarray, unit: record.Unit, labels: np.ndarray | None) -> np.ndarray:
    """Of pairs of replicates ``[P, N]``, one for each unit ``[n,]``."""
    if unit == "replicate":
        whole = np.isfinite(pairs).sum(axis=1)
        return np.array([np.nanmean(pair) for pair, count in zip(pairs, whole, strict=True) if count == whole.max()])
    counts = np.isfinite(pairs).sum(axis=0)
    means = np.divide(np.nansum(pairs, axis=0), counts, out=np.full(pairs.shape[1], np.nan), where=counts > 0)
    if labels is None:
        return means[counts > 0]
    return pd.Series(means).groupby(labels).mean().dropna().to_numpy()


def _wilson(rejected: int, count: int) -> tuple[float, float]:
    z = 1.959964
    share, weight = rejected / count, z**2 / count
    centre, half = share + weight / 2, z * np.sqrt(share * (1 - share) / count + weight / (4 * count))
    return float((centre - half) / (1 + weight)), float((centre + half) / (1 + weight))
