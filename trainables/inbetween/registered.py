"""`registered-flow`: the motion of the image as a whole, and an optical flow for the rest.

A similarity A is found first (`registration.py`), X₀ is brought by it to where X₁ is, and the flow between these two
tells what is left. At time t a place x goes with the whole to y = A^(1 − t) x, where both are looked up:

    X_t(x) = (1 − t) X₀(A⁻¹ (y + t g(y))) + t X₁(y + (1 − t) f(y))

with f from X₀ A⁻¹ to X₁ and g back. A flow's small windows do not see a turn, or a long way; after A what is left is
small. Where a flow alone explains X₁ by X₀ as well (a shear, say), A is the identity, and this is `optical-flow`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np
from scipy import linalg, ndimage

from trainables.inbetween.baselines import RegisteredFlow
from trainables.inbetween.flow import Warped, sampled, unit
from trainables.inbetween.method import Method
from trainables.inbetween.pictures import Array, Pair
from trainables.inbetween.predicted import Predicted
from trainables.inbetween.registration import moved, share, similarity
from trainables.inbetween.windows import WindowsConfiguration


class Registered(Predicted):
    """A and the flows that are left, and what they make of the images."""

    def __init__(self, pair: Pair, configuration: RegisteredFlow) -> None:
        first, last = unit(pair)
        whole = [Parts(pair, motion, configuration) for motion in (np.eye(3), similarity(first, last))]
        self.parts = min(whole, key=lambda parts: parts.left)

    def frame(self, time: float) -> Array:
        return self.parts.frame(time)

    def displacement(self, time: float) -> Array:
        return self.parts.displacement(time)

    def velocity(self, time: float) -> Array:
        return self.parts.velocity(time)


class Parts:
    """The motion of the whole, and the flows after it."""

    def __init__(self, pair: Pair, motion: Array, configuration: RegisteredFlow) -> None:
        self.images, self.motion, self.shape = (pair.first, pair.last), motion, pair.first.shape
        self._back = np.linalg.inv(motion)
        there, seen = sampled(pair.first, moved(self._back, self._grid) - self._grid)
        inside = _inside(moved(self._back, self._grid), self.shape)
        there = np.where(seen & inside, there, np.nan).astype(np.float32)
        self.flows = Warped(Pair(first=there, last=pair.last, no_data=pair.no_data), configuration)
        self.left = self._left(there, pair.last)
        self._places = lru_cache(maxsize=4)(self._looked_up)

    @property
    def _grid(self) -> Array:
        return np.indices(self.shape).astype(float)

    def _left(self, there: Array, last: Array) -> float:
        """Mean absolute difference of X₁ and what is made of X₀ alone; what is not seen counts as the mean does."""
        found, known = sampled(there, self.flows.backward)
        both = known & np.isfinite(last)
        spread = float(np.nanmean(np.abs(last - np.nanmean(last))))
        return float(np.where(both, np.abs(found - np.where(both, last, 0)), spread).mean())

    def _looked_up(self, time: float) -> tuple[Array, Array]:
        """Where the values at a time lie in X₀ and in X₁, `(2, H, W)` each."""
        y = moved(share(self.motion, 1 - time), self._grid)
        back, forth = (
            np.stack([ndimage.map_coordinates(part, y, order=1, mode="nearest") for part in flow])
            for flow in (self.flows.backward, self.flows.forward)
        )
        return moved(self._back, y + time * back), y + (1 - time) * forth

    def frame(self, time: float) -> Array:
        total, weight = np.zeros(self.shape), np.zeros(self.shape)
        for part, image, places in zip((1 - time, time), self.images, self._places(time), strict=True):
            values, known = sampled(image, places - self._grid)
            # What lies outside an image is its border's value, and counts only where the other has nothing.
            trust = max(part, 1e-6) * np.where(_inside(places, self.shape), 1.0, 1e-3) * known
            total += np.where(known, trust * values, 0)
            weight += trust
        frame: Array = np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)
        return frame.astype(np.float32)

    def displacement(self, time: float) -> Array:
        """`(H, W, 2)`, x and y in pixels."""
        return _xy(self._grid - self._places(time)[0])

    def velocity(self, time: float) -> Array:
        """`(H, W, 2)`, x and y in pixels per unit of time: that of x(t) = A^(t − 1) (y − t g), a foot y in X₀ A⁻¹."""
        whole = np.real(linalg.logm(self.motion))
        y = moved(share(self.motion, 1 - time), self._grid)
        left = np.stack([ndimage.map_coordinates(p, y, order=1, mode="nearest") for p in self.flows.backward])
        turned = np.einsum("ij,j...->i...", share(self.motion, time - 1)[:2, :2], left)
        return _xy(moved(whole, self._grid) - turned)


class Registering(Method):
    """Nothing to train."""

    configuration_type: ClassVar[type[WindowsConfiguration]] = RegisteredFlow
    settings: RegisteredFlow

    def predicted(self, replicate: int, pair: int) -> Predicted:
        return Registered(self.pairs[pair], self.settings)


def _inside(places: Array, shape: tuple[int, ...]) -> Array:
    found: Array = np.logical_and.reduce([(p >= -0.5) & (p <= n - 0.5) for p, n in zip(places, shape, strict=True)])
    return found


def _xy(moved: Array) -> Array:
    found: Array = moved[::-1].transpose(1, 2, 0).astype(np.float32)
    return found
