"""A ball that divides into two unequal ones while it drifts: a population of such shapes, one for each seed.

    cᵢ = |x − m(t) − oᵢ p(t) d| − rᵢ(t),   SDF = −ln(e^{−k c₁} + e^{−k c₂}) / k  as in `bifurcation.py`
    rᵢ(t) = R ((1 − p) + p aᵢ^{1/3}),   o₁ = L a₂,   o₂ = −L a₁,   a₁ + a₂ = 1

p goes smoothly from 0 to 1 (3 s² − 2 s³) from the beginning of the division to its end, so that the volume is that of
the mother before and after, and the centre of mass is m(t) = v (t − ½). Axis d, drift v, beginning, duration, share a₁
and radius R are drawn from the seed: two frames do not tell when and how fast it happens, other divisions tell what is
usual.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from trainables.shapes.sequence import ShapeSequence

if TYPE_CHECKING:
    from torch import Tensor

_SHARPNESS = 8.0
"""k, 1 / domain unit."""
_ALONG = 201
"""Points between the centres at which it is looked whether the shape is one piece."""


@dataclass(frozen=True)
class _Drawn:
    """What the seed says."""

    direction: tuple[float, float, float]
    drift: tuple[float, float, float]
    begins: float
    lasts: float
    share: float
    radius: float
    apart: float


class Division(ShapeSequence):
    """Two unequal daughters of a drifting ball."""

    name: ClassVar[str] = "division"

    seed: int = Field(0, ge=0, description="of axis, drift, beginning, duration, share and radius")

    @property
    def label(self) -> str:
        return f"{self.name}-{self.seed:03d}"

    def descriptors(self) -> dict[str, float | str]:
        drawn = _drawn(self.seed)
        return {"begins": drawn.begins, "lasts": drawn.lasts, "share": drawn.share}

    def progress(self, time: float) -> float:
        """p: 0 before the division, 1 after it."""
        drawn = _drawn(self.seed)
        s = min(1.0, max(0.0, (time - drawn.begins) / drawn.lasts))
        return s * s * (3 - 2 * s)

    def balls(self, time: float) -> list[tuple[tuple[float, float, float], float]]:
        """Centre and radius of both daughters, domain units."""
        drawn, p = _drawn(self.seed), self.progress(time)
        offsets = (drawn.apart * (1 - drawn.share) * p, -drawn.apart * drawn.share * p)
        found = []
        for offset, share in zip(offsets, (drawn.share, 1 - drawn.share), strict=True):
            x, y, z = (v * (time - 0.5) + offset * d for v, d in zip(drawn.drift, drawn.direction, strict=True))
            found.append(((x, y, z), drawn.radius * ((1 - p) + p * share ** (1 / 3))))
        return found

    def true_bifurcation_time(self) -> float | None:
        """The time, by bisection, from which on some point between the centres is outside."""
        if not self._parted(1.0):
            return None
        earlier, later = 0.0, 1.0
        while later - earlier > 1e-6:
            middle = (earlier + later) / 2
            earlier, later = (earlier, middle) if self._parted(middle) else (middle, later)
        return later

    def _parted(self, time: float) -> bool:
        (first, r), (second, q) = self.balls(time)
        far = math.dist(first, second)
        along = np.linspace(0, far, _ALONG)
        return bool((-np.logaddexp(-_SHARPNESS * (along - r), -_SHARPNESS * (far - along - q)) > 0).any())

    def inscribed(self, time: float) -> float:
        return max(radius for _, radius in self.balls(time))  # the blended field is smaller than that of either ball

    def sdf(self, points: Tensor, time: float) -> Tensor:
        import torch

        parts = [
            -_SHARPNESS * ((points - points.new_tensor(centre)).norm(dim=-1) - r) for centre, r in self.balls(time)
        ]
        return -torch.logaddexp(*parts) / _SHARPNESS


def divisions(count: int, first: int = 0) -> list[ShapeSequence]:
    """Those of `count` seeds from `first` on."""
    return [Division(seed=seed) for seed in range(first, first + count)]


@lru_cache(maxsize=4096)
def _drawn(seed: int) -> _Drawn:
    generator = np.random.default_rng([seed, 24])
    direction, drift = generator.standard_normal(3), generator.standard_normal(3)
    direction /= np.linalg.norm(direction)
    drift *= generator.uniform(0, 0.6) / np.linalg.norm(drift)
    begins, lasts = generator.uniform(0.1, 0.4), generator.uniform(0.3, 0.5)
    share, radius, apart = generator.uniform(0.35, 0.65), generator.uniform(0.95, 1.15), generator.uniform(2.3, 2.8)
    return _Drawn(
        direction=(float(direction[0]), float(direction[1]), float(direction[2])),
        drift=(float(drift[0]), float(drift[1]), float(drift[2])),
        begins=float(begins),
        lasts=float(lasts),
        share=float(share),
        radius=float(radius),
        apart=float(apart),
    )
