"""`spline`: at every point of space a cubic spline in time through the values of all frames (higher-order shape-based
interpolation: Herman, Zheng & Bucholtz 1992; Grevera & Udupa 1996, "Shape-based interpolation of multidimensional
grey-level images", IEEE Trans. Medical Imaging 15).

A spline is linear in the values it passes through: f(t) = Σ_i L_i(t) f_i with the spline L_i through 1 at t_i and 0 at
all other times. Its ends are not-a-knot, so that values that are cubic in time are met exactly.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.interpolate import CubicSpline

from trainables.interpolants.aspects import Motion, Weighing, Weights
from trainables.interpolants.base import Shown


class Spline(Weights):
    """A cubic spline through all frames; a parabola through three, a line through two."""

    name: ClassVar[str] = "spline"

    def weigh(self, shown: Shown, motion: Motion) -> Weighing:
        return CubicSpline(shown.times, np.eye(len(shown.times)), bc_type="not-a-knot")
