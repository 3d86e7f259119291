"""The per-time-step score of a predicted shape sequence against the true one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trainables.metrics.moment import Film, Moment
from trainables.metrics.scoring import SurfaceDistance
from trainables.metrics.shapes.base import PerSequence, PerTime, available
from trainables.metrics.surfaces import Array
from trainables.shapes.sequence import ShapeSequence
from trainables.shapes.timeline import Role, Timeline


def score(
    predict: Callable[[float], Array],
    sequence: ShapeSequence,
    timeline: Timeline,
    roles: set[Role],
    resolution: int,
    surface_distance: SurfaceDistance = "triangles",
) -> list[dict[str, Any]]:
    """One row of metrics for every time of the timeline whose role is in `roles`.

    `predict(time)` gives the predicted SDF on `grid_points(resolution)`, `(n, …)`. Columns: every metric of
    `trainables.metrics.shapes`, distances measured as `surface_distance` says, those of a whole sequence where all
    times are asked for, and else NaN; `empty` (no predicted surface), `diverged` (some predicted value is no finite
    number, as all are of a network whose training diverged), `components`, `bifurcation_time`, `dense_fallback` (false;
    true is for callers that evaluate a narrow band whose bound did not hold); and the sequence's descriptors.

    Raises ValueError where the true shape has no surface on the grid: nothing can be scored against nothing.
    """
    kinds = available().values()
    at_times = [metric for metric in kinds if issubclass(metric, PerTime)]
    of_all = [metric for metric in kinds if issubclass(metric, PerSequence)]
    rows: list[dict[str, Any]] = []
    for index, (time, role) in enumerate(zip(timeline.times, timeline.roles, strict=True)):
        if role not in roles:
            continue
        moment = Moment(predict(time), sequence, time, surface_distance)
        assert moment.n == resolution, "predicted on the grid that is asked for"
        rows.append(
            {
                "sequence": sequence.label,
                **sequence.descriptors(),
                "time_index": index,
                "time": time,
                "role": role,
                **{metric.name: metric.of(moment) for metric in at_times},
                "empty": moment.empty,
                "diverged": not bool(np.isfinite(moment.predicted).all()),
                "components": moment.pieces,
                "dense_fallback": False,
            }
        )
    whole = {"bifurcation_time": np.nan} | {metric.name: np.nan for metric in of_all}
    if len(rows) == len(timeline.times):
        pieces = [row["components"] for row in rows]
        film = Film(sequence, timeline.times, pieces, predict, surface_distance)
        whole = {"bifurcation_time": film.bifurcation_time} | {metric.name: metric.of(film) for metric in of_all}
    return [row | whole for row in rows]
