"""Forest plot: the mean paired difference of every method to the baseline, with its t interval."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.drawing import style
from analysis.statistics.verdicts import BETTER, WORSE
from analysis.tables import order, record
from analysis.tables.selection import NoRows
from analysis.wording import listing
from analysis.words import facts, families

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "Differences to the baseline"
ORDER = 20
SECTION = "comparison"
OFFSET = {"best": -0.16, "published": 0.16}
MARKER = {"best": "o", "published": "s"}


def draw(run: Run) -> Figure:
    """A row of panels per supervision, a column per metric; in a panel one line per method, twice where it
    was confirmed at both settings. Filled markers: a difference is shown, after correction for all of them."""
    table = facts.gather(run).comparisons.dropna(subset=["difference"])
    if table.empty:
        raise NoRows("no method can be compared with the baseline yet")
    supervisions = order.ordered(table["supervision"], record.supervisions(run))
    metrics = [metric for metric in facts.gather(run).metrics if metric.name in set(table["metric"])]
    methods = order.ordered(table["method"], record.methods(run))
    crowded = len(metrics) > 3
    with style.context():
        height = max(2.3, 1.3 + 0.34 * len(methods))
        figure, axes = style.panels(
            len(supervisions), len(metrics), style.panel_width(len(metrics)), height, sharey=True
        )
        for line, supervision in enumerate(supervisions):
            for column, metric in enumerate(metrics):
                axis = axes[line, column]
                here = table[(table["metric"] == metric.name) & (table["supervision"] == supervision)]
                axis.axvline(0, color=style.INK, linewidth=1)
                for row in here.itertuples():
                    _interval(axis, row, methods.index(str(row.method)))
                _frame(axis, here, methods)
                side = "← better" if metric.lower else "better →"
                axis.set_xlabel(f"{metric.unit}{chr(10) if crowded else '   '}{side}".strip())
                if line == 0:
                    axis.set_title(textwrap.fill(f"Δ {metric.label}", 16 if crowded else 26))
            style.row_title(axes[line, 0], f"{supervision} supervision")
        style.legend(figure, _handles(sorted(set(table["setting"]))), length=1.0)
    return figure


def _interval(axis: Any, row: Any, place: int) -> None:
    look = style.method_style(row.method)
    height = place + OFFSET[row.setting]
    colour = look.colour
    if row.low == row.low:
        axis.plot([row.low, row.high], [height, height], color=colour, linewidth=2.2, solid_capstyle="butt")
    filled = row.verdict in (BETTER, WORSE)
    axis.plot(
        row.difference, height, marker=MARKER[row.setting], markersize=6.5 if row.setting == "best" else 5.5,
        markeredgecolor=colour, markerfacecolor=colour if filled else "white", markeredgewidth=1.5,
    )  # fmt: skip


def _frame(axis: Any, rows: pd.DataFrame, methods: list[str]) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_yticks(range(len(methods)), methods)
    axis.set_ylim(len(methods) - 0.4, -0.6)
    axis.grid(axis="y", visible=False)
    axis.tick_params(axis="y", length=0)
    axis.xaxis.set_major_locator(MaxNLocator(3))
    reach = rows[["difference", "low", "high"]].abs().max().max()
    if reach == 0 or reach != reach:
        axis.set_xlim(-1, 1)


def _handles(settings: list[str]) -> list[Any]:
    from matplotlib.lines import Line2D

    def entry(marker: str, filled: bool, label: str) -> Line2D:
        return Line2D(
            [], [], linestyle="none", marker=marker, markersize=6.5, color=style.MUTED, label=label,
            markerfacecolor=style.MUTED if filled else "white", markeredgewidth=1.5,
        )  # fmt: skip

    names = {"best": "the search's best", "published": "the published setting"}
    handles = [entry(MARKER[setting], True, names[setting]) for setting in settings]
    return [*handles, entry("o", False, "hollow: no difference shown, or too few to tell")]


def caption(run: Run) -> str:
    averaged = "replicates" if record.timeless(run) else "test times"
    return (
        f"Mean paired difference to the baseline '{record.baseline(run)}' with its 95 % t interval, over "
        f"{record.unit_words(run)}; the {averaged} of each are averaged before pairing. Filled markers differ "
        f"from zero after correction. {families.correction(run)}"
    )


def alternative(run: Run) -> str:
    metric = record.objective(run)
    table = facts.gather(run).comparisons
    table = table[(table["metric"] == metric.name) & (table["setting"] == "best")]
    said = []
    for supervision in order.ordered(table["supervision"], record.supervisions(run)):
        rows = table[table["supervision"] == supervision]
        verdicts = zip(rows["method"], rows["verdict"], strict=True)
        said.append(f"{supervision}: " + listing([f"{method} {verdict}" for method, verdict in verdicts]))
    start = "Differences of every method to the baseline, with intervals"
    return f"{start}. {metric.label}, {'; '.join(said)}."
