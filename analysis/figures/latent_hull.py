"""Metrics over time for codes that the decoder was not trained with, inside and outside the hull of the training codes
apart; Martens 2025, figure 4.7, has both together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.drawing import bands
from analysis.statistics import latent
from analysis.tables import order, record
from analysis.tables.selection import NoRows, NotApplicable
from analysis.wording import count, listing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "Unseen codes inside and outside the hull of the training codes"
ORDER = 14
SECTION = "time"


def draw(run: Run) -> Figure:
    """A row of panels per supervision and side of the hull, both sides of a supervision on the same vertical axis."""
    rows = _rows(run)
    return bands.draw(run, rows, dots="the code was fitted here", height=2.2)


def _rows(run: Run) -> list[bands.Row]:
    if "hull" not in latent.codes(run.per_time):
        raise NotApplicable("this table has no column hull")
    table = bands.confirmed(run)
    table = table[table["hull"].isin(latent.SIDES)]
    if table.empty:
        raise NoRows("no code of the grid has been fitted and scored yet")
    return [
        bands.Row(title=f"{supervision}, {side}", per_time=rows, group=supervision)
        for supervision in order.ordered(table["supervision"], record.supervisions(run))
        for side in latent.SIDES
        if len(rows := table[(table["supervision"] == supervision) & (table["hull"] == side)])
    ]


def caption(run: Run) -> str:
    table = bands.confirmed(run)
    numbers = table.groupby("hull")["sequence"].nunique()
    sides = listing([f"{numbers.get(side, 0)} {side}" for side in latent.SIDES])
    return (
        f"Lines are means, areas interquartile ranges over {count(table['replicate'].nunique(), 'replicate')} of the "
        f"sequences whose codes were not in training: {sides} the rectangle that the four training codes span. The "
        "network stays as trained under the supervision named; only the code is fitted, at times other than these. "
        "Rows of one supervision share their vertical axes."
    )


def alternative(run: Run) -> str:
    metric = record.objective(run)
    said = []
    for row in _rows(run):
        rows = row.per_time[row.per_time["role"] == "test"]
        means = rows.groupby("method")[metric.name].mean()
        methods = order.ordered(means.index, record.methods(run))
        said.append(f"{row.title}: " + ", ".join(f"{method} {means[method]:.3g}" for method in methods))
    labels = [each.label for each in record.metrics(run) if each.over_time]
    start = f"{listing(labels)} over time, one row each for inside and outside the hull under every supervision"
    return f"{start}. Mean {metric.label} on the test times, {'; '.join(said)}."
