"""Metrics over time, in the manner of Martens 2025, figures 4.1 and 4.2, a small panel for every method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.drawing import bands
from analysis.drawing.drawn import drawn, left_out
from analysis.tables import lengths, order, record
from analysis.tables.selection import NoRows, NotApplicable
from analysis.wording import count, listing
from analysis.words.facts import gather

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "Metrics over time"
ORDER = 10
SECTION = "time"
BOOTSTRAP = "bootstrap"
RESAMPLES = 2000


def variants(run: Run) -> dict[str, str]:
    """One per metric that has a value for every time, the one that the search ranks on first."""
    if record.timeless(run):
        raise NotApplicable("this study has no time axis")
    first = record.objective(run).name
    metrics = sorted((one for one in record.metrics(run) if one.over_time), key=lambda metric: metric.name != first)
    if not metrics or bands.confirmed(run).empty:
        raise NoRows("there are no values over time yet")
    return {metric.name: metric.label for metric in metrics}


def draw(run: Run, which: str | None = None) -> Figure:
    """A panel per method: its mean line, the interquartile range as an area, white dots where the ground truth was
    shown; the baseline and the best method in grey. ``which`` is a metric, or ``bootstrap``: the first metric with the
    95 % band of the mean as the area. Raises ``ValueError`` for anything else."""
    known, run = variants(run), lengths.measured(run)
    if which not in (None, BOOTSTRAP, *known):
        raise ValueError(f"unknown metric or area '{which}': there are {', '.join([*known, BOOTSTRAP])}")
    name = next(iter(known)) if which in (None, BOOTSTRAP) else which
    (metric,) = (one for one in record.metrics(run) if one.name == name)
    table = bands.confirmed(run)
    supervisions = order.ordered(table["supervision"], record.supervisions(run))
    rows = [bands.Row(title=one, per_time=table[table["supervision"] == one], group=one) for one in supervisions]
    best = {one: str(standing["method"].iloc[0]) for one in supervisions if len(standing := gather(run).standing(one))}
    resamples = RESAMPLES if which == BOOTSTRAP else 0
    return bands.apart(run, rows, metric, best, dots="ground truth was shown", bootstrap=resamples)


def caption(run: Run, which: str) -> str:
    run = lengths.measured(run)
    rows = bands.confirmed(run)
    (metric,) = (one for one in record.metrics(run) if one.name == which)
    replicates, sequences = rows["replicate"].nunique(), rows["sequence"].nunique()
    dots = "White dots mark the times at which the ground truth was shown; every other time is interpolated."
    return (
        f"{metric.axis}, {metric.better} is better. Lines are means, areas interquartile ranges over "
        f"{count(replicates, 'replicate')} of {count(sequences, 'sequence')}, at each method's best "
        f"configuration. {dots if (rows['role'] == 'train').any() else 'No time shown is among these.'}"
        f"{left_out(run, rows['method'])}"
    )


def alternative(run: Run, which: str) -> str:
    (metric,) = (one for one in record.metrics(run) if one.name == which)
    return (
        f"{metric.label} over time, a panel each for the methods "
        f"{listing(drawn(run, bands.confirmed(run)['method']))}, under {listing(record.supervisions(run))} supervision."
    )
