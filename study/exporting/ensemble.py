"""The replicates of a model on a voxel grid: the shape that is exported, and how far they agree on it.

What counts are signs, and values near a surface. So each replicate is first evaluated in a narrow band on a grid of
the domain. In a cell of that grid whose corners have one sign, the same for all replicates, as have its neighbours',
every voxel has that sign; all other voxels are evaluated themselves, by every replicate.

# R = replicate, P = point, d = dimension
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy import ndimage

from trainables.metrics.narrow_band import narrow_band
from trainables.metrics.volumes import dice
from trainables.shapes.sequence import LOWER, SPACE, UPPER, grid_spacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Points along an axis of the grid on which bands are sought.
_BAND = 64
# A lattice of so few points is evaluated throughout: that is faster than the band.
_FEW = 1 << 15
# Points whose values of all replicates are held at once: bounds memory, not results.
_HELD = 1 << 19


@dataclass(frozen=True, eq=False)
class Volume:
    """The replicates on a lattice of the shape `(a, b, c)`, or `(a, b)`, at one time; lengths in domain units."""

    value: NDArray
    """The exported SDF, float32; exact where `exact`, elsewhere of the right sign; NaN outside the domain."""
    deviation: NDArray
    """Standard deviation of the replicates' SDF, float32; NaN where not `exact`, or with fewer than two replicates."""
    exact: NDArray
    insides: NDArray
    """`(R, a, b, …)`: where each replicate is negative."""
    median: NDArray
    """Where the median of the replicates' SDF is negative."""

    @property
    def inside(self) -> NDArray:
        """The exported shape."""
        inside: NDArray = self.value < 0
        return inside

    def disagreement(self) -> float:
        """Mean over replicates of 1 − Dice to the median shape; NaN with fewer than two replicates, or where no
        more than half of them have a shape."""
        if len(self.insides) < 2:
            return float("nan")
        return float(np.mean([1 - dice(inside, self.median) for inside in self.insides]))

    def surface_deviation(self) -> float:
        """Mean of `deviation` over the voxels on both sides of the exported surface; NaN if there is none."""
        near = _both_sides(self.inside) & ~np.isnan(self.deviation)
        return float(self.deviation[near].mean()) if near.any() else float("nan")


class Ensemble:
    """The replicates' SDFs of one sequence, functions (P, d + 1) → (P,) of tensors, and which of them is exported."""

    def __init__(
        self,
        fields: list[Callable[[torch.Tensor], torch.Tensor]],
        exported: int | None = None,
        dimension: int = SPACE,
    ) -> None:
        self.fields, self.dimension = fields, dimension
        self._cells: tuple[float, NDArray, NDArray] | None = None
        self.exported = exported
        """Index of the exported replicate; None for the mean of all SDFs."""
        self.factor = 1.0
        """c of `uncertainty.py`, once it is calibrated."""

    def values(self, points: NDArray, time: float) -> NDArray:
        """SDF of every replicate at domain coordinates `(P, d)`: `(R, P)` float32."""
        x = torch.from_numpy(np.ascontiguousarray(points, dtype=np.float32))
        given = torch.cat([x, torch.full_like(x[:, :1], time)], dim=1)
        return torch.stack([field(given) for field in self.fields]).numpy()

    def field(self, points: torch.Tensor) -> torch.Tensor:
        """The exported field, (P, d + 1) → (P,)."""
        if self.exported is not None:
            return self.fields[self.exported](points)
        return torch.stack([field(points) for field in self.fields]).mean(dim=0)

    def exported_of(self, values: NDArray) -> NDArray:
        """The exported field of the values `(R, …)` of all replicates: their mean, or that of the one."""
        field: NDArray = values.mean(axis=0) if self.exported is None else values[self.exported]
        return field

    def standard_error(self, values: NDArray) -> NDArray:
        """Of the exported field, by the values `(R, …)` of two replicates or more: that of their mean, or of one."""
        count = len(values) if self.exported is None else 1
        found: NDArray = values.std(axis=0, ddof=1) / np.sqrt(count)
        return found

    def volume(self, points: NDArray, time: float, everywhere: bool = False) -> Volume:
        """The replicates at the lattice `points` `(a, b, …, d)`; `everywhere`: no voxel gets its sign only."""
        shape, flat = points.shape[:-1], points.reshape(-1, self.dimension)
        valid = (np.abs(flat) <= UPPER + 1e-5).all(axis=1)
        count = len(flat)
        value = np.full(count, np.nan, dtype=np.float32)
        deviation = np.full(count, np.nan, dtype=np.float32)
        insides = np.zeros((len(self.fields), count), dtype=bool)
        median = np.zeros(count, dtype=bool)
        exact = np.zeros(count, dtype=bool)

        def evaluate(chosen: NDArray) -> None:
            for places in np.array_split(chosen, max(1, -(-len(chosen) // _HELD))):
                found = self.values(flat[places], time)
                value[places] = self.exported_of(found)
                if len(found) > 1:
                    deviation[places] = found.std(axis=0, ddof=1)
                insides[:, places] = found < 0
                median[places] = np.median(found, axis=0) < 0
            exact[chosen] = True

        if everywhere or count <= _FEW:
            evaluate(np.flatnonzero(valid))
        else:
            unsure, sign = self._band(flat, time)
            value[valid & ~unsure] = sign[valid & ~unsure]
            insides[:, valid & ~unsure] = median[valid & ~unsure] = sign[valid & ~unsure] < 0
            evaluate(np.flatnonzero(valid & unsure))
            near = _both_sides((value < 0).reshape(shape)).ravel()
            evaluate(np.flatnonzero(valid & near & ~exact))
        return Volume(
            value.reshape(shape), deviation.reshape(shape), exact.reshape(shape), insides.reshape(-1, *shape),
            median.reshape(shape),
        )  # fmt: skip

    def _band(self, points: NDArray, time: float) -> tuple[NDArray, NDArray]:
        """For each of the points `(P, d)`: whether replicates must be asked, and the mean SDF nearby, whose sign
        holds where they need not be."""
        if self._cells is None or self._cells[0] != time:
            self._cells = (time, *self._find_cells(time))
        _, mixed, nearby = self._cells
        cell = np.clip(((points - LOWER) / grid_spacing(_BAND)).astype(int), 0, _BAND - 2)
        place = tuple(cell.T)
        return mixed[place], nearby[place]

    def _find_cells(self, time: float) -> tuple[NDArray, NDArray]:
        """Cells of the band's grid in which replicates must be asked, and the mean SDF at its points."""
        d = self.dimension
        total = np.zeros((_BAND,) * d, dtype=np.float32)
        some, every = np.zeros((_BAND - 1,) * d, dtype=bool), np.ones((_BAND - 1,) * d, dtype=bool)
        sides = slice(None, -1), slice(1, None)
        for field in self.fields:
            found = narrow_band(field, [time], _BAND, dimension=d).values[0].numpy()
            total += found
            corners = [found[corner] < 0 for corner in itertools.product(sides, repeat=d)]
            some |= np.any(corners, axis=0)
            every &= np.all(corners, axis=0)
        return ndimage.maximum_filter(some & ~every, size=3), total / len(self.fields)


def _both_sides(inside: NDArray) -> NDArray:
    """Voxels with a neighbour of the other kind: across a face, in the plane across an edge."""
    return (ndimage.binary_dilation(inside) & ~inside) | (inside & ~ndimage.binary_erosion(inside, border_value=1))
