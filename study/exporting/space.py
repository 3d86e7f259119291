"""Where a sequence comes from: the voxel grid of its source, and the way from the domain to it.

Index 0 is the centre of the first voxel. Physical positions are `origin + index × voxel`, in the source's unit.

d is the dimension, here 3; in the plane, where it is 2, there is no z, and a voxel is a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from study.errors import Mistake
from trainables.shapes.bad_data import BadData
from trainables.shapes.measured import Measured, measured
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import LOWER, SPACE, UPPER, grid_spacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from trainables.shapes.sequence import ShapeSequence

Box = tuple[slice, ...]
"""Voxels z, y, x."""

UNITS = {"um": "micrometer", "µm": "micrometer", "μm": "micrometer", "micron": "micrometer", "nm": "nanometer",
         "mm": "millimeter"}  # fmt: skip
"""Short names of units → those that OME-NGFF spells out."""


@dataclass(frozen=True, eq=False)
class Space:
    """A voxel grid and the domain's place in it."""

    affine: NDArray
    """`(d + 1, d + 1)`: domain (x, y, z, 1) → voxel index (z, y, x, 1)."""
    shape: tuple[int, ...]
    """Voxels along z, y, x."""
    voxel: tuple[float, ...]
    """Sizes along z, y, x, in `unit`."""
    origin: tuple[float, ...]
    """Physical position z, y, x of the first voxel."""
    unit: str

    @property
    def dimension(self) -> int:
        """d."""
        return len(self.shape)

    @property
    def scale(self) -> float:
        """Physical length of a domain unit; where the axes are stretched differently, their geometric mean."""
        physical = np.diag(self.voxel) @ self.affine[:-1, :-1]
        return float(abs(np.linalg.det(physical)) ** (1 / self.dimension))

    @property
    def voxel_volume(self) -> float:
        """Volume of a voxel, `unit`³; area of a pixel, `unit`²."""
        return float(np.prod(self.voxel))

    def box(self, places: NDArray | None = None) -> Box:
        """The voxels whose centres the domain's bounding box holds, at any of the `places` `(F, d)` of the domain."""
        d = self.dimension
        corners = np.stack(np.meshgrid(*[[LOWER, UPPER]] * d, indexing="ij"), axis=-1).reshape(-1, d)
        index = corners @ self.affine[:-1, :-1].T + self.affine[:-1, -1]
        if places is not None:
            index = (index + places[:, None]).reshape(-1, d)
        low = np.clip(np.ceil(index.min(axis=0) - 1e-6).astype(int), 0, self.shape)
        high = np.clip(np.floor(index.max(axis=0) + 1e-6).astype(int) + 1, low, self.shape)
        return tuple(slice(a, b) for a, b in zip(low, high, strict=True))

    def points(self, box: Box, place: NDArray | None = None) -> NDArray:
        """Domain coordinates x, y, z of the centres of the voxels in `box`: `(nz, ny, nx, d)` float32; of a domain that
        is elsewhere by `place` `(d,)`, voxels."""
        inverse = np.linalg.inv(self.affine)
        moved = np.zeros(self.dimension) if place is None else place
        axes = [np.arange(s.start, s.stop, dtype=np.float64) - by for s, by in zip(box, moved, strict=True)]
        index = np.meshgrid(*axes, indexing="ij", sparse=True)
        parts = [sum(row[axis] * along for axis, along in enumerate(index)) + row[-1] for row in inverse[:-1]]
        return np.stack(parts, axis=-1).astype(np.float32)

    def physical(self, points: NDArray, place: NDArray | None = None) -> NDArray:
        """Domain coordinates `(V, d)` x, y, z → physical positions `(V, d)` x, y, z."""
        return (np.asarray(self.origin) + self.index(points, place) * np.asarray(self.voxel))[:, ::-1]

    def index(self, points: NDArray, place: NDArray | None = None) -> NDArray:
        """Domain coordinates `(V, d)` x, y, z → places on the voxel grid `(V, d)` z, y, x."""
        found: NDArray = points @ self.affine[:-1, :-1].T + self.affine[:-1, -1]
        return found if place is None else found + place

    @property
    def mirrored(self) -> bool:
        """Whether the way from the domain to physical x, y, z turns a right hand into a left one."""
        return bool(np.linalg.det(self.affine[:-1, :-1][::-1]) < 0)


