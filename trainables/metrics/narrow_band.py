"""A field on a regular grid, evaluated only where its zero level may be: coarse to fine, in a narrow band.

A cube of grid points (or a square) whose centre c has |f(c)| > L ρ, with ρ the distance from c to its farthest point
and L a bound on the slope |∇f|, has the sign of f(c) everywhere. Other cubes are halved, down to single points. At the
end every grid point has its sign, and every corner of a cell that the surface crosses has its value: marching cubes
finds the faces and vertices of the dense grid.

**The bound.** L = `SAFETY` × the largest slope seen, the root of the sum of squares of (f(a) − f(b)) / |a − b| along
the three axes over neighbouring evaluated points, at the present and all coarser levels. A network has no useful proven
bound (the product of its layers' norms is hundreds of times too large), so this one is checked: no finer level, down to
the grid points around the surface, may show a slope above the L with which the coarsest cubes were cut, and no point
another sign than it was given. Where that fails, or a value is not finite, the rest of that time's grid is evaluated
after all, and `fallback` says so.

# T = time, n = grid points along each axis, m = cubes along each axis, P = points, d = dimension
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from trainables.shapes.sequence import LOWER, SPACE, UPPER, grid_spacing

# Points (P, d + 1), x, y[, z] in domain units and t, → values (P,).
Field = Callable[[Tensor], Tensor]

SAFETY = 2.0
"""L over the largest slope seen."""

# Cubes along an axis at the coarsest level: what is smaller than 6 / 16 domain units must show in the slope.
_COARSEST = 16
# Grid values held at once: bounds memory, not results.
_HELD = 1 << 22


@dataclass(frozen=True)
class Volumes:
    """A field at T times on `grid_points(n)`, exact where the zero level is, of the right sign elsewhere."""

    values: Tensor
    """`(T, n, …)`: the field's value at every corner of a cell with both signs; elsewhere a value of the field's
    sign, taken from the centre of a cube around the point."""
    evaluations: Tensor
    """`(T,)`: how often the field was evaluated; the dense grid takes n^d."""
    bound: Tensor
    """`(T,)`: L, the largest bound on the slope with which cubes were cut, in units of the field per domain unit."""
    fallback: Tensor
    """`(T,)`: true where the bound did not hold, so that the rest of the grid was evaluated after all."""


def narrow_band(
    field: Field, times: list[float], n: int, device: torch.device | str = "cpu", dimension: int = SPACE
) -> Volumes:
    """`field` at `times` on `grid_points(n)` of that dimension, evaluated where its zero level may be."""
    size = max(1, _HELD // n**dimension)
    parts = [
        _Refinement(field, torch.tensor(times[i : i + size], device=device), n, dimension).volumes()
        for i in range(0, len(times), size)
    ]
    return Volumes(
        values=torch.cat([part.values for part in parts]),
        evaluations=torch.cat([part.evaluations for part in parts]),
        bound=torch.cat([part.bound for part in parts]),
        fallback=torch.cat([part.fallback for part in parts]),
    )


class _Refinement:
    """What is known of the field while cubes are halved: arrays are `(T, m, …)`, one value a cube."""

    def __init__(self, field: Field, times: Tensor, n: int, dimension: int) -> None:
        self.field, self.times, self.n, self.dimension = field, times, n, dimension
        self.axes = range(1, dimension + 1)
        """Of space, in an array."""
        self.evaluations = torch.zeros(len(times), dtype=torch.long, device=times.device)
        self.slope = torch.zeros(len(times), device=times.device)

    def volumes(self) -> Volumes:
        block = 1
        while self.n >= 2 * block * _COARSEST:
            block *= 2
        shape = (len(self.times), *(math.ceil(self.n / block),) * self.dimension)
        values = torch.empty(shape, device=self.times.device)
        evaluated = torch.ones(shape, dtype=torch.bool, device=self.times.device)
        self._evaluate(values, evaluated, block)
        self._steepen(values, evaluated, block)
        bound = SAFETY * self.slope
        while block > 1:
            radius = (block - 1) / 2 * math.sqrt(self.dimension) * grid_spacing(self.n)
            unsure = ~(values.abs() > self._of_times(SAFETY * radius * self.slope))  # true for NaN
            block //= 2
            values, evaluated = self._halve(values, block), self._halve(unsure, block)
            self._evaluate(values, evaluated, block)
            self._steepen(values, evaluated, block)
        wrong = self._complete(values, evaluated)
        held = ~wrong & (self.slope <= bound) & values.isfinite().flatten(1).all(1)
        rest = ~(evaluated | self._of_times(held))
        self._evaluate(values, rest, 1)
        return Volumes(values, self.evaluations, SAFETY * self.slope, rest.flatten(1).any(1))

    def _of_times(self, numbers: Tensor) -> Tensor:
        """Numbers `(T,)` that broadcast over the cubes of each time."""
        return numbers.view(-1, *self.dimension * (1,))

    def _centres(self, block: int) -> Tensor:
        """Coordinate `(m,)` of the middle of each cube's grid points along an axis."""
        first = torch.arange(0, self.n, block, device=self.times.device)
        last = (first + block - 1).clamp(max=self.n - 1)
        axis = torch.linspace(LOWER, UPPER, self.n, device=self.times.device)
        return (axis[first] + axis[last]) / 2

    def _evaluate(self, values: Tensor, chosen: Tensor, block: int) -> None:
        """Put the field at the centres of the `chosen` cubes into `values`."""
        time, *cube = chosen.nonzero(as_tuple=True)
        if len(time) == 0:
            return
        centres = self._centres(block)
        points = torch.stack([*(centres[index] for index in cube), self.times[time]], dim=1)
        values[chosen] = self.field(points)
        self.evaluations += torch.bincount(time, minlength=len(self.times))

    def _steepen(self, values: Tensor, evaluated: Tensor, block: int) -> None:
        """Raise `slope` to the largest |∇f| between neighbouring evaluated centres."""
        steps, m = self._centres(block).diff(), values.shape[1]
        known = evaluated[(slice(None), *self.dimension * (slice(None, -1),))].clone()
        square = torch.zeros(known.shape, device=values.device)
        for axis in self.axes:
            difference, following = values.diff(dim=axis), evaluated.narrow(axis, 1, m - 1)
            for other in set(self.axes) - {axis}:
                difference, following = difference.narrow(other, 0, m - 1), following.narrow(other, 0, m - 1)
            square += (difference / steps.view([-1 if i == axis else 1 for i in range(values.ndim)])).square_()
            known &= following
        self.slope = torch.maximum(self.slope, torch.where(known, square, 0.0).flatten(1).amax(1).sqrt())

    def _halve(self, cubes: Tensor, block: int) -> Tensor:
        """Each cube's value for its 2^d halves, of `block` grid points along an axis."""
        m = math.ceil(self.n / block)
        for axis in self.axes:
            cubes = cubes.repeat_interleave(2, dim=axis).narrow(axis, 0, m)
        return cubes.contiguous()

    def _complete(self, values: Tensor, evaluated: Tensor) -> Tensor:
        """Evaluate all corners of cells with both signs; `(T,)`: whether one had another sign than it was given."""
        inside, n = values < 0, self.n
        some, every = inside, inside
        for axis in self.axes:
            some = some.narrow(axis, 0, n - 1) | some.narrow(axis, 1, n - 1)
            every = every.narrow(axis, 0, n - 1) & every.narrow(axis, 1, n - 1)
        corners = some & ~every
        for axis in self.axes:
            shape = list(corners.shape)
            shape[axis] = n
            wide = torch.zeros(shape, dtype=torch.bool, device=corners.device)
            wide.narrow(axis, 0, n - 1).logical_or_(corners)
            wide.narrow(axis, 1, n - 1).logical_or_(corners)
            corners = wide
        corners &= ~evaluated
        self._evaluate(values, corners, 1)
        evaluated |= corners
        return ((values < 0) != inside).flatten(1).any(1)
