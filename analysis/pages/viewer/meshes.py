"""Meshes small enough for a web page: fewer triangles, and positions in whole steps of 16 bits.

Shape letters: V vertices, F triangles.
"""

from __future__ import annotations

import base64

import numpy as np

from analysis.drawing.rendering import Mesh

STEPS = 2**16 - 1
"""Steps along the longest side of what all meshes fill."""
BYTES_PER_VERTEX = 24
"""Of :func:`packed`: 6 bytes for the position and 12 for the two triangles that a vertex has, as base64."""
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


def packed(mesh: Mesh, low: np.ndarray, step: float) -> tuple[str, str]:
    """Vertices and triangles as base64 of little-endian unsigned 16-bit numbers; a vertex is ``low`` (3,) plus whole
    steps. ValueError if a number does not fit."""
    steps = np.round((mesh.vertices - low) / step)
    if mesh.empty:
        return "", ""
    if len(mesh.vertices) > STEPS + 1 or steps.min() < 0 or steps.max() > STEPS:
        raise ValueError(f"a mesh of {len(mesh.vertices)} vertices at {steps.min():g} to {steps.max():g} does not fit")
    return _base64(steps), _base64(mesh.faces)


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers, dtype="<u2").tobytes()).decode()
