"""The per-time-step score of a predicted shape sequence against the true one."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from trainables.metrics.surfaces import Array, surface_distances, surface_points
from trainables.metrics.volumes import asymmetry, bifurcation_time, components, dice
from trainables.shapes.sequence import DIAGONAL, ShapeSequence, from_description, grid_points, grid_spacing
from trainables.shapes.timeline import Role, Timeline
from trainables.topology.betti import betti_numbers


@lru_cache(maxsize=256)
def _truth(description: str, time: float, resolution: int) -> tuple[Array, Array, tuple[int, int, int]]:
    """True SDF on the evaluation grid, its surface and Betti numbers: the same for all trials of a process."""
    sdf = from_description(description).sdf(grid_points(resolution), time).numpy()
    return sdf, surface_points(sdf, grid_spacing(resolution)), betti_numbers(sdf < 0)


def score(
    predict: Callable[[float], Array],
    sequence: ShapeSequence,
    timeline: Timeline,
    roles: set[Role],
    resolution: int,
) -> list[dict[str, Any]]:
    """One row of metrics for every time of the timeline whose role is in `roles`.

    `predict(time)` gives the predicted SDF on `grid_points(resolution)`, `(n, n, n)`. Columns: `chamfer`, `hausdorff`
    (domain units), `dice`, `empty` (no predicted surface), `components`, `betti_0_error`, `betti_1_error` and
    `betti_2_error` (|found − true| numbers of components, loops and cavities; voxels are top cells as in the
    topological loss, so that those that share a corner touch, which in `components` they do not), `asymmetry` (of
    sequences that are point symmetric), `dense_fallback` (false; true is for callers that evaluate a narrow band whose
    bound did not hold); if all times are asked for and the sequence bifurcates, `bifurcation_time`, its error and its
    delay (found − true: negative where the prediction splits too early), the same in every row; and the sequence's
    descriptors.
    """
    rows: list[dict[str, Any]] = []
    for index, (time, role) in enumerate(zip(timeline.times, timeline.roles, strict=True)):
        if role not in roles:
            continue
        predicted = predict(time)
        truth, true_surface, true_betti = _truth(sequence.description, time, resolution)
        surface = surface_points(predicted, grid_spacing(resolution))
        chamfer, hausdorff = surface_distances(surface, true_surface, DIAGONAL)
        inside = predicted < 0
        betti = zip(betti_numbers(inside), true_betti, strict=True)
        rows.append(
            {
                "sequence": sequence.label,
                **sequence.descriptors(),
                "time_index": index,
                "time": time,
                "role": role,
                "chamfer": chamfer,
                "hausdorff": hausdorff,
                "dice": dice(inside, truth < 0),
                "empty": len(surface) == 0,
                "components": components(inside),
                **{f"betti_{dimension}_error": abs(found - true) for dimension, (found, true) in enumerate(betti)},
                "asymmetry": asymmetry(inside) if sequence.point_symmetric else np.nan,
                "dense_fallback": False,
                "bifurcation_time": np.nan,
                "bifurcation_time_error": np.nan,
                "bifurcation_delay": np.nan,
            }
        )
    true_time = sequence.true_bifurcation_time()
    if true_time is not None and len(rows) == len(timeline.times):
        found = bifurcation_time(
            timeline.times, [row["components"] for row in rows], lambda time: components(predict(time) < 0)
        )
        for row in rows:
            row["bifurcation_time"] = found
            row["bifurcation_time_error"] = abs(found - true_time)
            row["bifurcation_delay"] = found - true_time
    return rows
