"""The per-time-step score of a predicted shape sequence against the true one."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from trainables.metrics.scoring import SurfaceDistance
from trainables.metrics.surfaces import Array, Surface, surface, surface_distances
from trainables.metrics.volumes import Volume, asymmetry, bifurcation_time, components, dice
from trainables.shapes.sequence import ShapeSequence, from_description, grid_points, grid_spacing
from trainables.shapes.timeline import Role, Timeline
from trainables.topology.betti import betti_numbers


@lru_cache(maxsize=256)
def _truth(description: str, time: float, resolution: int) -> tuple[Volume, Surface, tuple[int, int, int]]:
    """True shape on the evaluation grid, its surface and Betti numbers: the same for all trials of a process."""
    sequence = from_description(description)
    sdf = sequence.sdf(grid_points(resolution), time).numpy()
    found = surface(sdf, grid_spacing(resolution))
    if not found:
        raise ValueError(f"{sequence.label} has no surface at time {time:.6g} on a grid of {resolution}³ points")
    return sdf < 0, found, betti_numbers(sdf < 0)


def pieces(sdf: Array) -> int:
    """Connected components of a predicted shape; 0 without a surface, also where the whole grid is inside."""
    inside = sdf < 0
    return 0 if inside.all() else components(inside)


def score(
    predict: Callable[[float], Array],
    sequence: ShapeSequence,
    timeline: Timeline,
    roles: set[Role],
    resolution: int,
    surface_distance: SurfaceDistance = "triangles",
) -> list[dict[str, Any]]:
    """One row of metrics for every time of the timeline whose role is in `roles`.

    `predict(time)` gives the predicted SDF on `grid_points(resolution)`, `(n, n, n)`. Columns: `chamfer`, `hausdorff`
    (domain units, measured as `surface_distance` says), `dice`, `empty` (no predicted surface), `diverged` (some
    predicted value is no finite number, as all are of a network whose training diverged), `components`,
    `betti_0_error`, `betti_1_error` and `betti_2_error` (|found − true| numbers of components, loops and cavities;
    voxels are top cells as in the topological loss, so that those that share a corner touch, which in `components` they
    do not), `asymmetry` (of sequences that are point symmetric), `dense_fallback` (false; true is for callers that
    evaluate a narrow band whose bound did not hold); if all times are asked for and the sequence bifurcates,
    `bifurcation_time`, its error and its delay (found − true: negative where the prediction splits too early), the same
    in every row; and the sequence's descriptors.

    What a prediction without a surface costs in `chamfer`, `hausdorff` and `dice` is a matter of the true shape. Its
    Betti errors and asymmetry, and a bifurcation time that it leaves open, are NaN: any number would be a constant that
    decides, and 0 loops of a shape that is not there are no success. `empty` says how many such values are missing.

    Raises ValueError where the true shape has no surface on the grid: nothing can be scored against nothing.
    """
    rows: list[dict[str, Any]] = []
    for index, (time, role) in enumerate(zip(timeline.times, timeline.roles, strict=True)):
        if role not in roles:
            continue
        predicted = predict(time)
        truth, true_surface, true_betti = _truth(sequence.description, time, resolution)
        drawn = surface(predicted, grid_spacing(resolution))
        chamfer, hausdorff = surface_distances(drawn, true_surface, surface_distance)
        inside = predicted < 0
        numbers = betti_numbers(inside) if drawn else (np.nan,) * 3
        errors = [float(abs(counted - true)) for counted, true in zip(numbers, true_betti, strict=True)]
        rows.append(
            {
                "sequence": sequence.label,
                **sequence.descriptors(),
                "time_index": index,
                "time": time,
                "role": role,
                "chamfer": chamfer,
                "hausdorff": hausdorff,
                "dice": dice(inside, truth),
                "empty": not drawn,
                "diverged": not bool(np.isfinite(predicted).all()),
                "components": pieces(predicted),
                **{f"betti_{dimension}_error": error for dimension, error in enumerate(errors)},
                "asymmetry": asymmetry(inside) if drawn and sequence.point_symmetric else np.nan,
                "dense_fallback": False,
                "bifurcation_time": np.nan,
                "bifurcation_time_error": np.nan,
                "bifurcation_delay": np.nan,
            }
        )
    true_time = sequence.true_bifurcation_time()
    if true_time is not None and len(rows) == len(timeline.times):
        found = bifurcation_time(
            timeline.times, [row["components"] for row in rows], lambda time: pieces(predict(time))
        )
        for row in rows:
            row["bifurcation_time"] = found
            row["bifurcation_time_error"] = abs(found - true_time)
            row["bifurcation_delay"] = found - true_time
    return rows