def to_index(sizes: Sequence[float]) -> NDArray:
    """The map `(d + 1, d + 1)` from positions (x, y, z, 1) to the index (z, y, x, 1) of voxels that have these sizes
    along z, y, x, and of which the first lies at 0."""
    d = len(sizes)
    affine = np.zeros((d + 1, d + 1))
    affine[:d, :d] = np.fliplr(np.diag(1 / np.asarray(sizes)))
    affine[d, d] = 1
    return affine


def domain_space(n: int, dimension: int = SPACE) -> Space:
    """The domain itself on `grid_points(n)`, for sequences without a source: voxel (z, y, x) lies at that point."""
    h = grid_spacing(n)
    affine = to_index((h,) * dimension)
    affine[:-1, -1] = -LOWER / h
    return Space(affine, (n,) * dimension, (h,) * dimension, (LOWER,) * dimension, "domain")


@dataclass(frozen=True, eq=False)
class Source:
    """The recording that a sequence was read from."""

    space: Space
    times: NDArray
    """`(F,)` in [0, 1], increasing."""
    frames: NDArray
    """`(F,)` frame numbers in the recording."""
    name: str
    root_label: int
    """The label that the sequence has there at its beginning; 0 if that is not known."""
    tracks: tuple[tuple[int, int, int, int], ...] = ()
    """Rows `label begin end parent` of the recording's table, in its frames; none where it has no labels."""
    measured: Measured | None = None
    """What it has in these frames; none of runs of earlier versions."""
    moments: tuple[float, ...] = ()
    """`(F,)` when they were taken, in its unit of time; none of runs of earlier versions."""
    seconds: float | None = None
    """In that unit; none where it is not known."""
    places: NDArray | None = None
    """`(F, d)` voxels z, y, x by which the domain is elsewhere in these frames; none where it is at rest."""

    def place(self, time: float) -> NDArray:
        """The same at a time in [0, 1], `(d,)`."""
        if self.places is None:
            return np.zeros(self.space.dimension)
        return np.array([np.interp(time, self.times, along) for along in self.places.T])

    def moment(self, time: float) -> float:
        """When a time in [0, 1] is, in the recording's unit of time; by the frames' numbers where that is not known."""
        return round(float(np.interp(time, self.times, self.moments or self.frames)), 9)


def source(sequence: ShapeSequence) -> Source | None:
    """The recording of a sequence, None for one that is a formula; Mistake if its prepared file cannot be used."""
    if not isinstance(sequence, Sampled):
        return None
    try:
        held = sequence.prepared()
    except BadData as error:
        raise Mistake(f"sequence {sequence.label}: {error}") from None
    except OSError as error:
        raise Mistake(f"{sequence.file} cannot be read ({error.strerror or error}); restore it") from None
    space = Space(
        affine=held.affine.astype(np.float64), shape=tuple(int(side) for side in held.source_shape),
        voxel=tuple(float(size) for size in held.voxel), origin=(0.0,) * held.dimension,
        unit=str(held.metadata.get("unit") or "voxel"),
    )  # fmt: skip
    name = str(held.metadata.get("source") or sequence.label)
    try:
        known = measured(sequence.file, held.metadata)
    except BadData as error:
        raise Mistake(f"sequence {sequence.label}: {error}") from None
    return Source(
        space, held.times.astype(float), held.frames.astype(int), name, _root(held.metadata),
        tuple(tuple(track) for track in held.metadata.get("tracks") or ()), known,
        tuple(held.metadata.get("moments") or ()), held.metadata.get("seconds"), held.places,
    )  # fmt: skip


def _root(metadata: dict[str, Any]) -> int:
    """The track without a parent among a sequence's own."""
    tracks = metadata.get("tracks") or []
    own = {track[0] for track in tracks}
    roots = [int(label) for label, _, _, parent in tracks if parent not in own]
    return roots[0] if roots else 0
