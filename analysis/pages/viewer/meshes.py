"""Meshes small enough for a web page: fewer triangles, positions in whole steps, and both in numbers that compress.

Shape letters: V vertices, F triangles.
"""

from __future__ import annotations

import numpy as np

from analysis.drawing.rendering import Mesh

STEPS = 2**12 - 1
"""Steps along the longest side of what all meshes fill: more than a panel has pixels."""
MOST_VERTICES = 2**16
BYTES_PER_VERTEX = 14
"""Of :func:`packed`, compressed and as base64, measured on spheres and on bifurcations: 10 to 14."""
_COARSER = 1.1


def simplified(mesh: Mesh, most: int) -> Mesh:
    """``mesh`` with at most ``most`` vertices (at least 8): those in one cell of a grid become one, at their mean.

    Vertex clustering (J. Rossignac and P. Borrel, *Multi-resolution 3D approximations for rendering complex scenes*,
    1993), with the smallest cells that are large enough. What is thinner than a cell may touch itself.
    """
    used, faces = np.unique(mesh.faces, return_inverse=True)
    mesh = Mesh(mesh.vertices[used].astype("float64"), faces.reshape(-1, 3))
    if len(mesh.vertices) <= most:
        return mesh
    extent = float(np.ptp(mesh.vertices, axis=0).max())
    cell = max(np.sqrt(_area(mesh) / most), extent / STEPS) or 1.0  # a mesh may be a line, or a point
    while len((clustered := _clustered(mesh, cell)).vertices) > most:
        cell *= _COARSER
    return clustered


def _area(mesh: Mesh) -> float:
    a, b, c = (mesh.vertices[mesh.faces[:, corner]] for corner in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def _clustered(mesh: Mesh, cell: float) -> Mesh:
    places = np.floor((mesh.vertices - mesh.vertices.min(axis=0)) / cell).astype("int64")
    _, cluster = np.unique(places, axis=0, return_inverse=True)
    sums = np.stack([np.bincount(cluster, weights=axis) for axis in mesh.vertices.T], axis=-1)
    means = sums / np.bincount(cluster)[:, None]
    faces = cluster[mesh.faces]
    faces = faces[(faces != np.roll(faces, 1, axis=1)).all(axis=1)]
    _, first = np.unique(np.sort(faces, axis=1), axis=0, return_index=True)
    used, faces = np.unique(faces[np.sort(first)], return_inverse=True)
    return Mesh(means[used], faces.reshape(-1, 3))


def packed(mesh: Mesh, low: np.ndarray, step: float) -> bytes:
    """Vertices, then triangles, each as 16-bit numbers of which all low bytes come first, then all high ones.

    Vertices stand in the order in which triangles use them, so that a triangle's corner is told by how far it lies
    behind the next new one (0: it is that one), and a vertex, ``low`` (3,) plus whole steps, by its difference to the
    one before: small numbers, which compress. ValueError if a number does not fit.
    """
    if mesh.empty:
        return b""
    corners = mesh.faces.ravel()
    used, first, numbers = np.unique(corners, return_index=True, return_inverse=True)
    turn = np.argsort(first)
    places = np.empty(len(used), dtype="int64")
    places[turn] = np.arange(len(used))
    steps = np.round((mesh.vertices[used[turn]] - low) / step).astype("int64")
    if len(used) > MOST_VERTICES or steps.min() < 0 or steps.max() > STEPS:
        raise ValueError(f"a mesh of {len(used)} vertices at {steps.min():g} to {steps.max():g} does not fit")
    ordered = places[numbers]
    new = np.maximum.accumulate(np.concatenate([[0], ordered[:-1] + 1]))
    return _planes(np.diff(steps, axis=0, prepend=0)) + _planes(new - ordered)


def _planes(numbers: np.ndarray) -> bytes:
    """Low bytes, then high bytes, of whole numbers modulo 2¹⁶."""
    return np.ascontiguousarray(numbers.ravel() % 2**16, dtype="<u2").view("uint8").reshape(-1, 2).T.tobytes()


def unpacked(content: bytes, vertices: int, triangles: int, low: np.ndarray, step: float) -> Mesh:
    """The reverse of :func:`packed`, as ``viewer.js`` does it too."""
    both = np.frombuffer(content, dtype="uint8")
    middle, end = 6 * vertices, 6 * (vertices + triangles)
    parts = (both[:middle], both[middle:end])
    steps, behind = (part.reshape(2, -1).T.copy().view("<u2").ravel() for part in parts)
    positions = np.cumsum(steps.astype("int64").reshape(-1, 3), axis=0) % 2**16
    new = np.concatenate([[0], np.cumsum(behind == 0)[:-1]])
    return Mesh(low + step * positions, (new - behind).reshape(-1, 3))
