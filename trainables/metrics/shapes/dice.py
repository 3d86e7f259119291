"""Dice score of predicted and true voxels (Martens 2025, section 4.1.1). Margin: see `distances.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trainables.metrics.declaration import Better
from trainables.metrics.shapes.base import PerTime

if TYPE_CHECKING:
    from trainables.metrics.moment import Moment


class Dice(PerTime):
    """2 |A ∩ B| / (|A| + |B|)."""

    name: ClassVar[str] = "dice"
    label: ClassVar[str] = "Dice score"
    better: ClassVar[Better] = "higher"
    margin: ClassVar[float | None] = 0.02

    @classmethod
    def of(cls, moment: Moment) -> float:
        from trainables.metrics.volumes import dice

        return dice(moment.inside, moment.truth.inside)
