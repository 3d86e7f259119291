"""Methods that learn from other sequences what happens between the frames of a new one.

The new sequences, which are scored, are dealt into folds. What a fold's are predicted from are the `population`, known
at all times of the timeline, and the new sequences of the other folds, which are as good: with 24 new ones in three
folds and 48 more, each is predicted from 64 that it is none of.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

from pydantic import Field, SerializeAsAny, field_validator, model_validator

from trainables.configuration import choose
from trainables.interpolants import named
from trainables.interpolation import BetweenFrames
from trainables.population.priors.base import Prior, available
from trainables.shapes.sequence import ShapeSequence, from_description, from_descriptions
from trainables.shapes.timeline import Timeline

_COMPARED, _SAME = 12, 2e-3
"""Points along an axis at which two sequences of other origin are compared, and the mean difference (domain units)
below which they are one shape all the same, a copied recording say. Of 4,560 pairs of cells of `growth`, drawn
independently, the nearest is 0.014 apart, less than one cell on grids of 16³ and 28³ (0.025): codes of 64 numbers move
the shape in a few ways only."""
FEWEST = 2
"""Known sequences from which anything is learned."""


class Taught(BetweenFrames):
    """What there is to learn from; `sequences` are the new ones."""

    population: list[SerializeAsAny[ShapeSequence]] = Field(
        default_factory=list, description="sequences that are known at all times and never scored"
    )
    fold_count: int = Field(
        3,
        ge=1,
        description="parts of the new sequences; each is predicted from the others too. With as many parts as "
        "sequences, one is predicted from all others",
    )
    base: str | None = Field("volume", description="rule to which is added what the others say beyond it")
    known_at_most: int = Field(4096, ge=FEWEST, description="sequences from which each new one is predicted, the first")
    known_from: float = Field(0.0, ge=0, le=1, description="time from which on the population is known")
    known_until: float = Field(1.0, ge=0, le=1, description="time until which the population is known")

    @field_validator("population", mode="before")
    @classmethod
    def _population(cls, value: Any) -> Any:
        return from_descriptions(value)

    @field_validator("base")
    @classmethod
    def _base(cls, value: str | None) -> str | None:
        if value is not None:
            named(value)
        return value

    @model_validator(mode="after")
    def _known_alike(self) -> Taught:
        if any(member.dimension != self.dimension for member in self.population):
            raise ValueError(
                f"new sequences are of dimension {self.dimension}, and some of the population are not: a shape in the "
                "plane teaches nothing about one in space"
            )
        return self

    @property
    def dealt(self) -> int:
        """Folds that have a new sequence."""
        return min(self.fold_count, len(self.sequences))

    def known(self, fold: int) -> list[ShapeSequence]:
        """What the new sequences of a fold are predicted from."""
        others = [s for i, s in enumerate(self.sequences) if i % self.fold_count != fold]
        return [*self.population, *others][: self.known_at_most]

    def new(self, fold: int) -> list[int]:
        """Indices of the new sequences of a fold."""
        return list(range(fold, len(self.sequences), self.fold_count))

    def unfit(self) -> str | None:
        fewest = min(len(self.known(fold)) for fold in range(self.dealt))
        if fewest < FEWEST:
            return (
                f"a new sequence has {fewest} to learn from, and what sequences have in common shows in {FEWEST}: "
                "give a larger population, or deal more sequences into more folds"
            )
        return super().unfit()

    def unscorable(self, timeline: Timeline) -> str | None:
        for time in timeline.times:
            if not self.known_from <= time <= self.known_until:
                return (
                    f"new sequences have a frame at time {time:.4g}, and the population is known from "
                    f"{self.known_from:.4g} to {self.known_until:.4g}: leave the frame out, or learn from sequences "
                    "that are known there"
                )
        new = [(sequence, sequence.origin, sequence.description) for sequence in self.sequences]
        for member in self.population:
            known, described = member.origin, member.description
            for sequence, origin, description in new:
                if known == origin or _same(described, description, *_ends(timeline)):
                    return (
                        f"the population's {member.label} is the new sequence {sequence.label}, which would be "
                        "predicted from itself: leave one of them out"
                    )
        return super().unscorable(timeline)


class Weighted(Taught):
    """A rule, and the known sequences' residuals as a prior weights them."""

    implementation: ClassVar[str] = "trainables.population.residuals:Residuals"

    base: str = Field("volume", description="rule to which is added what the others say beyond it")
    prior: SerializeAsAny[Prior]
    posed: bool = Field(False, description="compare sequences turned to the axes of their shown frames")

    @field_validator("prior", mode="before")
    @classmethod
    def _prior(cls, value: Any) -> Any:
        if not isinstance(value, dict | Prior):
            raise ValueError("not a mapping with the name of a prior")
        return choose(available(), value, "prior")

    def stored_bytes(self, shown: int, replicates: int) -> int:
        return 8 * len(self.sequences) * len(self.known(0))


def residuals(sequences: list[ShapeSequence], **fields: Any) -> dict[str, Weighted]:
    """The methods `…-residual` of all priors."""
    return {
        f"{name}-residual": Weighted(sequences=sequences, prior=kind(), **fields) for name, kind in available().items()
    }


def _ends(timeline: Timeline) -> tuple[float, float]:
    return timeline.train_times[0], timeline.train_times[-1]


@lru_cache(maxsize=1 << 16)
def _same(one: str, other: str, *times: float) -> bool:
    """Whether two sequences are one shape at all these times."""
    return all(float((_field(one, time) - _field(other, time)).abs().mean()) < _SAME for time in times)


@lru_cache(maxsize=1 << 12)
def _field(description: str, time: float) -> Any:
    sequence = from_description(description)
    return sequence.sdf(sequence.grid(_COMPARED), time)
