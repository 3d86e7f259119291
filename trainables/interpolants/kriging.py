"""`kriging`: frames are taken to be noisy, and the frames beyond the two neighbours are weighted too.

Recorded frames carry errors of their own (segmentation), and then the best estimate between two frames is no blend of
these two alone. Values in time are taken for a walk that is seen with noise: ordinary kriging (Matheron 1963; Cressie
1993, "Statistics for Spatial Data", sections 3.2, 3.4) with the variogram γ(τ) = |τ| + ν Δ ρ(τ), Δ the mean interval,

    Σ_k γ(t_i − t_k) w_k + μ = γ(t_i − t),   Σ_k w_k = 1.

ρ(τ) = min(1, |τ| / m) says that a frame's own error is remembered over m, a share of the smallest interval. So every
frame is hit, without a jump, and soon after the weights are those of a smoother. Without noise (ν = 0) they are those
of `linear` exactly, which a walk makes of two neighbours.

ν is chosen by leaving out each inner frame in turn: that with the least mean square error, near the surface, of the
frame that the others predict. With fewer than four frames nothing can be told, and ν is 0.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from trainables.interpolants.aspects import Motion, Weighing, Weights
from trainables.interpolants.base import Shown
from trainables.interpolants.linear import Linear
from trainables.shapes.sequence import grid_spacing

CANDIDATES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Noise ν to choose from; it is the variance of two frames' errors over that of a walk of one interval."""
REACH = 3
"""Frames before and after a time that count: the weights of others are below a hundredth for ν ≤ 1.6."""
_NEAR = 4.0
"""Distance to the surface, in spacings, up to which a field's error counts."""


class Kriging(Weights):
    """Weights of a walk that is seen with noise, the noise by leaving frames out."""

    name: ClassVar[str] = "kriging"

    noise: float | None = Field(None, ge=0, le=10, description="ν; by leaving frames out if null")
    memory: float = Field(0.2, gt=0, le=0.5, description="m, as a share of the smallest interval")

    def weigh(self, shown: Shown, motion: Motion) -> Weighing:
        moments = np.asarray(shown.times)
        noise = self.noise if self.noise is not None else chosen_noise(shown, motion, self.memory)
        if noise == 0 or len(moments) < 3:
            return Linear().weigh(shown, motion)

        def weights(time: float) -> NDArray:
            found = np.zeros(len(moments))
            near = _around(moments, time)
            found[near] = ordinary_kriging(moments[near], time, noise, self.memory, moments)
            return found

        return weights


def ordinary_kriging(seen: NDArray, time: float, noise: float, memory: float, all_times: NDArray) -> NDArray:
    """Weights `(K,)` of the frames at the times `seen` `(K,)` for a time, of sum 1; Δ and m follow from all times."""
    steps = np.diff(all_times)
    sill, range_ = noise * float(steps.mean()), memory * float(steps.min())

    def variogram(lag: NDArray) -> NDArray:
        found: NDArray = lag + sill * np.minimum(lag / range_, 1)
        return found

    count = len(seen)
    system = np.ones((count + 1, count + 1))
    system[:count, :count] = variogram(np.abs(seen[:, None] - seen))
    system[count, count] = 0
    solution: NDArray = np.linalg.solve(system, np.append(variogram(np.abs(seen - time)), 1.0))
    return solution[:count]


def chosen_noise(shown: Shown, motion: Motion, memory: float) -> float:
    """The noise among `CANDIDATES` with the least error at frames that are left out; 0 for fewer than four frames.

    The error of weights w is wᵀ G w − 2 wᵀ g + const with the products G, g of the frames carried to the time of the
    one left out: all candidates cost no more than one.
    """
    frames, times = shown.frames, shown.times
    if len(times) < 4:
        return 0.0
    moments = np.asarray(times)
    carried = motion.carry(shown, Linear().weigh(shown, motion))
    errors = np.zeros(len(CANDIDATES))
    for left in range(1, len(times) - 1):
        rest = np.setdiff1d(_around(moments, times[left]), [left])
        near = np.abs(frames[left]) < _NEAR * grid_spacing(frames.shape[1])
        others = np.stack([carried(int(i), times[left])[near] - frames[left][near] for i in rest])
        products = others.astype(float) @ others.T.astype(float) / max(int(near.sum()), 1)
        for number, noise in enumerate(CANDIDATES):
            w = ordinary_kriging(moments[rest], times[left], noise, memory, moments)
            errors[number] += w @ products @ w
    return CANDIDATES[int(errors.argmin())]


def _around(moments: NDArray, time: float, reach: int = REACH) -> NDArray:
    """Indices of the frames next to a time, `reach` on each side and the one at it."""
    after = int(np.searchsorted(moments, time, side="right"))
    before = int(np.searchsorted(moments, time, side="left"))
    return np.arange(max(0, before - reach), min(len(moments), after + reach))
