"""How far a shape that should be its own point reflection is from being that: 1 − Dice with its reflection."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from trainables.metrics.shapes.base import PerTime

if TYPE_CHECKING:
    from trainables.metrics.moment import Moment


class Asymmetry(PerTime):
    """Of sequences that are point symmetric; NaN of others, and without a surface. Margin: as of the Dice score."""

    name: ClassVar[str] = "asymmetry"
    label: ClassVar[str] = "Asymmetry"
    margin: ClassVar[float | None] = 0.02

    @classmethod
    def of(cls, moment: Moment) -> float:
        from trainables.metrics.volumes import asymmetry

        return asymmetry(moment.inside) if moment.surface and moment.sequence.point_symmetric else math.nan
