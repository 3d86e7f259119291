"""Training curves of the confirmed trials: every loss term over epochs, the mean over replicates."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pandas as pd

from analysis.drawing import style
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


def draw(run: Run) -> Figure:
    """A row of panels per supervision, a column per loss term, a line per method; logarithmic."""
    curves, terms = _means(run)
    supervisions = order.ordered(curves["supervision"], record.supervisions(run))
    methods = order.ordered(curves["method"], record.methods(run))
    with style.context():
        width = style.panel_width(len(terms))
        figure, axes = style.panels(len(supervisions), len(terms), width, 2.4, sharex=True, sharey="col")
        for line, supervision in enumerate(supervisions):
            for column, term in enumerate(terms):
                axis = axes[line, column]
                for method in methods:
                    look = style.method_style(method)
                    chosen = (curves["supervision"] == supervision) & (curves["method"] == method)
                    curve = curves.loc[chosen, ["epoch", term]].dropna()
                    axis.plot(curve["epoch"], curve[term], color=look.colour, linestyle=look.line, linewidth=1.4)
                positive = curves.loc[curves[term] > 0, term]
                if len(positive):
                    style.logarithmic(axis, positive)
                if line == 0:
                    axis.set_title(textwrap.fill(term.replace("-", "- "), 16).replace("- ", "-"))
                if line == len(supervisions) - 1:
                    axis.set_xlabel("epoch")
            style.row_title(axes[line, 0], supervision)
        style.legend(figure, [style.handle(method) for method in methods])
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
    return f"Training curves of {listing(terms)} over epochs, one line each for {listing(methods)}."
