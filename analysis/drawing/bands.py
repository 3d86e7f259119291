"""Bands over time that several figures draw: rows of panels, a column per metric, mean line and interquartile area
per method."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.drawing import style
from analysis.drawing.drawn import drawn
from analysis.statistics.bands import iqr_bands
from analysis.tables import order, record
from analysis.tables.metric import Metric
from analysis.tables.selection import NoRows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

SETTING = "best"
ACROSS = 4
"""Panels in a row, where every method has its own."""
_GREY = "#7d858e"
_REFERENCES: dict[str, dict[str, Any]] = {
    "baseline": {"linestyle": (0, (5.0, 2.0)), "linewidth": 1.3},
    "best": {"linestyle": (0, (1.2, 1.4)), "linewidth": 1.6},
}
"""How the two methods that every panel repeats are drawn."""
_DIVISION: dict[str, Any] = {"color": style.INK, "linewidth": 0.8, "linestyle": (0, (1.0, 3.0))}
"""The line at a time at which a shape divides."""
_WIDE = 30.0
"""Largest over smallest mean beyond which an axis is logarithmic."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of panels."""

    title: str
    per_time: pd.DataFrame
    """The rows of ``per_time`` that it shows, of one supervision."""
    group: str
    """Rows of one group share their vertical axes."""


def draw(run: Run, rows: Sequence[Row], dots: str, height: float = 2.95, bootstrap: int = 0) -> Figure:
    """Mean line and interquartile band over time of every method that :mod:`analysis.drawing.drawn` names; white dots,
    which the legend calls ``dots``, at times of role train. ``height`` is a panel's, in inches. With ``bootstrap``
    resamples the area is the 95 % band of the mean instead. Raises :class:`analysis.tables.selection.NoRows`."""
    metrics = [metric for metric in record.metrics(run) if metric.over_time]
    if not metrics:
        raise NoRows("there are no values over time yet")
    order_of_methods = record.methods(run)
    kept = drawn(run, (method for row in rows for method in row.per_time["method"].unique()))
    present: set[str] = set()
    with style.context():
        width = style.panel_width(len(metrics))
        figure, axes = style.panels(len(rows), len(metrics), width, height, sharex=True)
        first: dict[tuple[str, int], Any] = {}
        for line, row in enumerate(rows):
            for column, metric in enumerate(metrics):
                axis = axes[line, column]
                if (leader := first.setdefault((row.group, column), axis)) is not axis:
                    axis.sharey(leader)
                few = row.per_time[row.per_time["method"].isin(kept)]
                present.update(panel(axis, few, metric, order_of_methods, bootstrap, record.unit(run)))
                axis.set_ylabel(metric.unit)
                axis.margins(x=0.02)
                arrow = "↓" if metric.lower else "↑"
                if line == 0:
                    axis.set_title(f"{metric.label}\n{arrow} {metric.better} is better")
                if line == len(rows) - 1:
                    axis.set_xlabel("time t")
            style.row_title(axes[line, 0], row.title)
        handles = [style.handle(method) for method in order.ordered(present, order_of_methods)]
        handles += [_dot(dots)] if any((row.per_time["role"] == "train").any() for row in rows) else []
        style.legend(figure, handles, columns=min(5, math.ceil(len(handles) / 2)))
    return figure


def apart(
    run: Run, rows: Sequence[Row], metric: Metric, best: Mapping[str, str], dots: str, bootstrap: int = 0
) -> Figure:
    """As :func:`draw`, of one metric, with a small panel for every method, and in each, in grey, the baseline and the
    method that is ``best`` in a group. Rows of a group share their vertical axis. Raises
    :class:`analysis.tables.selection.NoRows`."""
    baseline, known = record.baseline(run), record.methods(run)
    kept = drawn(run, (method for row in rows for method in row.per_time["method"].unique()))
    tables = [
        iqr_bands(
            row.per_time[row.per_time["method"].isin({*kept, baseline, best.get(row.group, "")})], metric.name,
            setting=SETTING, methods=known, bootstrap=bootstrap, unit=record.unit(run),
        )
        for row in rows
    ]  # fmt: skip
    shown = [[name for name in kept if name in set(table["method"])] for table in tables]
    columns = min(ACROSS, max(map(len, shown)))
    lines = [math.ceil(len(names) / columns) for names in shown]
    with style.context():
        figure, axes = style.panels(sum(lines), columns, style.panel_width(columns), 1.75, sharex=True)
        tops = accumulate(lines, initial=0)
        for row, table, names, number_of, top in zip(rows, tables, shown, lines, tops, strict=False):
            references = {best.get(row.group, ""): _REFERENCES["best"], baseline: _REFERENCES["baseline"]}
            _block(axes[top : top + number_of], row, table, names, references)
            _scaled(axes[top, 0], table, metric)
            for axis in axes[top : top + number_of, 0]:
                axis.set_ylabel(metric.unit)
        for axis in axes[-1]:
            axis.set_xlabel("time t")
        whole = pd.concat([row.per_time for row in rows])
        shown_times = dots if (whole["role"] == "train").any() else ""
        style.legend(figure, _apart_handles(baseline, shown_times, bool(_divisions(whole))))
    return figure


