"""Images and volumes to look at, as rows of the table `surfaces`: what went in, the truth, and what came out."""

from __future__ import annotations

from typing import Any

import numpy as np
from skimage.filters import threshold_otsu
from skimage.measure import marching_cubes

from trainables.reconstruction.errors import Array
from trainables.shapes.sequence import LOWER, SIDE

MOST = 6
"""Images that are kept to be looked at."""
_FINE = 32
"""Voxels along a side of the meshes, about: a cell has some 2,000 vertices."""


def displayed(kinds: list[str]) -> list[int]:
    """Positions of at most six images: the first of every class, then the second, and so on."""
    seen: dict[str, int] = {}
    turns = []
    for position, kind in enumerate(kinds):
        seen[kind] = seen.get(kind, 0) + 1
        turns.append((seen[kind], kind, position))
    return sorted(position for _, _, position in sorted(turns)[:MOST])


def display_rows(label: str, picture: Array, truth: Array, likelihood: Array) -> list[dict[str, Any]]:
    """Three rows, `kind` input, true and predicted: `sequence, time, role, kind, vertices, faces, pixels`.

    `pixels` are n² grey levels in [0, 1], of the input only; `vertices` 3 V numbers (x, y, depth in domain units, x to
    the right and y up in the image), `faces` 3 F indices of vertices, both empty where there is no surface.
    """
    level = float(threshold_otsu(likelihood)) if likelihood.max() > likelihood.min() else np.inf
    kinds = {"true": (truth.astype(np.float32), 0.5), "predicted": (likelihood, level)}
    nothing = np.empty(0, dtype=np.float32)
    common = {"sequence": label, "time": 0.0, "role": "test"}
    empty = {"vertices": nothing, "faces": nothing.astype(np.int32)}
    rows = [common | empty | {"kind": "input", "pixels": picture.astype(np.float32).ravel()}]
    for kind, (values, cut) in kinds.items():
        vertices, faces = _mesh(values, cut)
        mesh = {"vertices": vertices.astype(np.float32).ravel(), "faces": faces.astype(np.int32).ravel()}
        rows.append(common | mesh | {"kind": kind, "pixels": nothing})
    return rows


def _mesh(values: Array, level: float) -> tuple[Array, Any]:
    """Vertices `(V, 3)` in domain units and faces `(F, 3)` of a level; the volume is closed at its border."""
    side = values.shape[0]
    if not values.min() < level < values.max():
        return np.empty((0, 3)), np.empty((0, 3), dtype=int)
    block = max(1, side // _FINE)
    coarse = values.reshape(side // block, block, side // block, block, side // block, block).mean((1, 3, 5))
    padded = np.pad(coarse, 1)
    if not padded.min() < level < padded.max():
        return np.empty((0, 3)), np.empty((0, 3), dtype=int)
    vertices, faces, _, _ = marching_cubes(padded, level=level)
    places = LOWER + (vertices - 0.5) * SIDE / len(coarse)
    depth, row, column = places.T
    return np.stack([column, -row, depth], axis=-1), faces
