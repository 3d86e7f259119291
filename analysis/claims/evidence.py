"""What of a run a claim may be tested on: confirmed rows on test times, of one supervision and setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.statistics import comparison
from analysis.tables import record, selection
from analysis.tables.metric import Metric
from analysis.tables.record import Unit
from analysis.tables.run import Run
from analysis.wording import listing

_ROUNDING = 1e-9
ARM = ["supervision", "method"]
PAIR = ["replicate", "sequence"]


class NotTested(ValueError):
    """A run lacks what a test needs; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A part of a sequence's time [0, 1]: the times strictly between ``after`` and ``before``."""

    name: str
    words: str
    after: float = -np.inf
    before: float = np.inf

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[(rows["time"] > self.after) & (rows["time"] < self.before)]


@dataclass(frozen=True, kw_only=True)
class DivisionWindow(Window):
    """The times within ``nearer`` of the first division of each sequence, or those ``farther`` from it.

    Sequences without a division are in neither; :class:`NotTested` where no sequence has one.
    """

    nearer: float = np.inf
    farther: float = -np.inf

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        if "division_time" not in rows or not rows["division_time"].notna().any():
            raise NotTested("none of the sequences divides")
        away = (rows["time"] - rows["division_time"]).abs()
        return rows[(away <= self.nearer) & (away > self.farther)]


ALL = Window(name="all", words="all test times")
EARLY = Window(name="early", words="test times t < 0.5", before=0.5 - _ROUNDING)
LATE = Window(name="late", words="test times t > 0.5", after=0.5 + _ROUNDING)
MIDDLE = Window(name="middle", words="test times 0.35 ≤ t ≤ 0.65", after=0.35 - _ROUNDING, before=0.65 + _ROUNDING)

_AROUND = 2 / 29 + _ROUNDING  # two steps of the published recordings of 30 frames
AT_DIVISION = DivisionWindow(name="division", words="test times within 2/29 of the division", nearer=_AROUND)
NOT_AT_DIVISION = DivisionWindow(name="not-division", words="the other test times", farther=_AROUND)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The rows of one run, supervision and setting, and what in them varies independently."""

    rows: pd.DataFrame
    unit: Unit
    cases: str = "times"
    """What a row is a score of, in the plural."""
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    """What the run's record says of its metrics, by name."""

    def metric(self, name: str) -> Metric:
        """How a metric is read, and which difference counts as none: as the record says, or was known before it did."""
        return self.metrics.get(name) or record.read_metric({"name": name})

    def margin(self, name: str) -> float:
        """The difference that counts as none; :class:`NotTested` where the metric has none."""
        margin = self.metric(name).margin
        if margin is None:
            raise NotTested(f"{name} declares no difference that counts as none")
        return margin

    def words(self, window: Window) -> str:
        """What a window is a part of, in words."""
        return f"all test {self.cases}" if window is ALL else window.words

    @staticmethod
    def of(run: Run, supervision: str, setting: str) -> Evidence:
        """Raises :class:`NotTested` where nothing was confirmed. Sequences that the search was tuned on, where it
        saw some only, are left out."""
        try:
            rows = selection.rows(record.tested(run), setting=setting, supervision=supervision)
        except selection.NoRows:
            raise NotTested(
                f"nothing was confirmed on test times at setting '{setting}' under {supervision} supervision"
            ) from None
        known = {metric.name: metric for metric in record.declared(run)}
        return Evidence(rows=rows, unit=record.unit(run), cases=record.cases(run), metrics=known)

    def method(self, method: str, metric: str, window: Window = ALL) -> pd.DataFrame:
        """The rows of a method in a window that can be asked for a metric."""
        chosen = self.rows[self.rows["method"] == method]
        if chosen.empty:
            raise NotTested(f"method '{method}' was not confirmed")
        if metric not in selection.metric_names(chosen) or not chosen[metric].notna().any():
            raise NotTested(f"there are no values of {metric} for method '{method}'")
        chosen = window.of(chosen)
        if chosen.empty:
            raise NotTested(f"there are no {window.words}")
        return chosen

    def between(self, method: str, reference: str, metric: str, window: Window = ALL) -> pd.DataFrame:
        """Pairs of replicate and sequence: supervision, method, replicate, sequence, and the means of
        ``metric`` over the window, ``treated`` and ``reference``."""
        treated, other = self.method(method, metric, window), self.method(reference, metric, window)
        pairs = comparison.paired(treated, other, metric, by=["supervision"])
        return self._some(pairs, metric, [method, reference])

    def within(self, method: str, metric: str, window: Window, reference: Window) -> pd.DataFrame:
        """As :meth:`between`, for two windows of one method: ``treated`` is the mean over ``window``."""
        sides = {
            name: self._means(self.method(method, metric, part), metric)
            for name, part in (("treated", window), ("reference", reference))
        }
        pairs = pd.concat(sides, axis="columns").dropna().reset_index()
        return self._some(pairs, metric, [method])

    def alone(self, method: str, metric: str) -> pd.DataFrame:
        """As :meth:`between`, against zero."""
        values = self._means(self.method(method, metric), metric).dropna()
        return self._some(values.rename("treated").reset_index().assign(reference=0.0), metric, [method])

    @staticmethod
    def _means(rows: pd.DataFrame, metric: str) -> pd.Series:
        """Mean over the times of each pair; NaN where a time has no value."""
        finite = rows[metric].astype("float64").where(lambda values: np.isfinite(values))
        grouped = finite.groupby([rows[name] for name in [*ARM, *PAIR]])
        return grouped.mean().where(grouped.count() == grouped.size())

    @staticmethod
    def _some(pairs: pd.DataFrame, metric: str, methods: list[str]) -> pd.DataFrame:
        if pairs.empty:
            raise NotTested(f"no replicate has all values of {metric} for {listing(methods)}")
        return pairs
