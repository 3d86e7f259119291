"""History of the search: the objective of every trial, and the best so far, per arm (method and
supervision)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.drawing import blocks, style
from analysis.drawing.drawn import drawn, left_out
from analysis.statistics.search import searched
from analysis.tables import order, record
from analysis.tables.selection import NoRows, NotApplicable
from analysis.wording import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "The search"
ORDER = 30
SECTION = "search"


def draw(run: Run) -> Figure:
    """A row of panels per supervision, a column per method; trials without an objective stand at the upper
    edge."""
    trials = _searched(run)
    supervisions = order.ordered(trials["supervision"], record.supervisions(run))
    methods = drawn(run, _several(trials))
    metric = record.objective(run)
    with style.context():
        width = style.panel_width(len(methods))
        figure, axes = style.panels(len(supervisions), len(methods), width, 2.5, sharex=True, sharey="row")
        for line, supervision in enumerate(supervisions):
            here = trials[trials["supervision"] == supervision]
            values = here.loc[np.isfinite(here["objective"]), "objective"]
            for column, method in enumerate(methods):
                axis = axes[line, column]
                if _wide(values):
                    style.logarithmic(axis, values)
                _history(axis, here[here["method"] == method], method, record.minimized(run))
                if line == 0:
                    axis.set_title(blocks.broken(method), fontsize=11 if len(methods) < 5 else 9)
                if line == len(supervisions) - 1:
                    axis.set_xlabel("trial number")
            axes[line, 0].set_ylabel(metric.label)
            style.row_title(axes[line, 0], supervision)
            axes[line, 0].margins(x=0.06, y=0.12)
            if values.empty:
                axes[line, 0].set_yticks([])
        style.legend(figure, _handles(), length=1.6)
    return figure


def _searched(run: Run) -> pd.DataFrame:
    trials = run.trials[run.trials["phase"] == "search"]
    if not searched(run):
        raise NotApplicable("every arm had one trial: nothing was searched")
    if trials.empty:
        raise NoRows("no trial of the search has ended yet")
    return trials.sort_values("number")


def _several(trials: pd.DataFrame) -> list[str]:
    """The methods of which there was something to search: more than one trial. All, where that is none."""
    counts = trials.groupby("method", sort=False, observed=True)["number"].nunique()
    return [str(method) for method in (counts[counts > 1] if (counts > 1).any() else counts).index]


def _wide(values: pd.Series) -> bool:
    """Whether the values span so much that only a logarithmic axis shows them all."""
    return bool(len(values) and values.min() > 0 and values.max() > 20 * values.min())


def _history(axis: Any, trials: pd.DataFrame, method: str, minimized: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    look = style.method_style(method)
    complete = trials[(trials["state"] == "complete") & trials["objective"].notna()]
    if len(complete):
        best = complete["objective"].cummin() if minimized else complete["objective"].cummax()
        numbers = [*complete["number"], trials["number"].max()]
        axis.step(numbers, [*best, best.iloc[-1]], where="post", color=look.colour, linewidth=1.7)
    axis.plot(complete["number"], complete["objective"], **_marker("complete", look.colour))
    for state in ("pruned", "failed"):
        here = trials[trials["state"] == state]
        valued = here[np.isfinite(here["objective"])]
        bare = here[~np.isfinite(here["objective"])]
        axis.plot(valued["number"], valued["objective"], **_marker(state, look.colour))
        axis.plot(
            bare["number"],
            np.full(len(bare), 0.97),
            transform=axis.get_xaxis_transform(),
            **_marker(state, look.colour),
        )
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))


def _marker(state: str, colour: str) -> dict[str, Any]:
    shape = {"complete": "o", "pruned": "v", "failed": "X"}[state]
    looks: dict[str, Any] = {"linestyle": "none", "marker": shape, "markersize": 6.5, "markeredgewidth": 1.4}
    looks["markeredgecolor"] = "#b2182b" if state == "failed" else colour
    looks["markerfacecolor"] = {"complete": colour, "pruned": "white", "failed": "#b2182b"}[state]
    return looks


def _handles() -> list[Any]:
    from matplotlib.lines import Line2D

    states = [Line2D([], [], **_marker(state, style.MUTED), label=state) for state in ("complete", "pruned", "failed")]
    return [*states, Line2D([], [], color=style.MUTED, label="best so far")]


def caption(run: Run) -> str:
    metric = record.objective(run)
    role = (run.record.get("objective") or {}).get("role", "validation")
    return (
        f"Mean {metric.label} on the {role} {record.cases(run)} of every trial, in the order in which the search "
        f"proposed them ({metric.better} is better). Pruned trials stand at their value when they were stopped; those "
        "without a value stand at the upper edge. Only complete trials can become the best."
        f"{_unsearched(run)}{left_out(run, _several(_searched(run)))}"
    )


def _unsearched(run: Run) -> str:
    trials = _searched(run)
    single = trials["method"].nunique() - len(_several(trials))
    return f" Left out: {count(single, 'method')} with a single trial, of which nothing is searched." if single else ""


def alternative(run: Run) -> str:
    trials = _searched(run)
    states = trials["state"].value_counts()
    counts = ", ".join(f"{states.get(state, 0)} {state}" for state in ("complete", "pruned", "failed"))
    return f"Objective over trial number, one panel per method and supervision; {counts}."
