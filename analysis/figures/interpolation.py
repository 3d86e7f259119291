"""Metrics over time, in the manner of Martens 2025, figures 4.1 and 4.2: a row per supervision, a column per
metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.drawing import bands
from analysis.drawing.drawn import drawn, left_out
from analysis.tables import order, record
from analysis.tables.selection import NoRows, NotApplicable
from analysis.wording import count, listing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "Metrics over time"
ORDER = 10
SECTION = "time"


AREAS = ("quartiles", "bootstrap")
RESAMPLES = 2000


def draw(run: Run, area: str = "quartiles") -> Figure:
    """Mean line of every method and, as an area, the interquartile range, or the 95 % ``bootstrap`` band of the mean;
    white dots where the ground truth was shown. Raises ``ValueError`` for another area."""
    if area not in AREAS:
        raise ValueError(f"unknown area '{area}': there are {', '.join(AREAS)}")
    if record.timeless(run):
        raise NotApplicable("this study has no time axis")
    table = bands.confirmed(run)
    if table.empty:
        raise NoRows("there are no values over time yet")
    rows = [
        bands.Row(
            title=f"{supervision} supervision",
            per_time=table[table["supervision"] == supervision],
            group=supervision,
        )
        for supervision in order.ordered(table["supervision"], record.supervisions(run))
    ]
    resamples = RESAMPLES if area == "bootstrap" else 0
    return bands.draw(run, rows, dots="ground truth was shown", bootstrap=resamples)


def caption(run: Run) -> str:
    rows = bands.confirmed(run)
    replicates, sequences = rows["replicate"].nunique(), rows["sequence"].nunique()
    dots = "White dots mark the times at which the ground truth was shown; every other time is interpolated."
    return (
        "Lines are means, areas interquartile ranges over "
        f"{count(replicates, 'replicate')} of {count(sequences, 'sequence')}, at each method's best "
        f"configuration. {dots if (rows['role'] == 'train').any() else 'No time shown is among these.'}"
        f"{left_out(run, rows['method'])}"
    )


def alternative(run: Run) -> str:
    labels = [metric.label for metric in record.metrics(run) if metric.over_time]
    return (
        f"{listing(labels)} over time for the methods {listing(drawn(run, bands.confirmed(run)['method']))}, "
        f"in one row each for {listing(record.supervisions(run))} supervision."
    )
