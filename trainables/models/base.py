"""What a method with a network of its own says: its network, and what it is trained by. The rest is `fields.py`.

    f_θ(x, y[, z], t) for every sequence and replicate,    L = Σ terms,    by default  mean |S − f|  at shown frames

Training, seeds, divergence, checkpoints, rows, ensembles and the kept model are the same for all of them.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from trainables.configuration import Plugin
from trainables.interpolation import BetweenFrames
from trainables.plugins import plugins
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import SPACE

if TYPE_CHECKING:
    from torch import Tensor, nn


class OwnNetwork(BetweenFrames, Plugin):
    """The configuration of a method; its fields may be set and searched. A new method is a new file in this folder.

    One whose network takes shapes in the plane too says so in `dimensions`; `dimension` is then that of its sequences.
    """

    dimensions: ClassVar[frozenset[int]] = frozenset({SPACE})

    implementation: ClassVar[str] = "trainables.models.fields:Fields"

    epochs: int = Field(300, ge=1, description="training steps of each network")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Adam")
    points_per_frame: int = Field(1024, ge=1, description="points sampled in each shown frame in every step")
    near_fraction: float = Field(0.7, ge=0, le=1, description="share of points with SDF ≤ near_distance")
    near_distance: float = Field(0.3, gt=0, description="domain units")

    @classmethod
    def example(cls) -> Self:
        """Of the preset `smoke`, on one sequence, for a few steps."""
        small = {"epochs": 12, "points_per_frame": 64, "evaluation_grid": 14}
        return cls(**{"sequences": [Bifurcation()], **cls.sizes.get("smoke", {}), **small})

    @abstractmethod
    def network(self) -> nn.Module:
        """A network `(P, d + 1) → (P,)` from x, y[, z] in domain units and t in [0, 1] to the signed distance, inside
        negative. Its weights are drawn from torch's generator, which is seeded for every one."""

    def terms(self, network: nn.Module, points: Tensor, truth: Tensor) -> dict[str, Tensor]:
        """The terms of the loss at points `(P, d + 1)` of the shown frames, with their true distances `(P,)`; their sum
        is descended. A method with another loss says other terms here."""
        return {"reconstruction": (network(points) - truth).abs().mean()}

    def parameters(self) -> int:
        """Weights of a network."""
        return sum(weights.numel() for weights in self.network().parameters())

    def operations(self, shown: int) -> float:
        points = self.epochs * shown * self.points_per_frame * len(self.sequences)
        return 6.0 * self.parameters() * points  # a weight a product: forward 2, backward 4

    def model_bytes(self, shown: int) -> int:
        return 4 * self.parameters() * len(self.sequences)


def available() -> dict[str, type[OwnNetwork]]:
    """Every method of this folder, and of other installed packages, by name."""
    return plugins(sys.modules[__package__], OwnNetwork, "models")  # type: ignore[type-abstract]
