"""What a shape sequence is, and the box of space and time in which it lives."""

from __future__ import annotations

import json
import math
import sys
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, field_validator

from trainables.configuration import Plugin, choose
from trainables.plugins import plugins

if TYPE_CHECKING:
    import torch
    from torch import Tensor

# Domain of the published experiments (Martens 2025, section 4.1): [-3, 3]^d × [0, 1], in domain units.
LOWER, UPPER = -3.0, 3.0
SIDE = UPPER - LOWER
SPACE, PLANE = 3, 2
"""Values of d, the dimension of a shape."""
FINER = 2
"""Points along an axis of a grid in the plane, for one in space: there are fewer of them all the same."""
DIAGONAL = SIDE * math.sqrt(SPACE)


class ShapeSequence(Plugin):
    """One shape changing over time, on [-3, 3]^d × [0, 1]. A new sequence is a new file in this folder.

    d, its `dimension`, is what everything made of a sequence takes from it: grids `(n, …)` of d axes, points `(…, d)`
    and, with their time, `(…, d + 1)`, meshes in space and contours in the plane.
    """

    dimensions: ClassVar[frozenset[int]] = frozenset({SPACE})
    """Those in which there is such a shape."""
    point_symmetric: ClassVar[bool] = False
    """Whether the shape is at all times its own point reflection in the origin."""

    dimension: int = Field(SPACE, exclude_if=lambda d: d == SPACE, description="d: 3 in space, 2 in the plane")

    @field_validator("dimension")
    @classmethod
    def _known(cls, value: int) -> int:
        if value not in cls.dimensions:
            known = " or ".join(str(d) for d in sorted(cls.dimensions))
            raise ValueError(f"the shape sequence {cls.name} has dimension {known}, not {value}")
        return value

    @classmethod
    def example_of(cls, dimension: int) -> Self:
        """`example`, of one of its dimensions; whoever has another than these says so here."""
        return cls.example() if dimension == SPACE else cls(dimension=dimension)

    @property
    def description(self) -> str:
        """Name and fields as JSON: equal descriptions are equal sequences."""
        return self.model_dump_json()

    @property
    def origin(self) -> str:
        """Its description, but for the grid on which it is kept: sequences of equal origin are one shape."""
        return self.description

    @property
    def label(self) -> str:
        """The sequence's name in tables, different from that of any other sequence of the study."""
        return type(self).name

    def descriptors(self) -> dict[str, float | str]:
        """Columns that say which of many sequences this is."""
        return {}

    def true_bifurcation_time(self) -> float | None:
        """Time at which one component becomes two, where there is such a time."""
        return None

    def inscribed(self, time: float) -> float:
        """Radius of a ball that lies inside the shape, in domain units, as far as it is known without torch; else 0."""
        return 0.0

    def has_outside(self, time: float) -> bool:
        """Whether it is known without torch that some corner of the domain is outside the shape."""
        return False

    @abstractmethod
    def sdf(self, points: Tensor, time: float) -> Tensor:
        """Signed distance, inside negative, in domain units. points `(..., d)` → `(...)`."""

    def grid(self, n: int, device: torch.device | str = "cpu") -> Tensor:
        """`grid_points(n)` of its dimension: `(n, …, d)`."""
        return grid_points(n, device, self.dimension)


def available() -> dict[str, type[ShapeSequence]]:
    """Every shape sequence of this folder, and of other installed packages, by name."""
    return plugins(sys.modules[__package__], ShapeSequence, "shape_sequences")  # type: ignore[type-abstract]


def from_description(description: str | dict[str, Any]) -> ShapeSequence:
    """The sequence whose `description` (JSON, or the mapping it encodes) this is; ValueError if there is none."""
    fields = json.loads(description) if isinstance(description, str) else description
    return choose(available(), fields, "shape sequence")


