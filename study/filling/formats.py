"""A filled recording in the formats of `study.export`: what a format is given, made of the frames and their surfaces.

A family of cells, a mother with all that came of her, is one sequence. Its domain is physical space itself, µm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from analysis.drawing.rendering import Mesh
from study.exporting.group import slug
from study.exporting.lineage import Track
from study.exporting.mesh import surface
from study.exporting.space import Box, Space, to_index
from trainables.shapes.sequence import LOWER, grid_spacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from study.exporting.formats import Format
    from study.exporting.moment import Movie
    from study.filling.labels import Filled
    from study.filling.lattice import Cube
    from study.filling.moments import Moment

TITLE = "filled"


@dataclass(frozen=True, eq=False)
class Family:
    """A mother and all that came of her."""

    label: str
    root: int
    space: Space
    box: Box
    """The whole volume, or image."""

    def physical(self, points: NDArray[Any], time: float) -> NDArray[Any]:
        """Physical positions `(V, d)` x, y, z of what is given in µm, at rest at all times."""
        return self.space.physical(points)


@dataclass(frozen=True, eq=False)
class Part:
    """A family in a frame."""

    member: Family
    time: float
    sdf: NDArray[np.float32]
    """Of its surface, µm, on the voxels of the volume; NaN far away."""
    labels: NDArray[Any]
    """Of its cells, 0 elsewhere."""
    mesh: Mesh
    """µm, x, y, z; in the plane its outline, x, y."""
    row: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Frame:
    """All families of a frame."""

    index: int
    time: float
    parts: list[Part]


@dataclass(frozen=True, eq=False)
class Filming:
    """What a format knows of a recording before its frames come."""

    filled: Filled

    @property
    def members(self) -> list[Family]:
        recording, roots = self.filled.filler.recording, self.filled.filler.roots
        affine, origin = to_index(recording.voxel), (0.0,) * len(recording.voxel)
        space = Space(affine, recording.shape, recording.voxel, origin, recording.reader.unit)
        box = tuple(slice(0, side) for side in recording.shape)
        return [Family(f"track-{root:02d}", root, space, box) for root in sorted(set(roots.values()))]

    @property
    def name(self) -> str:
        return Path(self.filled.filler.recording.name).stem

    @property
    def space(self) -> Space:
        return self.members[0].space

    @property
    def times(self) -> list[float]:
        return [moment.time for moment in self.filled.moments]

    @property
    def seconds(self) -> float | None:
        """In the unit of time."""
        return self.filled.filler.recording.seconds

    def frame_axis(self) -> NDArray[np.float64]:
        return np.asarray(self.times)

    def interval(self) -> float | None:
        return self.filled.interval

    # a format's movie is its group, too: nothing is computed by it
    @property
    def group(self) -> Filming:
        return self

    @property
    def kind(self) -> type[np.unsignedinteger[Any]]:
        return self.filled.kind

    @property
    def tracks(self) -> list[Track]:
        return [Track(*row) for row in self.filled.table()]


@dataclass(eq=False)
class Films:
    """The frames in some formats, each written into a folder of its own as they come."""

    filled: Filled
    kinds: Sequence[type[Format]]
    folders: Sequence[Path]
    _rows: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._movie = Filming(self.filled)
        self._writers = []
        for kind, folder in zip(self.kinds, self.folders, strict=True):
            place = folder / slug(self._movie.name)
            place.mkdir()
            self._writers.append(kind(place, cast("Movie", self._movie), TITLE, False))

    def add(self, moment: Moment, labels: NDArray[Any]) -> None:
        """Take the next frame."""
        if not self._writers:
            return
        there = set(self.filled.filler.roots_at(moment))
        place = sum(known.time < moment.time for known in self.filled.moments)
        parts = [self._part(place, moment, family, labels) for family in self._movie.members if family.root in there]
        self._rows += [part.row for part in parts]
        for writer in self._writers:
            writer.add(cast("Any", Frame(place, moment.time, parts)))

    def close(self) -> None:
        for writer in self._writers:
            writer.close(self._rows)

    def _part(self, place: int, moment: Moment, family: Family, labels: NDArray[Any]) -> Part:
        filler = self.filled.filler
        values, cube = filler.surface(moment, family.root)
        own = [label for label, root in filler.roots.items() if root == family.root]
        mine = np.where(np.isin(labels, own), labels, 0)
        box, depth = cube.cut(values, filler.recording.voxel, filler.recording.shape)
        sdf = np.full(labels.shape, np.nan, dtype=np.float32)
        sdf[box] = depth
        inside = mine > 0
        sdf[inside] = np.fmin(sdf[inside], -1e-6)
        sdf[~inside] = np.maximum(sdf[~inside], 1e-6)
        rows = [row for row in self.filled.rows if row["frame"] == moment.index and row["label"] in own]
        volume = sum(row["volume"] for row in rows)
        errors = [row["expected_error"] for row in rows if row["expected_error"] is not None]
        row = {
            "sequence": family.label, "time_index": place, "time": moment.time, "frame": moment.frame,
            "shown": moment.measured, "volume": volume, "volume_mean": volume, "volume_sd": float("nan"),
            "uncertainty": float(np.mean(errors)) if errors else float("nan"),
        }  # fmt: skip
        return Part(family, moment.time, sdf, mine, _mesh(values, cube), row)


def _mesh(values: NDArray[np.float32], cube: Cube) -> Mesh:
    """The zero level of a field on a cube `(n, n, n)`, axes z, y, x, as vertices x, y, z, µm; in the plane likewise."""
    found = surface(values.T)
    steps = (np.asarray(found.vertices) - LOWER) / grid_spacing(cube.n)
    return Mesh((steps + cube.low[::-1]) * cube.h, found.faces)
