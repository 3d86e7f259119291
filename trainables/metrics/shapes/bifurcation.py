"""When a sequence that bifurcates is seen to, how wrong that is, and on which side. NaN where it is left open."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from trainables.metrics.shapes.base import PerSequence

if TYPE_CHECKING:
    from trainables.metrics.moment import Film


class BifurcationTimeError(PerSequence):
    name: ClassVar[str] = "bifurcation_time_error"
    label: ClassVar[str] = "Bifurcation time error"

    @classmethod
    def of(cls, film: Film) -> float:
        return abs(_delay(film))


class BifurcationDelay(PerSequence):
    """Found − true: negative where the prediction splits too early. Neither low nor high is good in itself."""

    name: ClassVar[str] = "bifurcation_delay"
    label: ClassVar[str] = "Bifurcation delay"

    @classmethod
    def of(cls, film: Film) -> float:
        return _delay(film)


def _delay(film: Film) -> float:
    true = film.sequence.true_bifurcation_time()
    return math.nan if true is None else film.bifurcation_time - true
