"""Choosing rows of a ``per_time`` table, with sentences for what is not there."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from pandas.api.types import is_numeric_dtype

from analysis.tables.reading import DESCRIPTORS, PER_TIME_COLUMNS
from analysis.tables.settings import of_today


class NoRows(ValueError):
    """The table has no rows of the kind asked for (yet): a partial run, or a misspelt phase, setting or
    role."""


class NotApplicable(NoRows):
    """The study is of another kind, so that its tables will never have such rows."""


def metric_names(per_time: pd.DataFrame) -> list[str]:
    """The columns that can be asked for as a metric: all numbers that are neither part of a row's address nor
    describe its sequence."""
    kinds = per_time.dtypes.items()
    others = {*PER_TIME_COLUMNS, *DESCRIPTORS}
    return [str(name) for name, kind in kinds if name not in others and is_numeric_dtype(kind)]


def require_metric(per_time: pd.DataFrame, metric: str) -> None:
    """Raise a ``ValueError`` that names what exists, unless ``metric`` is a metric of this table."""
    missing = [name for name in PER_TIME_COLUMNS if name not in per_time]
    if missing:
        raise ValueError(f"this is no per_time table: it has no column {', '.join(missing)}")
    known = metric_names(per_time)
    if metric not in known:
        raise ValueError(f"unknown metric '{metric}': this table has {', '.join(known) or 'no metric at all'}")


def rows(per_time: pd.DataFrame, **wanted: str | None) -> pd.DataFrame:
    """The rows where each named column has the wanted value (``None``: any). Raises :class:`NoRows` if there
    are none."""
    chosen = per_time
    for column, value in wanted.items():
        if value is None:
            continue
        value = of_today(value) if column == "setting" else value
        kept = chosen[chosen[column] == value]
        if kept.empty:
            others = _listed(chosen[column].unique())
            there = others or "no rows"
            raise NoRows(f"no rows with {column} '{value}': the table has {there}{_within(wanted, column)}")
        chosen = kept
    return chosen


def _within(wanted: dict[str, str | None], column: str) -> str:
    before = list(wanted.items())[: list(wanted).index(column)]
    given = [f"{name} '{value}'" for name, value in before if value is not None]
    return f" for {', '.join(given)}" if given else ""


def _listed(values: Iterable[object]) -> str:
    return ", ".join(sorted(f"'{value}'" for value in values))


def within(rows: pd.DataFrame, window: tuple[float, float] | None) -> pd.DataFrame:
    """The rows with a time in ``window``, its first and last number included; all without a window.

    Raises ``ValueError`` for a window that is none, :class:`NoRows` where no time lies in it.
    """
    if window is None:
        return rows
    first, last = window
    if not first <= last:
        raise ValueError(f"a window goes from an earlier to a later time, not from {first:g} to {last:g}")
    slack = 1e-9  # times such as 3 × 0.05 are not exact
    kept = rows[(rows["time"] >= first - slack) & (rows["time"] <= last + slack)]
    if kept.empty:
        there = f"{rows['time'].min():g} to {rows['time'].max():g}" if len(rows) else "none"
        raise NoRows(f"no time between {first:g} and {last:g}: the table's times are {there}")
    return kept
