"""`linear`: (1 − s) f_j + s f_{j+1} between two neighbouring frames (Raya & Udupa 1990, "Shape-based interpolation of
multidimensional objects", IEEE Trans. Medical Imaging 9; Herman, Zheng & Bucholtz 1992, "Shape-based interpolation",
IEEE Computer Graphics and Applications 12, for any number of dimensions)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from trainables.interpolants.aspects import Carrying, Motion, Weighing, Weights
from trainables.interpolants.base import Shown
from trainables.shapes.timeline import neighbours

EMPTY = "a shown frame has nothing inside, so that nothing is moved"
"""The note of rules that move shapes."""


class Linear(Weights):
    """The two neighbouring frames, linear in time."""

    name: ClassVar[str] = "linear"
    neighbours_only: ClassVar[bool] = True

    def weigh(self, shown: Shown, motion: Motion) -> Weighing:
        times = shown.times

        def weights(time: float) -> np.ndarray:
            j, s = neighbours(times, time)
            found = np.zeros(len(times))
            found[j : j + 2] = 1 - s, s
            return found

        return weights


class Still(Motion):
    """Nothing moves: what `linear` has, and no rule of its own."""

    def carry(self, shown: Shown, weights: Weighing) -> Carrying:
        return lambda index, time: shown.frames[index]
