"""Bands over time that several figures draw: rows of panels, a column per metric, mean line and interquartile area
per method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
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


def _band(axis: Any, band: pd.DataFrame, method: str, train: set[float]) -> None:
    look = style.method_style(method)
    low, high = ("mean_low", "mean_high") if "mean_low" in band else ("q25", "q75")
    axis.fill_between(band["time"], band[low], band[high], color=look.colour, alpha=0.16, linewidth=0)
    axis.plot(band["time"], band["mean"], color=look.colour, linestyle=look.line)
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
