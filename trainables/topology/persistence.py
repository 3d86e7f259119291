"""Persistence of a volume in construction T: voxels are top-dimensional cells, and a cell has the value of its first voxel.

A superlevel filtration adds voxels from the highest value down. Ties are broken by position, so that every feature is
born and dies with one voxel each. Features of dimension 0 are components of closed voxels (26 neighbours), those of
dimension 2 cavities, that is components of what is not there yet (6 neighbours, the outside included): both come from
merging trees. Those of dimension 1, loops, come from the boundary matrix of squares over edges, of which only the rows
of edges that close a loop and the columns of squares that fill one are kept (H. Edelsbrunner and J. Harer,
*Computational Topology*, 2010, VII.1; U. Bauer et al., *PHAT*, J. Symb. Comput. 78, 2017).

The component that never dies is no point of the diagram.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


def features(values: Array, dimension: int) -> Array:
    """Voxels (flat indices) with which each feature of an `(n, n, n)` volume is born and dies, `(P, 2)`.

    The filtration is by falling value; features without persistence are left out.
    """
    flat, n = np.ascontiguousarray(values, dtype=np.float64).ravel(), values.shape[0]
    order = np.argsort(-flat, kind="stable")
    if dimension == 0:
        found = _merges(order, n, 26, False)
    elif dimension == 2:
        found = _merges(order[::-1].copy(), n, 6, True)[:, ::-1]
    else:
        found = _loops(order, n)
    kept: Array = found[flat[found[:, 0]] > flat[found[:, 1]]]
    return kept


@njit(nogil=True, cache=True)
def _root(parent: Array, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(nogil=True, cache=True)
def _merges(order: Array, n: int, neighbours: int, outside: bool) -> Array:
    """Voxel that began each component and voxel that merged it into an older one, as voxels come in `order`; with
    `outside`, the oldest component is what lies around the volume."""
    total = n * n * n
    parent = np.full(total + 1, -1, np.int64)
    rank = np.empty(total + 1, np.int64)
    for place in range(total):
        rank[order[place]] = place
    if outside:
        parent[total], rank[total] = total, -1
    pairs = np.empty((total, 2), np.int64)
    count = 0
    for place in range(total):
        voxel = order[place]
        parent[voxel] = voxel
        z, y, x = voxel // (n * n), voxel // n % n, voxel % n
        for dz in range(-1, 2):
            for dy in range(-1, 2):
                for dx in range(-1, 2):
                    steps = abs(dz) + abs(dy) + abs(dx)
                    if steps == 0 or (neighbours == 6 and steps > 1):
                        continue
                    a, b, c = z + dz, y + dy, x + dx
                    inside = 0 <= a < n and 0 <= b < n and 0 <= c < n
                    if not inside and not outside:
                        continue
                    other = (a * n + b) * n + c if inside else total
                    if parent[other] < 0:
                        continue
                    # A component's root is the voxel that began it.
                    younger, older = _root(parent, voxel), _root(parent, other)
                    if younger == older:
                        continue
                    if rank[younger] < rank[older]:
                        younger, older = older, younger
                    if younger != voxel:
                        pairs[count, 0], pairs[count, 1] = younger, voxel
                        count += 1
                    parent[younger] = older
    return pairs[:count].copy()


@njit(nogil=True, cache=True)
def _first(rank: Array, n: int, z: int, y: int, x: int) -> int:
    """Rank of the first voxel that the cell at doubled coordinates (odd: extended along that axis) is a face of."""
    best = rank.size
    for a in range(max((z - 1) // 2 if z % 2 == 0 else z // 2, 0), min(z // 2, n - 1) + 1):
        for b in range(max((y - 1) // 2 if y % 2 == 0 else y // 2, 0), min(y // 2, n - 1) + 1):
            for c in range(max((x - 1) // 2 if x % 2 == 0 else x // 2, 0), min(x // 2, n - 1) + 1):
                best = min(best, rank[(a * n + b) * n + c])
    return best


@njit(nogil=True, cache=True)
def _cells(rank: Array, n: int, dimension: int) -> tuple[Array, Array]:
    """Flat places (in doubled coordinates, side 2 n + 1) and first ranks of all cells of a dimension, by rank."""
    side = 2 * n + 1
    places = np.empty(side**3, np.int64)
    ranks = np.empty(side**3, np.int64)
    count = 0
    for z in range(side):
        for y in range(side):
            for x in range(side):
                if z % 2 + y % 2 + x % 2 == dimension:
                    places[count] = (z * side + y) * side + x
                    ranks[count] = _first(rank, n, z, y, x)
                    count += 1
    by_rank = np.argsort(ranks[:count], kind="mergesort")
    return places[:count][by_rank], ranks[:count][by_rank]


@njit(nogil=True, cache=True)
def _loops(order: Array, n: int) -> Array:
    """Voxel that closes each loop and voxel that fills it."""
    side = 2 * n + 1
    steps = (1, side, side * side)
    rank = np.empty(order.size, np.int64)
    for place in range(order.size):
        rank[order[place]] = place
    edges, edge_ranks = _cells(rank, n, 1)
    squares, square_ranks = _cells(rank, n, 2)
    # Edges that join two components close no loop.
    parent = np.arange(side**3)
    row = np.full(side**3, -1, np.int64)
    row_ranks = np.empty(edges.size, np.int64)
    rows = 0
    for i in range(edges.size):
        place = edges[i]
        for axis in range(3):
            if place // steps[axis] % side % 2 == 1:
                one, other = _root(parent, place - steps[axis]), _root(parent, place + steps[axis])
                if one != other:
                    parent[one] = other
                else:
                    row[place] = rows
                    row_ranks[rows] = edge_ranks[i]
                    rows += 1
    # Squares that, from the last one back, join two cavities, or one to the outside (place 0), close a cavity.
    parent = np.arange(side**3)
    fills = np.zeros(squares.size, np.bool_)
    for i in range(squares.size - 1, -1, -1):
        place = squares[i]
        for axis in range(3):
            at = place // steps[axis] % side
            if at % 2 == 0:
                one = _root(parent, place - steps[axis]) if at > 0 else _root(parent, 0)
                other = _root(parent, place + steps[axis]) if at < side - 1 else _root(parent, 0)
                if one != other:
                    parent[one] = other
                else:
                    fills[i] = True
    words = (rows + 63) // 64
    reduced = np.zeros((rows, words), np.uint64)  # by the last row of each column
    taken = np.zeros(rows, np.bool_)
    column = np.zeros(words, np.uint64)
    pairs = np.empty((rows, 2), np.int64)
    count = 0
    for i in range(squares.size):
        if not fills[i]:
            continue
        place, last = squares[i], -1
        for axis in range(3):
            if place // steps[axis] % side % 2 == 1:
                for edge in (place - steps[axis], place + steps[axis]):
                    if row[edge] >= 0:
                        column[row[edge] // 64] ^= np.uint64(1) << np.uint64(row[edge] % 64)
                        last = max(last, row[edge])
        last = _last(column, last // 64)
        while last >= 0 and taken[last]:
            for word in range(last // 64 + 1):
                column[word] ^= reduced[last, word]
            last = _last(column, last // 64)
        if last >= 0:
            taken[last] = True
            for word in range(last // 64 + 1):
                reduced[last, word] = column[word]
                column[word] = np.uint64(0)
            pairs[count, 0], pairs[count, 1] = order[row_ranks[last]], order[square_ranks[i]]
            count += 1
    return pairs[:count].copy()


@njit(nogil=True, cache=True)
def _last(column: Array, word: int) -> int:
    """The last bit that is set in words up to `word`; −1 if none is."""
    while word >= 0:
        value = column[word]
        if value != np.uint64(0):
            bit = 0
            while value > np.uint64(1):
                value >>= np.uint64(1)
                bit += 1
            return word * 64 + bit
        word -= 1
    return -1
