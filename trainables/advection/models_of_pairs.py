"""Models of replicates and pairs of frames, each of its own, trained beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from trainables.advection.fitting import Fitting
from trainables.base import Trainable


class SideBySide(Trainable):
    """R × K models: replicates times pairs, in this order. A class that inherits this first also says how they score.

    One that diverges is trained no more; the others go on.
    """

    learners: Sequence[Fitting]

    def beside(self, learners: Sequence[Fitting], names: list[list[str]], steps_per_epoch: int) -> None:
        """Train these; `names` `[R][K]` say what they are called where one diverges."""
        self.networks = [(replicate, pair) for replicate, mine in enumerate(names) for pair in range(len(mine))]
        self.learners, self._steps = learners, steps_per_epoch
        self.guard.names = [name for mine in names for name in mine]
        self._curves: list[dict[str, Any]] = []

    def train_epoch(self) -> None:
        totals: list[dict[str, list[float]]] = []
        for _ in range(self._steps):
            found = [learner.step() for learner in self.learners]
            terms = {name: torch.stack([losses[name] for losses in found]) for name in found[0]}
            alive = self.guard.check(terms, self.epoch + 1).tolist()
            for learner, lives in zip(self.learners, alive, strict=True):
                if lives:
                    learner.apply()
            totals.append({name: values.cpu().tolist() for name, values in terms.items()})
        self.epoch += 1
        for replicate in sorted({replicate for replicate, _ in self.networks}):
            mine = [i for i, (r, _) in enumerate(self.networks) if r == replicate]
            means = {name: float(np.mean([step[name][i] for step in totals for i in mine])) for name in totals[0]}
            self._curves.append({"replicate": replicate, "epoch": self.epoch} | means)

    def learner(self, replicate: int, pair: int) -> Fitting | None:
        """That of a replicate and pair; None if it has diverged."""
        index = self.networks.index((replicate, pair))
        return None if index in self.guard.reasons else self.learners[index]

    def curves(self) -> list[dict[str, Any]]:
        return self._curves

    def state(self) -> dict[str, Any]:
        return {"learners": [learner.state() for learner in self.learners], "curves": self._curves}

    def restore(self, state: dict[str, Any]) -> None:
        for learner, saved in zip(self.learners, state["learners"], strict=True):
            learner.restore(saved)
        self._curves = state["curves"]
