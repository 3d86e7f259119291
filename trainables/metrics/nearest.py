"""Distance from points to the nearest point of a triangle mesh: exact, by a tree of boxes.

Triangles stand in the order of a space-filling curve (Morton 1966), four to a leaf; the boxes of a complete binary tree
hold them, node i those of its children 2 i and 2 i + 1. A search goes into the nearer child first and leaves out every
box that is farther than the nearest triangle so far. It begins with the triangle that was nearest to the point before.

The distance to one triangle is by the region of its plane that the point projects to (Ericson, *Real-Time Collision
Detection*, 2005, section 5.1.5). The first call on a machine compiles, some seconds; others load what it kept.

# F = triangles, P = points, L = leaves, a power of two
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainables.compilation import compiled

Array = NDArray[np.floating[Any]]

_LEAF = 4
"""Triangles in a leaf."""
_BITS = 10
"""Of each coordinate in the curve's order: a thousand steps along each axis."""
_THIN = 1e-10
"""Squared sine of a triangle's angle up to which it is its three edges: rounding would spoil the regions."""


class Tree(NamedTuple):
    """A mesh, ready to be searched."""

    triangles: Array
    """`(4 L, 3, 3)` corners, in the curve's order; filled up with the last one."""
    boxes: Array
    """`(2 L, 2, 3)` least and largest coordinates of a node's triangles; node 0 is not used."""