def _block(
    axes: Any, row: Row, table: pd.DataFrame, names: Sequence[str], references: Mapping[str, dict[str, Any]]
) -> None:
    """The panels of one row: a method in each, over the ``references`` in grey; all on one vertical axis."""
    train = set(row.per_time.loc[row.per_time["role"] == "train", "time"])
    first = axes[0, 0]
    for axis, name in zip_longest(axes.ravel(), names):
        if name is None:
            axis.set_axis_off()
            continue
        if axis is not first:
            axis.sharey(first)
        for other, look in references.items():
            line = table[table["method"] == other]
            if other != name and len(line):
                axis.plot(line["time"], line["mean"], color=_GREY, zorder=1.5, **look)
        for time in _divisions(row.per_time):
            axis.axvline(time, **_DIVISION)
        _band(axis, table[table["method"] == name], name, train, solid=True)
        axis.set_title(name, fontsize=8)
        axis.margins(x=0.02)
    style.row_title(first, row.title)


def _divisions(per_time: pd.DataFrame) -> list[float]:
    """When the shapes of these sequences divide, as far as their rows say."""
    if "division_time" not in per_time:
        return []
    return sorted({float(time) for time in per_time["division_time"].dropna()})


def _scaled(axis: Any, table: pd.DataFrame, metric: Metric) -> None:
    """A logarithmic axis where a metric that is good when low spans so much that the good ones would lie on the
    bottom."""
    means = table["mean"].dropna()
    if metric.lower and len(means) and means.min() > 0 and means.max() > _WIDE * means.min():
        style.logarithmic(axis, means)


def _apart_handles(baseline: str, dots: str, divides: bool) -> list[Any]:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=style.INK, label="the method that the panel names"),
        Line2D([], [], color=_GREY, label=f"'{baseline}', the baseline", **_REFERENCES["baseline"]),
        Line2D([], [], color=_GREY, label="the best method", **_REFERENCES["best"]),
    ]
    handles += [_dot(dots)] if dots else []
    return [*handles, Line2D([], [], label="a shape divides", **_DIVISION)] if divides else handles


def panel(
    axis: Any,
    per_time: pd.DataFrame,
    metric: Metric,
    methods: Sequence[str],
    bootstrap: int = 0,
    unit: record.Unit = "replicate",
) -> list[str]:
    """Draw the bands of one metric under one supervision; returns the methods that have one. Raises
    :class:`analysis.tables.selection.NoRows`."""
    train = set(per_time.loc[per_time["role"] == "train", "time"])
    bands = iqr_bands(per_time, metric.name, setting=SETTING, methods=methods, bootstrap=bootstrap, unit=unit)
    drawn = order.ordered(bands["method"], methods)
    for method in drawn:
        _band(axis, bands[bands["method"] == method], method, train)
    return drawn


def confirmed(run: Run) -> pd.DataFrame:
    """The rows of the confirmation at each method's best setting, without the sequences that the search saw where it
    saw some only."""
    table = run.per_time
    wanted = (table["phase"] == "confirm") & (table["setting"] == SETTING)
    return table[wanted & ~table["sequence"].isin(record.searched_sequences(run))]


def _band(axis: Any, band: pd.DataFrame, method: str, train: set[float], solid: bool = False) -> None:
    look = style.method_style(method)
    line: Any = "-" if solid else look.line
    low, high = ("mean_low", "mean_high") if "mean_low" in band else ("q25", "q75")
    axis.fill_between(band["time"], band[low], band[high], color=look.colour, alpha=0.16, linewidth=0)
    axis.plot(band["time"], band["mean"], color=look.colour, linestyle=line)
    given = band[band["time"].isin(train)]
    if given.empty:  # an unclipped line without points has no extent, which undoes the layout
        return
    axis.plot(
        given["time"], given["mean"], linestyle="none", marker="o", markersize=5.5, markerfacecolor="white",
        markeredgecolor=look.colour, markeredgewidth=1.3, zorder=3, clip_on=False,
    )  # fmt: skip


def _dot(label: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], linestyle="none", marker="o", markerfacecolor="white",
        markeredgecolor=style.INK, markeredgewidth=1.3, label=label,
    )  # fmt: skip
