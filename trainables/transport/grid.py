"""A regular grid and the ground cost on it.

The cost between two voxel centres is separable, one term per axis (Martens 2025, eq. 2.4, with GeomLoss' 1/p):

    C(x, y) = Σ_axis |x_axis − y_axis|^p / p,

which is ½‖x − y‖² for p = 2 and the ℓ¹ distance for p = 1. Separability is what makes every sum over the grid
a sequence of sums along its axes, so that no N × N matrix is ever formed.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

Spacing = float | Iterable[float]


@dataclass(frozen=True)
class Grid:
    """A regular grid of voxel centres. Hashable, so that kernels made for it can be cached."""

    shape: tuple[int, ...]
    """Number of voxels along each axis, one to three axes, two or more voxels each."""
    spacing: tuple[float, ...]
    """Distance between neighbouring centres along each axis, in domain units."""
    p: int = 2
    """Exponent of the ground cost, 1 or 2."""

    @classmethod
    def of(cls, shape: Sequence[int], spacing: Spacing, p: int = 2) -> "Grid":
        """Makes a grid from a shape and one spacing, or one per axis.

        Raises:
          ValueError: for anything but one to three axes of two or more voxels, spacings that are not positive
            and finite or not as many as the axes, p other than 1 or 2.
        """
        shape = tuple(int(size) for size in shape)
        if not 1 <= len(shape) <= 3:
            raise ValueError(f"A grid must have one to three axes, not {len(shape)}.")
        if min(shape) < 2:
            raise ValueError(f"A grid must have at least two voxels along each axis, but its shape is {shape}.")
        if isinstance(spacing, Iterable):
            spacings = tuple(float(length) for length in spacing)
        else:
            spacings = (float(spacing),) * len(shape)
        if len(spacings) != len(shape):
            raise ValueError(f"The spacing has {len(spacings)} lengths, but the grid has {len(shape)} axes.")
        if not all(math.isfinite(length) and length > 0 for length in spacings):
            raise ValueError(f"The spacing must be positive and finite, not {spacings}.")
        if p not in (1, 2):
            raise ValueError(f"The exponent p must be 1 or 2, not {p}.")
        return cls(shape, spacings, p)

    @property
    def dimension(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def diameter(self) -> float:
        """Euclidean distance between opposite corner voxels' centres, in domain units."""
        return math.hypot(*((size - 1) * length for size, length in zip(self.shape, self.spacing, strict=True)))

    def axis_cost(self, axis: int) -> torch.Tensor:
        """The cost along one axis, ``[n, n]``, float64, in domain units to the power p."""
        position = torch.arange(self.shape[axis], dtype=torch.float64) * self.spacing[axis]
        return (position[:, None] - position[None, :]).abs() ** self.p / self.p