def tree_of(triangles: Array) -> Tree:
    """The tree of triangles `(F, 3, 3)`, F ≥ 1."""
    triangles = np.ascontiguousarray(triangles, dtype=np.float64)
    order = np.argsort(_along_the_curve(triangles.sum(1)), kind="stable")
    leaves = 1 << max(0, -(-len(order) // _LEAF) - 1).bit_length()
    filled = triangles[np.pad(order, (0, leaves * _LEAF - len(order)), mode="edge")]
    return Tree(filled, _boxes(filled, leaves))


def distances(points: Array, tree: Tree) -> Array:
    """Distance of each of `points` `(P, 3)` to the mesh, `(P,)`, in the points' unit; fastest where neighbours in the
    array are neighbours in space."""
    return _search(np.ascontiguousarray(points, dtype=np.float64), tree.triangles, tree.boxes)


def _along_the_curve(points: Array) -> NDArray[np.int64]:
    """The place of points `(F, 3)` along a Morton curve through their box."""
    low = points.min(0)
    extent = max(float((points.max(0) - low).max()), np.finfo(float).tiny)
    cells = ((points - low) / extent * ((1 << _BITS) - 1)).astype(np.int64)
    for shift, mask in ((16, 0x30000FF), (8, 0x300F00F), (4, 0x30C30C3), (2, 0x9249249)):  # two zeros after each bit
        cells = (cells | (cells << shift)) & mask
    place: NDArray[np.int64] = cells[:, 0] | (cells[:, 1] << 1) | (cells[:, 2] << 2)
    return place


@compiled({"contract"})
def _boxes(triangles, leaves):
    """`Tree.boxes` of `Tree.triangles`."""
    boxes, size = np.zeros((2 * leaves, 2, 3)), len(triangles) // leaves
    for node in range(2 * leaves - 1, 0, -1):
        for axis in range(3):
            if node < leaves:
                low = min(boxes[2 * node, 0, axis], boxes[2 * node + 1, 0, axis])
                high = max(boxes[2 * node, 1, axis], boxes[2 * node + 1, 1, axis])
            else:
                low, high = np.inf, -np.inf
                for t in range((node - leaves) * size, (node - leaves + 1) * size):
                    for corner in range(3):
                        low = min(low, triangles[t, corner, axis])
                        high = max(high, triangles[t, corner, axis])
            boxes[node, 0, axis], boxes[node, 1, axis] = low, high
    return boxes


@compiled({"contract"})
def _to_box(x, y, z, boxes, node):
    """Squared distance of the point (x, y, z) to a node's box."""
    x = max(boxes[node, 0, 0] - x, x - boxes[node, 1, 0], 0.0)
    y = max(boxes[node, 0, 1] - y, y - boxes[node, 1, 1], 0.0)
    z = max(boxes[node, 0, 2] - z, z - boxes[node, 1, 2], 0.0)
    return x * x + y * y + z * z


@compiled({"contract"})
def _to_segment(x, y, z, ex, ey, ez):
    """Squared distance of (x, y, z) to the segment from the origin to (ex, ey, ez), which may have no length."""
    length = ex * ex + ey * ey + ez * ez
    along = x * ex + y * ey + z * ez
    share = 0.0 if along <= 0.0 else 1.0 if along >= length else along / length
    x, y, z = x - share * ex, y - share * ey, z - share * ez
    return x * x + y * y + z * z


@compiled({"contract"})
def _to_triangle(x, y, z, triangles, t):
    """Squared distance of the point (x, y, z) to a triangle, which may have no area."""
    ax, ay, az = triangles[t, 0, 0], triangles[t, 0, 1], triangles[t, 0, 2]
    ux, uy, uz = triangles[t, 1, 0] - ax, triangles[t, 1, 1] - ay, triangles[t, 1, 2] - az
    vx, vy, vz = triangles[t, 2, 0] - ax, triangles[t, 2, 1] - ay, triangles[t, 2, 2] - az
    x, y, z = x - ax, y - ay, z - az
    uu, uv, vv = ux * ux + uy * uy + uz * uz, ux * vx + uy * vy + uz * vz, vx * vx + vy * vy + vz * vz
    if uu * vv - uv * uv <= _THIN * uu * vv:
        edge = _to_segment(x - ux, y - uy, z - uz, vx - ux, vy - uy, vz - uz)
        return min(edge, _to_segment(x, y, z, ux, uy, uz), _to_segment(x, y, z, vx, vy, vz))
    # Of p − a, p − b and p − c along the edges u = b − a and v = c − a.
    a1, a2 = ux * x + uy * y + uz * z, vx * x + vy * y + vz * z
    b1, b2, c1, c2 = a1 - uu, a2 - uv, a1 - uv, a2 - vv
    # How far p lies within each edge, as areas.
    of_a, of_b, of_c = b1 * c2 - c1 * b2, c1 * a2 - a1 * c2, a1 * b2 - b1 * a2
    if a1 <= 0.0 and a2 <= 0.0:
        s, t = 0.0, 0.0
    elif b1 >= 0.0 and b2 <= b1:
        s, t = 1.0, 0.0
    elif c2 >= 0.0 and c1 <= c2:
        s, t = 0.0, 1.0
    elif of_c <= 0.0 and a1 >= 0.0 and b1 <= 0.0:
        s, t = a1 / (a1 - b1), 0.0
    elif of_b <= 0.0 and a2 >= 0.0 and c2 <= 0.0:
        s, t = 0.0, a2 / (a2 - c2)
    elif of_a <= 0.0 and b2 >= b1 and c1 >= c2:
        t = (b2 - b1) / ((b2 - b1) + (c1 - c2))
        s = 1.0 - t
    else:
        s, t = of_b / (of_a + of_b + of_c), of_c / (of_a + of_b + of_c)
    x, y, z = x - s * ux - t * vx, y - s * uy - t * vy, z - s * uz - t * vz
    return x * x + y * y + z * z


@compiled({"contract"})
def _search(points, triangles, boxes):
    leaves, size = len(boxes) // 2, len(triangles) // (len(boxes) // 2)
    found = np.empty(len(points))
    nodes, squares = np.empty(64, dtype=np.int64), np.empty(64)
    nearest = 0
    for i in range(len(points)):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        best = _to_triangle(x, y, z, triangles, nearest)
        nodes[0], squares[0], waiting = 1, _to_box(x, y, z, boxes, 1), 1
        while waiting > 0:
            waiting -= 1
            node = nodes[waiting]
            if squares[waiting] >= best:
                continue
            if node >= leaves:
                for t in range((node - leaves) * size, (node - leaves + 1) * size):
                    square = _to_triangle(x, y, z, triangles, t)
                    if square < best:
                        best, nearest = square, t
                continue
            left, right = _to_box(x, y, z, boxes, 2 * node), _to_box(x, y, z, boxes, 2 * node + 1)
            # The nearer child comes last, so that it is taken first.
            nearer = 1 if right < left else 0
            nodes[waiting], squares[waiting] = 2 * node + 1 - nearer, max(left, right)
            nodes[waiting + 1], squares[waiting + 1] = 2 * node + nearer, min(left, right)
            waiting += 2
        found[i] = np.sqrt(best)
    return found
