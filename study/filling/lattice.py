"""Shapes as signed distances on cubes that follow them: points of one lattice for each cell, fine for small ones.

A lattice has its points at multiples of its spacing h (µm) from the first voxel's centre. The field of a shape is
computed once, on the box around it and a margin; the cube on which frames are interpolated is the one around the boxes
of these frames, in which motion has its full size. So how finely a shape is seen depends on the shape and not on how
far it moves, and linear blending is what it is in the recording's own coordinates.

In the plane a cube is a square, and every `(n, n, n)` below is `(n, n)`, every `(z, y, x)` is `(y, x)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import affine_transform

from trainables.shapes.mask_to_sdf import redistanced
from trainables.shapes.preparation import on_voxels
from trainables.shapes.sequence import SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainables.shapes.readers.base import Frame, Sizes

MARGIN = 0.18
"""Outside that surrounds a shape, as a share of its largest extent: a shape at rest fills 4.4 of the 6 domain units."""
LEAST = 24
"""Points along a cube's edge, at least."""


@dataclass(frozen=True, eq=False)
class Field:
    """Signed distances in µm at some points of a lattice."""

    low: NDArray[np.int64]
    """Lattice index `(3,)` of the first point."""
    values: NDArray[np.float32]
    """`(n1, n2, n3)`, axes z, y, x; negative inside."""

    def coarser(self, step: int) -> Field:
        """Every `step`-th point of the lattice, with indices of their own."""
        if step == 1:
            return self
        skipped = -self.low % step
        return Field((self.low + skipped) // step, self.values[tuple(slice(int(s), None, step) for s in skipped)])

    @property
    def high(self) -> NDArray[np.int64]:
        """One beyond the last point."""
        return self.low + self.values.shape


def spacing(extents: Sequence[float], voxel: Sizes, points: int) -> float:
    """The lattice's spacing for a cell of these largest extents (µm), one a frame: that of the finest voxel, finer
    where the cell is small, but not finer than `points` along a cube's edge allow."""
    smallest, largest = ((1 + 2 * MARGIN) * side for side in (min(extents), max(extents)))
    return max(min(*voxel, smallest / (LEAST - 1)), largest / (points - 1))


def extent(frame: Frame, voxel: Sizes) -> float:
    """The longest side of a shape's box, µm."""
    return float(max(n * size for n, size in zip(frame.values.shape, voxel, strict=True)))


def field_of(frame: Frame, voxel: Sizes, h: float) -> Field:
    """The signed distance of a shape around it."""
    sizes = np.array(voxel)
    inside = frame.values if frame.values.dtype == bool else frame.values < 0
    axes = range(inside.ndim)
    lines = [np.flatnonzero(inside.any(axis=tuple(set(axes) - {axis}))) for axis in axes]
    offset = np.array(frame.offset)
    first = (offset + [line[0] for line in lines] - 0.5) * sizes
    last = (offset + [line[-1] for line in lines] + 0.5) * sizes
    around = max(MARGIN * float((last - first).max()), 3 * h)
    low = np.floor((first - around) / h).astype(np.int64)
    high = np.ceil((last + around) / h).astype(np.int64) + 1
    masked = frame.values.dtype == bool
    if masked:  # distances as far as they are wanted
        more = np.ceil(around / sizes).astype(int)
        frame, offset = replace(frame, values=np.pad(frame.values, [(int(m), int(m)) for m in more])), offset - more
    plain, margin = on_voxels(frame, voxel)
    sampled = affine_transform(
        plain, h / sizes, low * h / sizes - offset + margin, output_shape=tuple(high - low), output=np.float32,
        order=3 if masked else 1, mode="nearest",
    )  # fmt: skip
    if not (sampled < 0).any():  # thinner than the lattice: its deepest place is a point
        sampled.ravel()[int(sampled.argmin())] = -0.1 * h
    return Field(low, redistanced(sampled, h))


@dataclass(frozen=True, eq=False)
class Cube:
    """The lattice points on which some fields are interpolated: `(n, n, n)`, the domain of the rules."""

    low: NDArray[np.int64]
    n: int
    h: float

    @classmethod
    def around(cls, fields: Sequence[Field], h: float) -> Cube:
        low = np.min([field.low for field in fields], axis=0)
        high = np.max([field.high for field in fields], axis=0)
        n = int((high - low).max())
        return cls(low - (n - (high - low)) // 2, n, h)

    @property
    def unit(self) -> float:
        """Domain units per µm."""
        return SIDE / ((self.n - 1) * self.h)

    def embedded(self, field: Field) -> NDArray[np.float32]:
        """The field on the cube, µm; beyond its box the distance to the box is added."""
        before = field.low - self.low
        places = [np.arange(self.n) - b for b in before]
        inner = [p.clip(0, side - 1) for p, side in zip(places, field.values.shape, strict=True)]
        beyond = [(p - q).astype(np.float32) ** 2 for p, q in zip(places, inner, strict=True)]
        far = np.sqrt(sum(np.meshgrid(*beyond, indexing="ij", sparse=True)))
        found: NDArray[np.float32] = field.values[np.ix_(*inner)] + np.float32(self.h) * far
        return found

    def cut(self, values: NDArray[np.float32], voxel: Sizes, shape: Sequence[int]) -> tuple[tuple[slice, ...], Any]:
        """Values on the cube, trilinear on the voxels of the volume that lie in it: their box, and `(z, y, x)`."""
        sizes = np.array(voxel)
        low = np.clip(np.ceil(self.low * self.h / sizes - 1e-6).astype(int), 0, shape)
        high = np.clip(np.floor((self.low + self.n - 1) * self.h / sizes + 1e-6).astype(int) + 1, low, shape)
        box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        step, first = sizes / self.h, low * sizes / self.h - self.low
        found = affine_transform(values, step, first, output_shape=tuple(high - low), order=1, mode="nearest")
        return box, found
