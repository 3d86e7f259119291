"""The interface of a regularizer: fields, a weight, a warm-up, and a loss prepared for one problem."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from pydantic import Field

from trainables.configuration import Plugin
from trainables.plugins import plugins
from trainables.shapes.sequence import LOWER, SIDE, SPACE, ShapeSequence

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    class Decode(Protocol):
        """The networks as they are now, with the codes of their N sequences, or with mixtures of these."""

        def __call__(self, points: Tensor, mixture: Tensor | None = None) -> Tensor:
            """points (R, N, P, d + 1) holding x, y[, z] in domain units and t in [0, 1] → predicted SDF (R, N, P).

            R and N of the points may be 1 and broadcast: the same points for every network or sequence. With a mixture
            (K, N), which each network's codes are multiplied with, there are K results in place of N.
            """

    # decode → loss of each network (R,), not yet multiplied with the weight.
    LossTerm = Callable[[Decode], Tensor]


@dataclass(frozen=True)
class Problem:
    """What a regularizer is prepared for."""

    sequences: list[list[ShapeSequence]]
    """The N sequences of each of the R networks; a single list where all networks have the same."""
    train_times: list[float]
    device: torch.device
    generators: list[torch.Generator]
    """One generator per network, on the CPU; whatever is random draws from them."""

    @property
    def dimension(self) -> int:
        """d, of the shapes."""
        return self.sequences[0][0].dimension

    def drawn(self, count: int) -> Tensor:
        """Points (x, t) drawn uniformly on domain and time, of every network its own, `(R, 1, count, d + 1)`."""
        import torch

        unit = torch.stack([torch.rand(count, self.dimension + 1, generator=g) for g in self.generators])
        unit = unit.to(self.device).unsqueeze(1)
        return torch.cat([LOWER + SIDE * unit[..., :-1], unit[..., -1:]], dim=-1)

    def each(self, function: Callable[[ShapeSequence], Tensor]) -> Tensor:
        """`function` of every sequence, `(R | 1, N, …)`, on the device."""
        import torch

        return torch.stack([torch.stack([function(s) for s in mine]) for mine in self.sequences]).to(self.device)


class Regularizer(Plugin):
    """A loss term that is added to the reconstruction loss with `weight` from epoch `warm_up` on."""

    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Preset → fields that it sets, so that the term costs about as much as the network's own step."""
    mixes: ClassVar[bool] = False
    """Whether it asks for shapes of mixed codes, which are those of no sequence."""

    warm_up: int = Field(0, ge=0, description="epochs trained without this term")

    @classmethod
    def example(cls) -> Self:
        """Of the preset `smoke`, from the first epoch on."""
        return cls(**{**cls.sizes.get("smoke", {}), "warm_up": 0})

    @property
    @abstractmethod
    def weight(self) -> float:
        """The factor of this term in the training loss."""

    def derived(self) -> dict[str, float]:
        """Numbers that follow from the fields and are recorded beside them."""
        return {}

    def unfit(self, dimension: int = SPACE) -> str | None:
        """Why it cannot be trained here, on shapes of that dimension, although each field is valid, and what to do: a
        clause; None if it can."""
        return None

    def points_in_a_step(self, shown: int, dimension: int = SPACE) -> int:
        """At how many points of each sequence a step evaluates the decoder, with `shown` frames of shapes of that
        dimension; for plans."""
        return 0

    @abstractmethod
    def prepare(self, problem: Problem) -> LossTerm:
        """Do once what need not be done in every step; the returned function is called in every step."""


def available() -> dict[str, type[Regularizer]]:
    """Every regularizer of this folder, and of other installed packages, by name."""
    return plugins(sys.modules[__package__], Regularizer, "regularizers")  # type: ignore[type-abstract]
