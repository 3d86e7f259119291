"""A recorded shape: signed distances at the times of its frames, and at no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from trainables.shapes.bad_data import BadData
from trainables.shapes.prepared import Prepared, load
from trainables.shapes.sequence import LOWER, PLANE, SPACE, UPPER, ShapeSequence, grid_points, trilinear

if TYPE_CHECKING:
    from torch import Tensor

    from trainables.shapes.prepared import Array

_SAME_TIME = 1e-6
_STEEPNESS = 0.8
"""Distance per change of a recorded field, at least: filtering makes it a little steeper than a distance."""


class Sampled(ShapeSequence):
    """The sequence in a file that `trainables.shapes.preparation` has made."""

    name: ClassVar[str] = "sampled"
    dimensions: ClassVar[frozenset[int]] = frozenset({PLANE, SPACE})

    file: str = Field(min_length=1, description="path or URI of the prepared file")
    title: str = Field(min_length=1, description="the sequence's name in tables, different from any other's")

    @classmethod
    def example(cls) -> Sampled:
        return cls.example_of(SPACE)

    @classmethod
    def example_of(cls, dimension: int) -> Sampled:
        """A ball of radius 1 that moves by 1, in three frames on 24 points an axis; its file lies in the cache."""
        import numpy as np

        from trainables.files import cached

        points, times = grid_points(24, dimension=dimension), np.array([0.0, 0.5, 1.0])
        along = points.new_tensor([1.0, 0.0, 0.0][:dimension])
        balls = [(points - time * along).norm(dim=-1).numpy() - 1 for time in times]
        content = Prepared(
            sdf=np.stack(balls),
            times=times,
            frames=np.arange(3),
            affine=np.eye(dimension + 1),
            source_shape=np.full(dimension, 24),
            voxel=np.ones(dimension),
            metadata={"label": "ball"},
        ).to_bytes()
        return cls(file=cached("sequences", f"ball-{dimension}.npz", content), title="ball", dimension=dimension)

    @property
    def label(self) -> str:
        return self.title

    def prepared(self) -> Prepared:
        """The file's content; raises BadData, also where it has another dimension."""
        found = load(self.file)
        if found.dimension != self.dimension:
            raise BadData(f"{self.file}: its frames have {found.dimension} axes; prepare the recording again")
        return found

    def times(self) -> list[float]:
        """The times of its frames, from 0 to 1."""
        return [float(time) for time in self.prepared().times]

    def division_time(self) -> float | None:
        """When one cell becomes two for the first time, halfway between two frames; None where it does not."""
        prepared = self.prepared()
        division = prepared.metadata.get("division")
        first, last = float(prepared.frames[0]), float(prepared.frames[-1])
        return None if division is None else (division - first) / (last - first)

    def descriptors(self) -> dict[str, float | str]:
        time = self.division_time()
        return {} if time is None else {"division_time": time}

    def inscribed(self, time: float) -> float:
        return -_STEEPNESS * float(self.frame(time).min())

    def has_outside(self, time: float) -> bool:
        frame = self.frame(time)
        return bool(
            (frame[(slice(None, None, len(frame) - 1),) * frame.ndim] > 0).any()
        )  # corners of the domain are points of its grid

    def frame(self, time: float) -> Array:
        """The frame at `time` as it was prepared, `(n, …)`. Raises BadData if none is within 1e-6 of it."""
        import numpy as np

        prepared = self.prepared()
        nearest = int(np.abs(prepared.times - time).argmin())
        if not abs(float(prepared.times[nearest]) - time) <= _SAME_TIME:
            times = ", ".join(f"{t:.6g}" for t in prepared.times)
            raise BadData(f"{self.title} has no frame at time {time}; its frames are at the times {times}")
        return np.asarray(prepared.sdf[nearest])

    def sdf(self, points: Tensor, time: float) -> Tensor:
        """Linear along each axis between the grid's points; beyond the domain the distance to the domain is added.

        Raises BadData if no frame is within 1e-6 of `time`.
        """
        import torch

        volume = torch.from_numpy(self.frame(time)).to(points)
        return trilinear(volume, points) + (points - points.clamp(LOWER, UPPER)).norm(dim=-1)
