"""Signed distances between two frames, by a trained model; and of a whole sequence, by those of its pairs.

At a shown time the prediction is what the model of the pair that begins there says, ψ(z_0); at the last one ψ(z_N).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from trainables.advection import semi_lagrangian
from trainables.advection.networks import Model
from trainables.advection.shape_advection import ShapeAdvection
from trainables.shapes.timeline import neighbours


def model_of(configuration: ShapeAdvection) -> Model:
    """The networks of one pair, untrained."""
    return Model(configuration, configuration.dimension, configuration.residual)


class Evolution:
    """States and fields of one pair from its first frame `(n, …)`, in units of `truncation`."""

    @torch.no_grad()
    def __init__(self, model: Model, first: Tensor, truncation: float) -> None:
        self.model, self.truncation = model, truncation
        volume = first[None, None]
        self.fields = model.fields(volume)
        self.states = model.evolve(model.encode(volume), self.fields)

    @torch.no_grad()
    def sdf(self, fraction: float) -> Tensor:
        """Signed distances `(n, …)` in domain units, at a fraction in [0, 1] of the way; beyond the truncation they
        are no distances."""
        latent = semi_lagrangian.at_time(self.states, self.fields, self.model.duration, fraction)
        return self.truncation * self.model.decode(latent)[0, 0]


def sdf_at(evolutions: Sequence[Evolution | None], shown: list[float], time: float) -> Tensor | None:
    """Signed distances at a time of a sequence with K + 1 shown times and K evolutions; None where the model of that
    pair has diverged."""
    j, fraction = neighbours(shown, time)
    evolution = evolutions[j]
    return None if evolution is None else evolution.sdf(fraction)
