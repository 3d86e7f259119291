"""One model in training on one pair of images: patches in random order, Adam, exponential decay (Han 2023, eq. 10)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from trainables.advection import semi_lagrangian
from trainables.advection.fitting import Fitting
from trainables.advection.networks import Model
from trainables.advection.patches import Patches
from trainables.inbetween.configuration import InbetweenConfiguration
from trainables.inbetween.cutting import Corner, corners, cut, joined
from trainables.inbetween.pictures import Array, Pair
from trainables.inbetween.predicted import Predicted

_AT_ONCE = 4
"""Patches evaluated together: bounds memory, not results."""


class Learner(Fitting):
    """Model, optimiser, schedule and random state of one pair and replicate."""

    def __init__(
        self, configuration: InbetweenConfiguration, pair: Pair, seed: int, device: torch.device,
        start: Tensor | None = None,
    ) -> None:  # fmt: skip
        self.configuration, self.pair, self.device, self._start = configuration, pair, device, start
        c = configuration
        super().__init__(c, lambda: Model(c), c.learning_rate, c.decay ** (1 / c.decay_every), seed, device)
        self.generator = torch.Generator().manual_seed(seed)
        self.places = corners((pair.first.shape[0], pair.first.shape[1]), c.patch, c.stride)
        self._left: list[int] = []

    def step(self) -> dict[str, Tensor]:
        """Losses of the next batch, with gradients; `apply` follows, or not."""
        places = [self.places[i] for i in self._next()]
        return self.losses(self.patches(places))

    def patches(self, places: list[Corner]) -> Patches:
        """Those at some corners."""
        return cut(self.pair, places, self.configuration.patch, self.device, self._start)

    def _next(self) -> list[int]:
        """Indices of the next batch: every patch once in random order, then again."""
        size = min(self.configuration.batch, len(self.places))
        while len(self._left) < size:
            self._left += torch.randperm(len(self.places), generator=self.generator).tolist()
        batch, self._left = self._left[:size], self._left[size:]
        return batch

    def predicted(self) -> Predicted:
        """What the model says between the images, from non-overlapping patches."""
        return Evolved(self)

    def state(self) -> dict[str, Any]:
        """Everything that training needs to go on."""
        return super().state() | {"generator": self.generator.get_state(), "left": self._left}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        super().restore(state)
        self.generator.set_state(state["generator"])
        self._left = list(state["left"])


class Evolved(Predicted):
    """States and fields of a trained model on patches that tile the image."""

    @torch.no_grad()
    def __init__(self, learner: Learner) -> None:
        self.pair, self.model, self.duration = learner.pair, learner.model, learner.configuration.step_duration
        self.shape = (self.pair.first.shape[0], self.pair.first.shape[1])
        side = learner.configuration.patch
        self.places = corners(self.shape, side, side)
        self.patches = learner.patches(self.places)
        parts = self.patches.first.split(_AT_ONCE)
        self.fields = self.patches.begun(torch.cat([self.model.fields(part) for part in parts]))
        latents = torch.cat([self.model.encode(part) for part in parts])
        self.states = self.model.evolve(latents, self.fields)

    @torch.no_grad()
    def frame(self, time: float) -> Array:
        latent = semi_lagrangian.at_time(self.states, self.fields, self.duration, time)
        images = torch.cat([self.model.decode(part) for part in latent.split(_AT_ONCE)])
        return self._joined(self.patches.restored(images))[0]

    @torch.no_grad()
    def latent(self, time: float) -> Array:
        return self._joined(semi_lagrangian.at_time(self.states, self.fields, self.duration, time))[0]

    @torch.no_grad()
    def displacement(self, time: float) -> Array:
        moved = semi_lagrangian.displacement_at(self.fields, self.duration, time)
        joined: Array = self._joined(moved).transpose(1, 2, 0)
        return joined

    @torch.no_grad()
    def velocity(self, time: float) -> Array:
        count = self.fields.shape[1]
        field = self.fields[:, min(int(time * count + 1e-6), count - 1)]
        # Between the images passes the time 1, in N steps of the fields' own Δt.
        found: Array = self._joined(semi_lagrangian.pixels(field) * self.duration * count).transpose(1, 2, 0)
        return found

    def _joined(self, values: torch.Tensor) -> Array:
        return joined(values, self.places, self.shape)
