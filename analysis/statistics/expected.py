"""The expected error of every method with its uncertainty: one value per method, and how values of all of them vary
together over the unit of replication.

M = methods, K = rows of deviations
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.statistics import ensembles
from analysis.statistics.comparison import FACTORS, groups
from analysis.tables import record
from analysis.tables.run import Run


@dataclass(frozen=True, eq=False)
class Expected:
    """What each method delivers under one supervision."""

    methods: list[str]
    values: np.ndarray
    """``[M,]`` the mean over the units."""
    deviations: np.ndarray
    """``[K, M]``; the covariance of ``values`` is ``deviations.T @ deviations``, so that what methods have in common
    cancels in their differences."""
    freedom: np.ndarray
    """``[M,]`` degrees of freedom of these; 0 where a method has a single unit, infinite where nothing of it varies."""
    units: np.ndarray
    """``[M,]`` the units behind a value."""

    def intervals(self, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """``[M,]`` low and high: t intervals; NaN where a method has a single unit."""
        from scipy.special import stdtrit

        factor = np.full(len(self.methods), np.nan)
        some = self.freedom > 0
        factor[some] = stdtrit(np.minimum(self.freedom[some], 1e9), (1 + confidence) / 2)
        half = factor * np.sqrt((self.deviations**2).sum(axis=0))
        return self.values - half, self.values + half


def expected(run: Run, metric: str, supervision: str, setting: str = "best") -> Expected:
    """Of all methods that are confirmed, on test times, by what they deliver (:mod:`analysis.statistics.ensembles`).

    Where replicates are the unit, an ensemble's value varies as its draws of replicates do, a mean of single networks,
    where no ensemble is known, as these do; a rule without a network does not vary. Where sequences or groups of them
    are the unit, each gives one value, and only those are kept that every method has; a method with values of fewer
    than half of them is left out.
    """
    tested = record.tested(run)
    singles = tested[(tested["setting"] == setting) & (tested["supervision"] == supervision)]
    singles = singles.astype({"method": "str", "sequence": "str"})
    means = run.ensembles
    wanted = (means["phase"] == "confirm") & (means["role"] == "test") & (means["setting"] == setting)
    wanted &= (means["supervision"] == supervision) & ~means["sequence"].isin(record.searched_sequences(run))
    means = means[wanted].astype({"method": "str", "sequence": "str"})
    if metric not in means:
        means = means.head(0)
    over_replicates = record.unit(run) == "replicate"
    return (_replicates if over_replicates else _sequences)(run, singles, means, metric)


def _replicates(run: Run, singles: pd.DataFrame, means: pd.DataFrame, metric: str) -> Expected:
    rules, columns = set(record.references(run)), dict[str, _Column]()
    drawn = dict(list(means.groupby("method")))
    networks = [name for name in dict.fromkeys(singles["method"]) if name not in rules]
    together = all(name in drawn for name in networks)
    for method, rows in singles.groupby("method", sort=False):
        one = drawn[method] if together and method in drawn else rows
        column = _drawn(one, metric) if one is not rows else _networks(rows, metric)
        if method in rules or ensembles.alike(rows, metric):
            column = column[0], _CERTAIN, np.inf, column[3]
        if not np.isnan(column[0]):
            columns[str(method)] = column
    deviations = pd.DataFrame({method: column[1] for method, column in columns.items()}).fillna(0.0)
    values, freedom, units = (np.array([c[i] for c in columns.values()], dtype="float64") for i in (0, 2, 3))
    return Expected(list(columns), values, deviations.to_numpy(), freedom, units)


_Column = tuple[float, pd.Series, float, float]
"""Value, deviations by draw or replicate, degrees of freedom, units."""
_CERTAIN = pd.Series([0.0])


def _drawn(rows: pd.DataFrame, metric: str) -> _Column:
    """An ensemble: draws of R replicates vary with the R − 1 of R that a bootstrap's variance is short of."""
    values = rows.groupby("draw")[metric].mean()
    draws, replicates = values.drop(ensembles.ALL, errors="ignore").dropna(), float(rows["replicates"].max())
    value = float(values.get(ensembles.ALL, np.nan))
    if replicates < 2 or len(draws) < 2:
        return value, _CERTAIN, 0, replicates
    short = np.sqrt(replicates / (replicates - 1) / (len(draws) - 1))
    return value, (draws - draws.mean()).astype("float64") * short, replicates - 1, replicates


def _networks(rows: pd.DataFrame, metric: str) -> _Column:
    """The mean of single networks; one without a value at some time is left out."""
    found = (
        rows.assign(value=rows[metric].astype("float64")).groupby("replicate")["value"].agg(["mean", "count", "size"])
    )
    found = found[(found["count"] == found["size"]) & (found["size"] == found["size"].max())]
    n, mean = len(found), found["mean"].mean()
    return float(mean), (found["mean"] - mean) / np.sqrt(n * max(n - 1, 1)), n - 1 if n else 0, n


def _sequences(run: Run, singles: pd.DataFrame, means: pd.DataFrame, metric: str) -> Expected:
    whole = means[means["draw"] == ensembles.ALL].assign(replicate=0)
    alone = singles[~singles["method"].isin(whole["method"])]
    table = pd.concat([_by_sequence(alone, metric), _by_sequence(whole, metric)], ignore_index=True)
    unit = record.unit(run)
    if unit not in FACTORS:
        table = table.merge(groups(singles, unit).astype({"sequence": "str"}), on="sequence")
    matrix = table.pivot_table(index=unit, columns="method", values="value", observed=True, sort=False)
    enough = matrix.notna().sum() * 2 >= len(matrix)
    matrix = matrix.loc[:, enough].dropna()
    values, n = matrix.to_numpy(dtype="float64"), len(matrix)
    if not n:
        return Expected([], np.zeros(0), np.zeros((1, 0)), np.zeros(0), np.zeros(0))
    mean, short = values.mean(axis=0), np.sqrt(n * max(n - 1, 1))
    every = np.ones(len(mean))
    return Expected([str(name) for name in matrix], mean, (values - mean) / short, (n - 1) * every, n * every)


def _by_sequence(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """``method, sequence, value``: the mean over times, then over the replicates that have a value at every time."""
    known = rows.assign(value=rows[metric].astype("float64") if metric in rows else np.nan)
    found = known.groupby(["method", "sequence", "replicate"], sort=False)["value"].agg(["mean", "count", "size"])
    found = found[found["count"] == found["size"]].rename(columns={"mean": "value"})
    return found.groupby(["method", "sequence"], sort=False)["value"].mean().reset_index()
