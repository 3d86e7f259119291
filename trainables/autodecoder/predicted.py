"""What one network says of one sequence, on a grid."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from trainables import ensemble
from trainables.metrics.narrow_band import Field, narrow_band
from trainables.metrics.surfaces import Array
from trainables.shapes.sequence import grid_points


class Predicted(ensemble.Member):
    """Predicted SDF of one network and code by time, `(n, …)`: exact where its zero level is."""

    def __init__(self, field: Field, device: torch.device, n: int, diverged: bool, dimension: int) -> None:
        self.field, self.device, self.n, self.diverged, self.dimension = field, device, n, diverged, dimension
        self.fallback: set[float] = set()
        """Times at which the narrow band's bound did not hold."""
        self._volumes: dict[float, Array] = {}

    def prepare(self, times: list[float]) -> None:
        """Evaluate several times together, which is faster than one by one."""
        if self.diverged or not times:
            return
        found = narrow_band(self.field, times, self.n, self.device, self.dimension)
        self.fallback |= {time for time, dense in zip(times, found.fallback.tolist(), strict=True) if dense}
        self._volumes |= zip(
            times,
            found.values.nan_to_num_(nan=torch.inf, posinf=torch.inf, neginf=-torch.inf).cpu().numpy(),
            strict=True,
        )

    def __call__(self, time: float) -> Array:
        if self.diverged:
            return np.full((self.n,) * self.dimension, np.inf, dtype=np.float32)
        if time not in self._volumes:
            self.prepare([time])
        return self._volumes[time]

    def at(self, time: float, where: NDArray[np.bool_]) -> Array:
        x = grid_points(self.n, dimension=self.dimension)[torch.from_numpy(where)].to(self.device)
        found: Array = self.field(torch.cat([x, torch.full_like(x[:, :1], time)], dim=1)).cpu().numpy()
        return found
