"""The published method (Han 2023): every pair of images has a model of its own, trained beside the others."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from trainables.advection.models_of_pairs import SideBySide
from trainables.inbetween.configuration import InbetweenConfiguration
from trainables.inbetween.learner import Learner
from trainables.inbetween.method import Blank, Method
from trainables.inbetween.pictures import Pair
from trainables.inbetween.predicted import Predicted
from trainables.inbetween.start import field_of, motion_of
from trainables.inbetween.windows import WindowsConfiguration
from trainables.shapes.timeline import Timeline


class Inbetween(SideBySide, Method):
    """A model for every replicate and pair."""

    configuration_type: ClassVar[type[WindowsConfiguration]] = InbetweenConfiguration
    settings: InbetweenConfiguration

    def __init__(
        self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: torch.device
    ) -> None:
        super().__init__(configuration, timeline, seeds, device)
        self.epochs = self.settings.epochs
        pairs = range(len(self.pairs))
        starts = [self._start(pair) for pair in self.pairs]
        learners = [
            Learner(self.settings, self.pairs[p], self._seed(r, p), device, starts[p])
            for r in range(len(seeds))
            for p in pairs
        ]
        names = [[self._name(r, p) for p in pairs] for r in range(len(seeds))]
        self.beside(learners, names, self.settings.steps_per_epoch)

    def _start(self, pair: Pair) -> Tensor | None:
        """The field at which the models of a pair start; None at rest."""
        c = self.settings
        if c.start == "rest":
            return None
        height, width = pair.first.shape
        return field_of(motion_of(pair), (height, width), c.evolution_steps, c.step_duration, c.patch)

    def _seed(self, replicate: int, pair: int) -> int:
        """Of the replicate's seed and the pair's address, whatever other pairs there are."""
        stack, start = self.addresses[pair]
        return int(np.random.SeedSequence([self.seeds[replicate], stack, start]).generate_state(1)[0])

    def _name(self, replicate: int, pair: int) -> str:
        address = self.addresses[pair]
        labels = [window.label for where, window in self.windows if where == address]
        return f"replicate {replicate}, {labels[0]}"

    @property
    def deterministic(self) -> bool:
        return False

    def predicted(self, replicate: int, pair: int) -> Predicted:
        learner = self.learner(replicate, pair)
        return Blank(self.pairs[pair]) if learner is None else learner.predicted()  # type: ignore[attr-defined]

    def model(self) -> dict[str, Any] | None:
        return {
            "configuration": self.settings.model_dump_json(),
            "models": [{k: v.cpu() for k, v in learner.model.state_dict().items()} for learner in self.learners],
        }
