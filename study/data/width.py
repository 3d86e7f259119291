"""How many points of a grid recorded shapes are wide, and which grid shows all of them.

A shape moves, and one domain holds all its frames: a flat one that goes far may lie between two planes of a coarse
grid, where it has no surface and nothing can be scored.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from trainables.shapes.following import LONGEST, SHORTEST
from trainables.shapes.measured import extent
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import SIDE, grid_spacing

if TYPE_CHECKING:
    from trainables.shapes.prepared import Prepared
    from trainables.shapes.sequence import ShapeSequence

MOST = 96
"""Points along an axis of a grid that is made finer for a flat shape."""


def widths(held: Prepared) -> tuple[float, float]:
    """Of the shape in the frame in which it is least so: wide in its longest and in its shortest direction, domain
    units; by the points of the grid on which it is kept."""
    sides = []
    for volume in held.sdf:
        first, last = extent(volume < 0)
        sides.append([int(side) + 1 for side in last - first])
    step = grid_spacing(len(held.sdf[0]))
    return step * min(max(side) for side in sides), step * min(min(side) for side in sides)


def fitting(sequences: Iterable[ShapeSequence], least: int, longest: int = LONGEST, shortest: int = SHORTEST) -> int:
    """The fewest points along an axis, from `least` to `MOST`, at which all shapes are so many points wide."""
    needed = least
    for sequence in sequences:
        if isinstance(sequence, Sampled):
            for width, points in zip(widths(sequence.prepared()), (longest, shortest), strict=True):
                needed = max(needed, math.ceil(SIDE * points / width - 1e-9) + 1)
    return min(needed, MOST)


def thin(label: str, held: Prepared) -> str | None:
    """What is lost of a shape that is narrow on the grid on which it is kept; none if it is wide enough."""
    longest, shortest = widths(held)
    step = grid_spacing(len(held.sdf[0]))
    if longest > step * (LONGEST - 0.5) and shortest > step * (SHORTEST - 0.5):
        return None
    unit, scale = held.metadata.get("unit", "µm"), held.units_per_length
    return (
        f"{label} is at its narrowest {round(longest / step)} points of the grid wide in its longest and "
        f"{round(shortest / step)} in its shortest direction, beside the way it moves: what is finer than "
        f"{step / scale:.2g} {unit} is lost"
    )
