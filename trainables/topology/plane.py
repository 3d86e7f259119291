"""Persistence in the plane: components as pixels come, and holes as they go.

In the plane nothing but merging is needed: a hole is a component of what is not there yet, apart from the outside. From
the last pixel back, regions of that are joined; the younger of two that meet is a hole, born with the pixel at which
they do, filled with the one at which it begins (Alexander duality; Garin 2020). Pixels of the object touch in T where
they share a corner, those around it where they share an edge; in V the other way round.

# n = pixels along an axis, with a border around them; P = points of a diagram
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainables.compilation import compiled
from trainables.topology.complexes import Array, Construction

_compiled = compiled(set())


def steps(order: Array, n: int, dimensions: Sequence[int], construction: Construction) -> dict[int, Array]:
    """For dimensions 0, 1 and 2, if asked for, the steps at which features are born and die, `(P, 2)`; pixels come in
    `order`. There are none of dimension 2."""
    side = n + 2
    rows, columns = np.divmod(order, n)
    place = (rows + 1) * side + columns + 1
    edges = np.array([-side, -1, 1, side])
    corners = np.append(edges, [-side - 1, -side + 1, side - 1, side + 1])
    object_, rest = (corners, edges) if construction == "T" else (edges, corners)
    found = {2: np.empty((0, 2), dtype=int)}
    if 0 in dimensions:
        found[0] = _merges(place, np.full(side * side, -1), object_)
    if 1 in dimensions:
        outside = np.full((side, side), -1)
        outside[[0, -1]] = outside[:, [0, -1]] = 0
        found[1] = order.size - 1 - _merges(place[::-1].copy(), outside.ravel(), rest)[:, ::-1]
    return found


@_compiled
def _merges(place, parent, neighbours):
    """Pairs of steps at which regions begin and end, `(P, 2)`, as pixels come at each `place`.

    `parent` of each place: −1 where nothing is yet, or the oldest of all regions, 0, that is there before.
    """
    begun = np.full(parent.size, -1)
    pairs, count = np.empty((place.size, 2), np.int64), 0
    for step in range(place.size):
        here = place[step]
        parent[here], begun[here] = here, step
        for offset in neighbours:
            if parent[here + offset] < 0:
                continue
            one, other = here, here + offset
            while parent[one] != one:
                parent[one] = parent[parent[one]]
                one = parent[one]
            while parent[other] != other:
                parent[other] = parent[parent[other]]
                other = parent[other]
            if one == other:
                continue
            if begun[one] < begun[other]:
                one, other = other, one
            parent[one] = other
            if begun[one] < step:
                pairs[count, 0], pairs[count, 1] = begun[one], step
                count += 1
    return pairs[:count].copy()
