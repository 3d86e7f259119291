"""Which method to use: the best on validation times, unless one that trains nothing is about as good.

About as good is an error larger by no more than ``NEGLIGIBLE``, the margin within which a report calls two methods
equivalent: a network is worth its training where it gains more. Among methods that train nothing, and among those that
train, the better one is taken. Whether a method trains is what its confirmed trials tell, not how long they took: that
would change with the machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.statistics import ensembles
from analysis.statistics.verdicts import NEGLIGIBLE
from analysis.tables import record
from analysis.tables.run import Run


def untrained(run: Run) -> set[str]:
    """The methods of which nothing is trained: rules without a network, and others whose confirmed trials had no
    epoch, such as ``anchored``, which is its interpolant."""
    trials = run.trials[run.trials["phase"] == "confirm"]
    epochs = trials["epochs"].groupby(trials["method"].astype("str")).max()
    return {*record.references(run), *(str(name) for name in epochs.index[epochs == 0])}


def preferred(run: Run, lines: pd.DataFrame) -> list[dict[str, Any]]:
    """The lines of :func:`analysis.league` of validation times that have a value, in the order of preference; those
    that are empty throughout stand last."""
    rows = [{str(name): value for name, value in row.items()} for row in lines.to_dict("records")]
    rows = [row for row in rows if not math.isnan(ensembles.value(row))]
    having = [row for row in rows if not ensembles.is_empty(row)]
    places = order(run, [(row["method"], ensembles.value(row)) for row in having])
    return [having[place] for place in places] + [row for row in rows if ensembles.is_empty(row)]


def order(run: Run, scores: Sequence[tuple[str, float]]) -> list[int]:
    """Places of methods with their scores in the run's objective, in the order of preference."""
    free, errors = untrained(run), record.minimized(run)
    values = [value if errors else -value for _, value in scores]
    enough = min(values, default=0.0) * (1 + NEGLIGIBLE if errors else 1)

    def key(place: int) -> tuple[bool, float]:
        return scores[place][0] not in free or values[place] > enough, values[place]

    return sorted(range(len(scores)), key=key)


def passed_over(run: Run, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Of rows in the order of preference the best one, where it is not the first."""
    sign = 1 if record.minimized(run) else -1
    having = [row for row in rows if not ensembles.is_empty(row)]
    best = min(having, key=lambda row: sign * ensembles.value(row), default=None)
    return None if best is None or best is rows[0] else best
