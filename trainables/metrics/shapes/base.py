"""What a metric of shapes is: a declaration, and a number of a time or of a whole sequence."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from trainables.configuration import suggestion
from trainables.metrics.declaration import Better, Metric, Per
from trainables.plugins import plugins

if TYPE_CHECKING:
    from trainables.metrics.moment import Film, Moment


class ShapeMetric(ABC):
    """A column that every row of every study of shapes has. A new one is a new file in this folder: its declaration,
    and `of`. Studies that name it among their metrics draw, compare and test it."""

    name: ClassVar[str]
    """Of the column."""
    label: ClassVar[str]
    """As people read it."""
    unit: ClassVar[str] = ""
    better: ClassVar[Better] = "lower"
    margin: ClassVar[float | None] = None
    """Difference that counts as none."""
    per: ClassVar[Per]

    @classmethod
    def declared(cls) -> Metric:
        """All of that."""
        return Metric(name=cls.name, label=cls.label, unit=cls.unit, better=cls.better, margin=cls.margin, per=cls.per)


class PerTime(ShapeMetric):
    """A metric with a value at each time."""

    per: ClassVar[Per] = "time"

    @classmethod
    @abstractmethod
    def of(cls, moment: Moment) -> float:
        """The value at a time; NaN where there is none, which `empty` may be the reason of. Raises nothing."""


class PerSequence(ShapeMetric):
    """A metric with one value for a sequence, which stands in all its rows."""

    per: ClassVar[Per] = "sequence"

    @classmethod
    @abstractmethod
    def of(cls, film: Film) -> float:
        """The value of a whole sequence; NaN where there is none. Raises nothing."""


def available() -> dict[str, type[ShapeMetric]]:
    """Every metric of this folder, and of other installed packages, by name."""
    return plugins(sys.modules[__package__], ShapeMetric, "metrics")


def declared(*names: str) -> list[Metric]:
    """The declarations of these metrics; ValueError if there is none of a name."""
    kinds = available()
    for name in names:
        if name not in kinds:
            raise ValueError(f"there is no metric {name!r}; {suggestion(name, kinds, most=30)}")
    return [kinds[name].declared() for name in names]
