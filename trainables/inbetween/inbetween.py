"""The document's method (seed 004): every pair of images has a model of its own, trained beside the others."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch

from trainables.inbetween.configuration import InbetweenConfiguration
from trainables.inbetween.learner import Learner
from trainables.inbetween.method import Method, blank
from trainables.inbetween.predicted import Predicted
from trainables.inbetween.windows import WindowsConfiguration
from trainables.shapes.timeline import Timeline


class Inbetween(Method):
    """R × K models: replicates times pairs."""

    configuration_type: ClassVar[type[WindowsConfiguration]] = InbetweenConfiguration
    settings: InbetweenConfiguration

    def __init__(
        self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: torch.device
    ) -> None:
        super().__init__(configuration, timeline, seeds, device)
        self.epochs = self.settings.epochs
        self.networks = [(replicate, pair) for replicate in range(len(seeds)) for pair in range(len(self.pairs))]
        self.learners = [Learner(self.settings, self.pairs[p], self._seed(r, p), device) for r, p in self.networks]
        self.guard.names = [self._name(*network) for network in self.networks]
        self._curves: list[dict[str, Any]] = []

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

    def train_epoch(self) -> None:
        totals: list[dict[str, list[float]]] = []
        for _ in range(self.settings.steps_per_epoch):
            found = [learner.step() for learner in self.learners]
            terms = {name: torch.stack([losses[name] for losses in found]) for name in found[0]}
            alive = self.guard.check(terms, self.epoch + 1).tolist()
            for learner, lives in zip(self.learners, alive, strict=True):
                if lives:
                    learner.apply()
            totals.append({name: values.cpu().tolist() for name, values in terms.items()})
        self.epoch += 1
        for replicate in range(len(self.seeds)):
            mine = [i for i, (r, _) in enumerate(self.networks) if r == replicate]
            means = {name: float(np.mean([step[name][i] for step in totals for i in mine])) for name in totals[0]}
            self._curves.append({"replicate": replicate, "epoch": self.epoch} | means)

    def predicted(self, replicate: int, pair: int) -> Predicted:
        index = self.networks.index((replicate, pair))
        if index in self.guard.reasons:
            return blank(self.pairs[pair])
        return self.learners[index].predicted()

    def curves(self) -> list[dict[str, Any]]:
        return self._curves

    def state(self) -> dict[str, Any]:
        return {"learners": [learner.state() for learner in self.learners], "curves": self._curves}

    def restore(self, state: dict[str, Any]) -> None:
        for learner, saved in zip(self.learners, state["learners"], strict=True):
            learner.restore(saved)
        self._curves = state["curves"]

    def model(self) -> dict[str, Any] | None:
        return {
            "configuration": self.settings.model_dump_json(),
            "models": [{k: v.cpu() for k, v in learner.model.state_dict().items()} for learner in self.learners],
        }
