"""A discrete gradient of the filtered complex V, voxel by voxel, and where its paths lead.

Every cell comes with the last of its voxels: it is of that voxel's lower star. The star's edges, squares and cubes are
vertices, edges and triangles of a part of an octahedron's surface, its link. A tree in each piece of the link pairs the
voxel with an edge and edges with squares; a tree of triangles, grown from the missing ones, pairs squares with cubes
(Robins 2011; here any tree will do, since all these cells come at once). Few cells are left
over, *critical*: a link of c pieces, with l loops, leaves c − 1 edges and l squares. They alone have a say in
persistence (Forman 1998).

Voxels are counted in a volume with a border of one: `step` of the border is above all others (nothing there ever
comes) or below (everything there came before). A cube has the number of its first voxel; cube 0 is the outside.

# n = voxels along an axis, m = n + 2, M = m³
# directions: 0 −z, 1 −y, 2 −x, 3 +x, 4 +y, 5 +z; i is opposite to 5 − i
"""

# mypy: disable-error-code="no-untyped-call"

import itertools

import numpy as np

from trainables.compilation import compiled

_compiled = compiled(set())

PAIRS = np.array([(i, j) for i, j in itertools.combinations(range(6), 2) if i + j != 5])
"""`(12, 2)`: the directions between which a square of the star lies."""
_CORNERS = np.array(list(itertools.product((0, 5), (1, 4), (2, 3))))
"""`(8, 3)`: those of a cube."""
_PAIR = np.full((6, 6), -1)
for _q, (_i, _j) in enumerate(PAIRS):
    _PAIR[_i, _j] = _PAIR[_j, _i] = _q
_SIDES = np.array([[c for c in range(8) if {i, j} <= set(_CORNERS[c].tolist())] for i, j in PAIRS.tolist()])
"""`(12, 2)`: the cubes on either side of a square."""
_EVERY = 255
NONE = 7
"""Rank of an edge that takes no part: it is not there, or ends a component."""
CRITICAL = 12
"""In place of a square: none, the edge is critical."""


@_compiled
def offsets(side):
    """How far the six neighbours are in a volume of `side`³."""
    return np.array([-side * side, -side, -1, 1, side, side * side])


@_compiled
def gradient(step, side):
    """The gradient of a volume with border, `step` `(M,)` int32, side = m.

    Returns
      edges: critical ones, step · 8 + direction, in no order
      squares: critical ones, step · 16 + pair, in no order
      rank: `(M, 6)` of a voxel's edges by direction: an edge is paired with a square of which it has the highest rank
      partner: `(M, 6)` pair of the square with which the edge of a rank is paired, or CRITICAL
      older: `(M,)` where a voxel's path leads; itself, if it begins a component
      outer: `(M,)` where a cube's path leads; itself, if it ends a cavity
      ends: `(M,)` step of a cube that ends a cavity
    """
    size, off = side**3, offsets(side)
    rank, partner = np.full((size, 6), NONE, np.uint8), np.empty((size, 6), np.uint8)
    older, outer, ends = np.zeros(size, np.int32), np.full(size, size - 1, np.int32), np.zeros(size, np.int32)
    edges, squares = np.empty(5 * (side - 2) ** 3, np.int32), np.empty(7 * (side - 2) ** 3, np.int32)
    number_of_edges, number_of_squares = 0, 0
    neighbours = np.zeros(6, np.int64)
    for z in range(1, side - 1):
        for y in range(1, side - 1):
            for x in range(1, side - 1):
                voxel = (z * side + y) * side + x
                come = step[voxel]
                lower = 0
                for i in range(6):
                    if step[voxel + off[i]] < come:
                        lower |= 1 << i
                there = _squares(step, off, voxel, come, lower, neighbours)
                first = number_of_edges
                tree, number_of_edges = _tree(
                    lower, neighbours, rank[voxel], partner[voxel], 8 * come, edges, number_of_edges
                )
                older[voxel] = voxel
                if lower:
                    # The tree's first root is the voxel's own edge, no critical one.
                    older[voxel] = voxel + off[edges[first] & 7]
                    number_of_edges -= 1
                    edges[first] = edges[number_of_edges]
                left = there & ~tree
                if left:
                    cubes = _cubes(step, off, voxel, come, there)
                    left = _cotree(left, cubes, voxel, off, come, outer, ends)
                while left:
                    q = _lowest(left)
                    left &= left - 1
                    squares[number_of_squares] = 16 * come + q
                    number_of_squares += 1
    return edges[:number_of_edges].copy(), squares[:number_of_squares].copy(), rank, partner, older, outer, ends


@_compiled
def _lowest(bits):
    place = 0
    while not bits >> place & 1:
        place += 1
    return place


@_compiled
def _squares(step, off, voxel, come, lower, neighbours):
    """The star's squares, as bits; of each direction, those with which it shares one."""
    there = 0
    neighbours[:] = 0
    for q in range(12):
        i, j = PAIRS[q]
        if lower >> i & lower >> j & 1 and step[voxel + off[i] + off[j]] < come:
            there |= 1 << q
            neighbours[i] |= 1 << j
            neighbours[j] |= 1 << i
    return there


@_compiled
def _cubes(step, off, voxel, come, there):
    """The star's cubes, as bits."""
    cubes = 0
    for c in range(8):
        i, j, k = _CORNERS[c]
        if (
            there >> _PAIR[i, j] & there >> _PAIR[j, k] & there >> _PAIR[i, k] & 1
            and step[voxel + off[i] + off[j] + off[k]] < come
        ):
            cubes |= 1 << c
    return cubes


@_compiled
def _tree(lower, neighbours, rank, partner, come, roots, count):
    """A tree in each piece of the link: its squares, as bits. Roots are written behind the `count` that there are."""
    tree, unseen, next_rank, beginning = 0, lower, 0, count
    while unseen:
        root = _lowest(unseen)
        unseen &= ~(1 << root)
        if count > beginning:
            rank[root], partner[next_rank] = next_rank, CRITICAL
            next_rank += 1
        roots[count] = come + root
        count += 1
        front = 1 << root
        while front:
            i = _lowest(front)
            front &= front - 1
            new = neighbours[i] & unseen
            unseen &= ~new
            front |= new
            while new:
                j = _lowest(new)
                new &= new - 1
                tree |= 1 << _PAIR[i, j]
                rank[j], partner[next_rank] = next_rank, _PAIR[i, j]
                next_rank += 1
    return tree, count


@_compiled
def _cotree(left, cubes, voxel, off, come, outer, ends):
    """Trees of cubes across the squares `left`, from where there are none; the squares that are left then."""
    reached = ~cubes & _EVERY
    if reached == 0:
        reached = 1
        cube = _number(0, voxel, off)
        outer[cube], ends[cube] = cube, come
    while reached != _EVERY:
        todo = left
        while todo:
            q = _lowest(todo)
            todo &= todo - 1
            one, other = _SIDES[q]
            if (reached >> one & 1) == (reached >> other & 1):
                continue
            if reached >> other & 1:
                one, other = other, one
            reached |= 1 << other
            left &= ~(1 << q)
            outer[_number(other, voxel, off)] = _number(one, voxel, off)
    return left


@_compiled
def _number(corner, voxel, off):
    """Number of the cube at a corner of a voxel."""
    first = voxel
    for i in _CORNERS[corner]:
        if i < 3:
            first += off[i]
    return first


def sides_of_squares(side: int):
    """How far the cubes on either side of each square are from the voxel in whose star it is, `(12, 2)`."""
    off = offsets(side)
    first = np.array([off[corner[corner < 3]].sum() for corner in _CORNERS])
    return first[_SIDES]