def from_descriptions(value: Any) -> list[ShapeSequence]:
    """The sequences of a list of descriptions or sequences; ValueError if it is no such list."""
    if not isinstance(value, list) or not all(isinstance(v, dict | ShapeSequence) for v in value):
        raise ValueError("not a list of shape sequences")
    return [from_description(v) if isinstance(v, dict) else v for v in value]


def labelled(sequences: list[ShapeSequence], labels: list[str]) -> list[ShapeSequence]:
    """Those of `sequences` that have one of the `labels`; ValueError if a label is that of none."""
    missing = set(labels) - {sequence.label for sequence in sequences}
    if missing:
        raise ValueError(f"there is no sequence {', '.join(sorted(missing))}")
    return [sequence for sequence in sequences if sequence.label in labels]


def grid_points(n: int, device: torch.device | str = "cpu", dimension: int = SPACE) -> Tensor:
    """Regular grid that includes the faces of the domain: `(n, n, n, 3)`, or `(n, n, 2)` in the plane; spacing
    `grid_spacing(n)`."""
    import torch

    axis = torch.linspace(LOWER, UPPER, n, device=device)
    return torch.stack(torch.meshgrid(*dimension * [axis], indexing="ij"), dim=-1)


def trilinear(volume: Tensor, points: Tensor) -> Tensor:
    """Values on a `grid_points` `(n, n, n)` at points `(..., 3)`: `(...)`; beyond the domain those of its border.

    Likewise, bilinear, `(n, n)` at points `(..., 2)`.
    """
    from torch.nn.functional import grid_sample

    # grid_sample numbers the axes of a volume from the last one, and scales each to [-1, 1]
    dimension = volume.ndim
    where = points.clamp(LOWER, UPPER).flip(-1).reshape(*dimension * (1,), -1, dimension) / UPPER
    values = grid_sample(volume[None, None], where, mode="bilinear", padding_mode="border", align_corners=True)
    return values.reshape(points.shape[:-1])


def resampled(volume: Tensor, n: int) -> Tensor:
    """Values on one `grid_points` `(m, m, m)` or `(m, m)`, linear along each axis on `grid_points(n)`: `(n, n, n)` or
    `(n, n)`."""
    from torch.nn.functional import interpolate

    mode = {2: "bilinear", 3: "trilinear"}[volume.ndim]
    return interpolate(volume[None, None], (n,) * volume.ndim, mode=mode, align_corners=True)[0, 0]


def has_voxel(sequence: ShapeSequence, time: float, n: int) -> bool:
    """Whether some point of `grid_points(n)` is inside the shape; thin shapes may fall between them."""
    if sequence.inscribed(time) > math.sqrt(sequence.dimension) / 2 * grid_spacing(
        n
    ):  # such a ball holds a point of the grid
        return True
    return any(bool((sequence.sdf(_every(n, step, sequence.dimension), time) < 0).any()) for step in (8, 4, 2, 1))


def fills_grid(sequence: ShapeSequence, time: float, n: int) -> bool:
    """Whether every point of `grid_points(n)` is inside the shape: then it has no surface there."""
    if sequence.has_outside(time):
        return False
    steps = (n - 1, 8, 4, 2, 1)  # the corners first
    return all(bool((sequence.sdf(_every(n, step, sequence.dimension), time) < 0).all()) for step in steps)


def _every(n: int, step: int, dimension: int) -> Tensor:
    """Every `step`-th point along each axis of `grid_points(n)`, which is not made for it: `(m, …, d)`."""
    import torch

    axis = torch.linspace(LOWER, UPPER, n)[::step]
    return torch.stack(torch.meshgrid(*dimension * [axis], indexing="ij"), dim=-1)


def power(base: int | str, dimension: int) -> str:
    """In words: `64³`, in the plane `64²`."""
    return f"{base}{'²' if dimension == PLANE else '³'}"


def grid_spacing(n: int) -> float:
    """Distance between neighbours of `grid_points(n)`, in domain units."""
    return SIDE / (n - 1)
