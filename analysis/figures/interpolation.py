"""Metrics over time, in the manner of seed 000, figures 4.1 and 4.2: a row per supervision, a column per
metric."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import order, record, style
from analysis.bands import iqr_bands
from analysis.selection import NoRows
from analysis.wording import count, listing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.load import Run

TITLE = "Metrics over time"
ORDER = 10
SETTING = "best"


def draw(run: Run) -> Figure:
    """Mean line and interquartile band of every method; white dots where the ground truth was shown."""
    metrics = [metric for metric in record.metrics(run) if metric.over_time]
    if not metrics:
        raise NoRows("there are no values over time yet")
    methods = record.methods(run)
    bands = {metric.name: iqr_bands(run.per_time, metric.name, setting=SETTING, methods=methods) for metric in metrics}
    shown = bands[metrics[0].name]
    supervisions = order.ordered(shown["supervision"], record.supervisions(run))
    train = _train_times(run)
    with style.context():
        figure, axes = style.panels(len(supervisions), len(metrics), style.panel_width(len(metrics)), 2.95, sharex=True)
        for line, supervision in enumerate(supervisions):
            for column, metric in enumerate(metrics):
                axis = axes[line, column]
                here = bands[metric.name]
                here = here[here["supervision"] == supervision]
                for method in order.ordered(here["method"], methods):
                    _band(axis, here[here["method"] == method], method, train[supervision])
                axis.set_ylabel(metric.unit)
                axis.margins(x=0.02)
                arrow = "↓" if metric.lower else "↑"
                if line == 0:
                    axis.set_title(f"{metric.label}  ({arrow} {metric.better} is better)")
                if line == len(supervisions) - 1:
                    axis.set_xlabel("time t")
            style.row_title(axes[line, 0], f"{supervision} supervision")
        handles = [style.handle(method) for method in order.ordered(shown["method"], methods)]
        style.legend(figure, [*handles, _dot()], columns=math.ceil((len(handles) + 1) / 2))
    return figure


def _band(axis: Any, band: pd.DataFrame, method: str, train: set[float]) -> None:
    look = style.method_style(method)
    axis.fill_between(band["time"], band["q25"], band["q75"], color=look.colour, alpha=0.16, linewidth=0)
    axis.plot(band["time"], band["mean"], color=look.colour, linestyle=look.line)
    given = band[band["time"].isin(train)]
    axis.plot(
        given["time"], given["mean"], linestyle="none", marker="o", markersize=5.5, markerfacecolor="white",
        markeredgecolor=look.colour, markeredgewidth=1.3, zorder=3, clip_on=False,
    )  # fmt: skip


def _dot() -> Any:
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], linestyle="none", marker="o", markerfacecolor="white",
        markeredgecolor=style.INK, markeredgewidth=1.3, label="ground truth was shown",
    )  # fmt: skip


def _train_times(run: Run) -> dict[str, set[float]]:
    train = run.per_time[run.per_time["role"] == "train"]
    return {supervision: set(train.loc[train["supervision"] == supervision, "time"]) for supervision in
            record.supervisions(run)}  # fmt: skip


def caption(run: Run) -> str:
    rows = run.per_time[(run.per_time["phase"] == "confirm") & (run.per_time["setting"] == SETTING)]
    replicates, sequences = rows["replicate"].nunique(), rows["sequence"].nunique()
    return (
        "Lines are means, areas interquartile ranges over "
        f"{count(replicates, 'replicate')} of {count(sequences, 'sequence')}, at each method's best "
        "configuration. White dots mark the times at which the ground truth was shown; every other time is "
        "interpolated."
    )


def alternative(run: Run) -> str:
    labels = [metric.label for metric in record.metrics(run) if metric.over_time]
    return (
        f"{listing(labels)} over time for the methods {listing(record.methods(run))}, "
        f"in one row each for {listing(record.supervisions(run))} supervision."
    )
