"""|found − true| numbers of components, loops and cavities.

NaN without a surface: any number would be a constant that decides, and 0 loops of a shape that is not there are no
success. `empty` says how many such values are missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trainables.metrics.shapes.base import PerTime

if TYPE_CHECKING:
    from trainables.metrics.moment import Moment


class ComponentsError(PerTime):
    name: ClassVar[str] = "betti_0_error"
    label: ClassVar[str] = "Components error"

    @classmethod
    def of(cls, moment: Moment) -> float:
        return float(abs(moment.betti[0] - moment.truth.betti[0]))


class LoopsError(PerTime):
    name: ClassVar[str] = "betti_1_error"
    label: ClassVar[str] = "Loops error"

    @classmethod
    def of(cls, moment: Moment) -> float:
        return float(abs(moment.betti[1] - moment.truth.betti[1]))


class CavitiesError(PerTime):
    name: ClassVar[str] = "betti_2_error"
    label: ClassVar[str] = "Cavities error"

    @classmethod
    def of(cls, moment: Moment) -> float:
        return float(abs(moment.betti[2] - moment.truth.betti[2]))
