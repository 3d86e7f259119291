"""How the errors of cross-validated subjects are distributed, in the manner of Waibel 2022, figure 2b."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.drawing import style
from analysis.statistics import subject_errors
from analysis.tables import order, record
from analysis.tables.selection import NoRows, NotApplicable
from analysis.wording import listing, number, probability

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "Errors"
ORDER = 15
SETTING = "best"
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">")


def draw(run: Run) -> Figure:
    """A panel per metric, a violin per method with its quartiles, and a marker per subject, of its class."""
    table = _tested(run)
    methods = order.ordered(table["method"], record.methods(run))
    metrics = record.metrics(run)
    kinds = _kinds(table)
    with style.context():
        width = style.panel_width(len(metrics))
        figure, axes = style.panels(1, len(metrics), width, 3.4)
        for axis, metric in zip(axes[0], metrics, strict=True):
            means = subject_errors.subjects(table, metric.name)
            for place, method in enumerate(methods):
                _violin(axis, place, means[method].dropna(), kinds, style.method_style(method).colour)
            style.categories(axis, methods, width)
            axis.grid(axis="x", visible=False)
            axis.set_ylim(bottom=0)
            axis.set_title(f"{metric.label}\n{'↓' if metric.lower else '↑'} {metric.better} is better")
        handles = [_handle(marker, kind) for marker, kind in zip(MARKERS, sorted(set(kinds)), strict=False)]
        style.legend(figure, handles, length=1.0)
    return figure


def _tested(run: Run) -> pd.DataFrame:
    table = record.tested(run)
    if not record.timeless(run) or (len(table) and "fold" not in table):
        raise NotApplicable("nothing is cross-validated in this study")
    table = table[table["setting"] == SETTING]
    if table.empty:
        raise NoRows("nothing is confirmed yet")
    return table


def _kinds(table: pd.DataFrame) -> pd.Series:
    """Class of every subject."""
    found = table.drop_duplicates("sequence").set_index("sequence")
    return found["class"] if "class" in found else pd.Series("all", index=found.index)


def _violin(axis: Any, place: int, values: pd.Series, kinds: pd.Series, colour: str) -> None:
    if values.nunique() > 1:
        (body,) = axis.violinplot(values, positions=[place], widths=0.86, showextrema=False)["bodies"]
        body.set(facecolor=colour, alpha=0.18, edgecolor=colour)
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    shift = np.random.default_rng(0).uniform(-0.13, 0.13, len(values))  # so that points do not hide each other
    for marker, kind in zip(MARKERS, sorted(set(kinds)), strict=False):
        chosen = (kinds.loc[values.index] == kind).to_numpy()
        axis.plot(
            place + shift[chosen], values[chosen], linestyle="none", marker=marker, markersize=3.6,
            markerfacecolor="none", markeredgecolor=colour, markeredgewidth=0.8, alpha=0.8,
        )  # fmt: skip
    axis.plot([place - 0.3] * 2, [low, high], color=style.INK, linewidth=2.4, solid_capstyle="butt")
    axis.plot([place - 0.38, place + 0.38], [middle, middle], color=style.INK, linewidth=1.6)


def _handle(marker: str, kind: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], linestyle="none", marker=marker, markersize=5.5, markerfacecolor="none",
        markeredgecolor=style.MUTED, label=kind,
    )  # fmt: skip


def caption(run: Run) -> str:
    table = subject_errors.errors(run, SETTING)
    table = table[(table["class"] == subject_errors.ALL) & table["p"].notna()]
    labels = {metric.name: metric.label for metric in record.metrics(run)}
    said = [f"{row.method}, {labels[str(row.metric)]}: p {probability(float(row.p))}" for row in table.itertuples()]  # type: ignore[arg-type]
    return (
        f"Each marker is one {record.subject(run)}, averaged over its replicates, at each method's best configuration; "
        "lines across are medians, bars go from the first to the third quartile. Paired Wilcoxon test against "
        f"'{record.baseline(run)}', not corrected: {'; '.join(said) or 'no pairs'}."
    )


def alternative(run: Run) -> str:
    table = subject_errors.errors(run, SETTING)
    table = table[table["class"] == subject_errors.ALL]
    said = []
    for metric in record.metrics(run):
        rows = table[table["metric"] == metric.name]
        medians = [f"{row['method']} {number(row['median'])}" for _, row in rows.iterrows()]
        said.append(f"{metric.label} {listing(medians)}")
    return f"Violins of the errors of all {record.subject(run)}s. Medians: {'; '.join(said)}."
