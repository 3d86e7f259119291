"""`linear`: (1 − s) f_j + s f_{j+1} between two neighbouring frames (Raya & Udupa 1990, "Shape-based interpolation of
multidimensional objects", IEEE Trans. Medical Imaging 9; Herman, Zheng & Bucholtz 1992, "Shape-based interpolation",
IEEE Computer Graphics and Applications 12, for any number of dimensions)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from trainables.interpolants.aspects import Carrying, Motion, Weighing, Weights
from trainables.interpolants.base import Array
from trainables.shapes.timeline import neighbours


class Linear(Weights):
    """The two neighbouring frames, linear in time."""

    name: ClassVar[str] = "linear"
    neighbours_only: ClassVar[bool] = True

    def weigh(self, frames: Array, times: list[float], motion: Motion) -> Weighing:
        def weights(time: float) -> np.ndarray:
            j, s = neighbours(times, time)
            found = np.zeros(len(times))
            found[j : j + 2] = 1 - s, s
            return found

        return weights


class Still(Motion):
    """Nothing moves: what `linear` has, and no rule of its own."""

    def carry(self, frames: Array, times: list[float], weights: Weighing) -> Carrying:
        return lambda index, time: frames[index]
