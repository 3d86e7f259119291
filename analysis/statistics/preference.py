"""Which method to use: the best on validation times, unless one that trains nothing is about as good.

About as good is an error that is larger by no more than ``NEGLIGIBLE``, the margin within which a report calls two
methods equivalent, and by no more than one standard error of the paired difference where the units of replication are
what an error is to be expected of (the rule of Breiman et al. 1984, section 3.4.3). Where they are seeds of one
sequence, whose noise says nothing of other sequences, the margin alone decides. Among methods that train nothing, and
among those that train, the better one is taken. Whether a method trains is what its confirmed trials tell, not how long
they took: that would change with the machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from analysis.statistics import comparison, ensembles
from analysis.statistics.verdicts import NEGLIGIBLE
from analysis.tables import record
from analysis.tables.run import Run

Line = Mapping[str, Any]


def untrained(run: Run) -> set[str]:
    """The methods of which nothing is trained: rules without a network, and others whose confirmed trials had no
    epoch, such as ``anchored``, which is its interpolant."""
    trials = run.trials[run.trials["phase"] == "confirm"]
    epochs = trials["epochs"].groupby(trials["method"].astype("str")).max()
    return {*record.references(run), *(str(name) for name in epochs.index[epochs == 0])}


def preferred(run: Run, lines: pd.DataFrame) -> list[Line]:
    """The lines of :func:`analysis.league` of validation times that have a value, in the order of preference: under
    each supervision, of these the one with the best value first. Those that are empty throughout stand last."""
    rows = [{str(name): value for name, value in row.items()} for row in lines.to_dict("records")]
    rows = [row for row in rows if not math.isnan(ensembles.value(row))]
    having = sorted((row for row in rows if not ensembles.is_empty(row)), key=lambda row: _error(run, row))
    found: list[Line] = []
    for supervision in dict.fromkeys(row["supervision"] for row in having):
        mine = [row for row in having if row["supervision"] == supervision]
        scores = [(str(row["method"]), ensembles.value(row)) for row in mine]
        found += [mine[place] for place in order(run, scores, partial(_shown, run, mine))]
    return found + [row for row in rows if ensembles.is_empty(row)]


def order(
    run: Run, scores: Sequence[tuple[str, float]], shown: Callable[[int, int], bool] = lambda better, worse: False
) -> list[int]:
    """Places of methods with their scores in the run's objective, in the order of preference; ``shown`` tells of two
    places whether the first method is better than the second by more than the noise."""
    free, errors = untrained(run), record.minimized(run)
    values = [value if errors else -value for _, value in scores]
    places = sorted(range(len(scores)), key=values.__getitem__)
    simple = next((place for place in places if scores[place][0] in free), None)
    if simple is None or simple == places[0]:
        return places
    enough = values[places[0]] * (1 + NEGLIGIBLE if errors else 1)
    if values[simple] > enough or shown(places[0], simple):
        return places
    return [simple, *(place for place in places if place != simple)]


def passed_over(run: Run, rows: Sequence[Line]) -> Line | None:
    """Of rows in the order of preference the best one under the first one's supervision, where it is not the first."""
    mine = [row for row in rows if row["supervision"] == rows[0]["supervision"] and not ensembles.is_empty(row)]
    best = min(mine, key=lambda row: _error(run, row), default=None)
    return None if best is None or best is rows[0] else best


def _error(run: Run, row: Line) -> float:
    return ensembles.value(row) if record.minimized(run) else -ensembles.value(row)


def _shown(run: Run, lines: Sequence[Line], first: int, second: int) -> bool:
    """Whether the single networks of one line are better than those of another by more than one standard error over
    units."""
    better, worse = lines[first], lines[second]
    unit, metric = record.unit(run), str(better["metric"])
    if unit == "replicate":
        return False
    rows = ensembles.confirmed(run, run.per_time, str(better["role"]), str(better["setting"]))
    rows = rows[rows["supervision"] == better["supervision"]]
    treated, reference = (rows[rows["method"] == line["method"]] for line in (better, worse))
    pairs = comparison.by_unit(comparison.paired(treated, reference, metric, ["supervision"]), unit, rows)
    gains = (pairs["reference"] - pairs["treated"]).to_numpy(float) * (1 if record.minimized(run) else -1)
    return len(gains) > 1 and float(gains.mean()) > float(gains.std(ddof=1)) / math.sqrt(len(gains))
