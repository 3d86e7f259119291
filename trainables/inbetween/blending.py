"""`linear-blend`: what any user does first."""

from __future__ import annotations

import numpy as np

from trainables.inbetween.method import Method
from trainables.inbetween.pictures import Array, Pair
from trainables.inbetween.predicted import Predicted


class Blended(Predicted):
    """(1 − t) X₀ + t X₁; where one has nothing, the other."""

    def __init__(self, pair: Pair) -> None:
        self.first, self.last = pair.filled()

    def frame(self, time: float) -> Array:
        blended: Array = (1 - time) * self.first + time * self.last
        return blended

    def displacement(self, time: float) -> Array:
        """Nothing moves."""
        return np.zeros((*self.first.shape, 2), dtype=np.float32)


class Blending(Method):
    """Nothing to train."""

    def predicted(self, replicate: int, pair: int) -> Predicted:
        return Blended(self.pairs[pair])
