"""Training curves of the confirmed trials: every loss term over epochs, the mean over replicates."""

from __future__ import annotations

import math
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.drawing import style
from analysis.drawing.bands import ACROSS
from analysis.drawing.drawn import drawn, left_out
from analysis.tables import order, record
from analysis.tables.reading import CURVE_COLUMNS
from analysis.tables.selection import NoRows
from analysis.wording import listing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "Training"
ORDER = 40
SECTION = "training"
SETTING = "best"
TERMS = ("loss", "reconstruction", "code")
"""Terms that every method has come first, the others after them by name."""


_LOOKS: tuple[dict[str, Any], ...] = (
    {"color": style.INK, "linestyle": "-"},
    {"color": "#0072b2", "linestyle": (0, (6.0, 2.0))},
    {"color": "#7d858e", "linestyle": (0, (1.2, 1.4))},
    {"color": "#d55e00", "linestyle": (0, (6.0, 1.6, 1.2, 1.6))},
    {"color": "#009e73", "linestyle": (0, (3.0, 1.2))},
    {"color": "#7b4fa3", "linestyle": (0, (4.0, 1.4, 1.0, 1.4, 1.0, 1.4))},
)
"""Of the terms, in their order: told apart by their dashes when printed grey."""


def draw(run: Run) -> Figure:
    """A panel per method, a block of rows per supervision, a line per loss term; logarithmic."""
    curves, terms = _means(run)
    supervisions = order.ordered(curves["supervision"], record.supervisions(run))
    methods = order.ordered(curves["method"], record.methods(run))
    columns = min(ACROSS, len(methods))
    lines = math.ceil(len(methods) / columns)
    looks = {term: _LOOKS[place % len(_LOOKS)] for place, term in enumerate(terms)}
    from matplotlib.lines import Line2D

    with style.context():
        width = style.panel_width(columns)
        figure, axes = style.panels(lines * len(supervisions), columns, width, 1.75, sharex=True, sharey=True)
        for place, supervision in enumerate(supervisions):
            block = axes[place * lines : (place + 1) * lines]
            for axis, method in zip_longest(block.ravel(), methods):
                if method is None:
                    axis.set_axis_off()
                    continue
                chosen = curves[(curves["supervision"] == supervision) & (curves["method"] == method)]
                for term, look in looks.items():
                    curve = chosen[["epoch", term]].dropna()
                    axis.plot(curve["epoch"], curve[term], linewidth=1.4, **look)
                axis.set_title(method, fontsize=8)
            style.row_title(block[0, 0], supervision)
        positive = [value for term in terms for value in curves[term] if value > 0]
        if positive:
            style.logarithmic(axes[0, 0], positive)
        for axis in axes[-1]:
            axis.set_xlabel("epoch")
        style.legend(figure, [Line2D([], [], label=term, **look) for term, look in looks.items()])
    return figure


def _means(run: Run) -> tuple[pd.DataFrame, list[str]]:
    """Mean over replicates per (supervision, method, epoch) of what is drawn, and the terms that have values."""
    rows = _confirmed(run)
    rows = rows[rows["method"].isin(drawn(run, rows["method"]))]
    terms = [str(name) for name in run.curves if name not in CURVE_COLUMNS and rows[str(name)].notna().any()]
    if rows.empty or not terms:
        raise NoRows("there are no training curves of confirmed trials yet")
    means = rows.groupby(["supervision", "method", "epoch"])[terms].mean().reset_index()
    return means, order.ordered(terms, TERMS)


def _confirmed(run: Run) -> pd.DataFrame:
    trials = run.trials[(run.trials["phase"] == "confirm") & (run.trials["setting"] == SETTING)]
    return run.curves.merge(trials[["trial", "method", "supervision"]], on="trial")


def caption(run: Run) -> str:
    return (
        "Loss terms over epochs of the confirmed trials at each method's best configuration, mean over "
        "replicates, logarithmic. A method has lines only for its own terms."
        f"{left_out(run, _confirmed(run)['method'])}"
    )


def alternative(run: Run) -> str:
    curves, terms = _means(run)
    methods = order.ordered(curves["method"], record.methods(run))
    return f"Training curves of {listing(terms)} over epochs, one panel each for {listing(methods)}."
