"""Chamfer and Hausdorff distance of predicted and true surface (Martens 2025, section 4.1.1; `metrics/surfaces.py`).

The shapes are spheres of radius near 1 in the domain [-3, 3]³. A surface that is off by δ everywhere has a Chamfer
distance of δ and a Dice score of about 1 − 1.5 δ, so the margin 0.02 in either is an error of one or two hundredths of
the radius: too small to be seen where whole shapes are drawn. The Hausdorff distance is one point, the worst, and no
better than the grid that surfaces are taken from: 0.10 is half the spacing of 32 points along an axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trainables.metrics.shapes.base import PerTime

if TYPE_CHECKING:
    from trainables.metrics.moment import Moment


class Chamfer(PerTime):
    """The mean distance; the domain's diagonal of a prediction without a surface."""

    name: ClassVar[str] = "chamfer"
    label: ClassVar[str] = "Chamfer distance"
    unit: ClassVar[str] = "domain units"
    margin: ClassVar[float | None] = 0.02

    @classmethod
    def of(cls, moment: Moment) -> float:
        return moment.distances[0]


class Hausdorff(PerTime):
    """The largest distance; the domain's diagonal of a prediction without a surface."""

    name: ClassVar[str] = "hausdorff"
    label: ClassVar[str] = "Hausdorff distance"
    unit: ClassVar[str] = "domain units"
    margin: ClassVar[float | None] = 0.10

    @classmethod
    def of(cls, moment: Moment) -> float:
        return moment.distances[1]
