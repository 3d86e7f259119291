"""Surfaces to look at: meshes (in the plane contours) of predicted and true shapes, as rows of the table `surfaces`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trainables.metrics.surfaces import Array, surface
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import LOWER, PLANE, ShapeSequence, grid_spacing
from trainables.shapes.timeline import Timeline

RESOLUTION = 56
"""Points along each axis: a sphere of radius 1 has some 2,000 vertices, …"""
FINE = 2 * RESOLUTION
"""… a disc some 230."""
TIMES = 9
RECORDINGS = 4
"""Recordings of which surfaces are kept."""


def display_times(timeline: Timeline) -> list[float]:
    """At most nine of a timeline's times, evenly spread, with the first and the last."""
    count = len(timeline.times)
    return [timeline.times[i] for i in sorted({round(x) for x in np.linspace(0, count - 1, min(TIMES, count))})]


def displayed(sequences: Sequence[ShapeSequence]) -> list[int]:
    """Which of these sequences are kept to be looked at: the first, and of recordings, of which no two are alike, the
    first few."""
    recorded = all(isinstance(sequence, Sampled) for sequence in sequences)
    return list(range(min(RECORDINGS, len(sequences)))) if recorded else [0]


def display_resolution(dimension: int) -> int:
    """Points along each axis of the grid on which surfaces are looked at."""
    return FINE if dimension == PLANE else RESOLUTION


def display_rows(
    predict: Callable[[float], Array], sequence: ShapeSequence, timeline: Timeline, resolution: int
) -> list[dict[str, Any]]:
    """Two rows a time, `kind` predicted and true: `sequence, time, role, kind, vertices, faces`.

    `predict(time)` gives the predicted SDF on `grid_points(resolution)`, `(n, …)`. `vertices` are 3 V numbers (x, y, z
    in domain units), `faces` 3 F indices of vertices; in the plane 2 V and, of edges, 2 F. Both are empty where there
    is no surface.
    """
    rows = []
    for time in display_times(timeline):
        role = timeline.roles[timeline.times.index(time)]
        true = sequence.sdf(sequence.grid(resolution), time).numpy()
        for kind, sdf in (("predicted", predict(time)), ("true", true)):
            mesh = surface(sdf, grid_spacing(resolution))
            rows.append(
                {
                    "sequence": sequence.label,
                    "time": time,
                    "role": role,
                    "kind": kind,
                    "vertices": (mesh.vertices + LOWER).astype(np.float32).ravel(),
                    "faces": mesh.faces.astype(np.int32).ravel(),
                }
            )
    return rows
