"""What a metric of shapes is given: a predicted shape and the true one at a time, and the whole sequence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from trainables.metrics.scoring import SurfaceDistance
from trainables.metrics.surfaces import Array, Surface, surface, surface_distances
from trainables.metrics.volumes import Volume, bifurcation_time, components
from trainables.shapes.sequence import ShapeSequence, from_description, grid_spacing, power
from trainables.topology.betti import betti_numbers


@dataclass(frozen=True)
class Truth:
    """The true shape on the evaluation grid."""

    inside: Volume
    """Where its signed distance is negative, `(n, …)` on `grid_points(n)`."""
    surface: Surface
    betti: tuple[int, int, int]


@lru_cache(maxsize=256)
def truth(description: str, time: float, n: int) -> Truth:
    """The same for all trials of a process. Raises ValueError where the shape has no surface on the grid."""
    sequence = from_description(description)
    sdf = sequence.sdf(sequence.grid(n), time).numpy()
    found = surface(sdf, grid_spacing(n))
    if not found:
        points = power(n, sequence.dimension)
        raise ValueError(f"{sequence.label} has no surface at time {time:.6g} on a grid of {points} points")
    return Truth(sdf < 0, found, betti_numbers(sdf < 0))


@dataclass(frozen=True, eq=False)
class Moment:
    """One time of a predicted sequence. What several metrics need is computed once."""

    predicted: Array
    """Predicted SDF `(n, …)` on `grid_points(n)`; may be infinite, or no number, where a network diverged."""
    sequence: ShapeSequence
    time: float
    surface_distance: SurfaceDistance = "triangles"

    @property
    def n(self) -> int:
        return len(self.predicted)

    @property
    def spacing(self) -> float:
        """Between neighbours of the grid, domain units."""
        return grid_spacing(self.n)

    @cached_property
    def truth(self) -> Truth:
        return truth(self.sequence.description, self.time, self.n)

    def true_sdf(self) -> Array:
        """The true signed distance `(n, …)`, domain units; computed anew, as most metrics do not need it."""
        found: Array = self.sequence.sdf(self.sequence.grid(self.n), self.time).numpy()
        return found

    @cached_property
    def inside(self) -> Volume:
        """Where the prediction is negative, `(n, …)`."""
        found: Volume = self.predicted < 0
        return found

    @cached_property
    def surface(self) -> Surface:
        """Of the prediction; false where there is none."""
        return surface(self.predicted, self.spacing)

    @property
    def empty(self) -> bool:
        """Whether the prediction has no surface: nothing is inside, or everything is."""
        return not self.surface

    @cached_property
    def distances(self) -> tuple[float, float]:
        """Chamfer and Hausdorff distance of the surfaces."""
        return surface_distances(self.surface, self.truth.surface, self.surface_distance)

    @cached_property
    def betti(self) -> tuple[float, float, float]:
        """Numbers of components, loops and cavities of the prediction, in the plane of components, holes and none; NaN
        without a surface.

        Voxels are top cells as in the topological loss, so that those that share a corner touch: in `pieces` they do
        not.
        """
        return betti_numbers(self.inside) if self.surface else (np.nan,) * 3

    @cached_property
    def pieces(self) -> int:
        """Connected components of the prediction; 0 without a surface, also where the whole grid is inside."""
        return pieces(self.predicted)


def pieces(sdf: Array) -> int:
    """`Moment.pieces` of a field `(n, …)`."""
    inside = sdf < 0
    return 0 if inside.all() else components(inside)


@dataclass(frozen=True, eq=False)
class Film:
    """All times of a predicted sequence. Its volumes are made anew when asked for: together they may not fit."""

    sequence: ShapeSequence
    times: list[float]
    pieces: list[int]
    """`Moment.pieces` of each time."""
    predict: Callable[[float], Array]
    surface_distance: SurfaceDistance = "triangles"

    def at(self, time: float) -> Moment:
        return Moment(self.predict(time), self.sequence, time, self.surface_distance)

    @cached_property
    def bifurcation_time(self) -> float:
        """`volumes.bifurcation_time`, narrowed down between the times; NaN where it is open, or nothing bifurcates."""
        if self.sequence.true_bifurcation_time() is None:
            return np.nan
        return bifurcation_time(self.times, self.pieces, lambda time: pieces(self.predict(time)))
