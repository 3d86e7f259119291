"""`advection` as a trainable: a model for every replicate, sequence and pair of consecutive shown frames.

# R = replicates, S = sequences, F = shown frames, n = points along an axis, of d axes
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainables.advection.evolution import Evolution, model_of, sdf_at
from trainables.advection.fitting import Fitting
from trainables.advection.models_of_pairs import SideBySide
from trainables.advection.patches import Patches
from trainables.advection.saved_shapes import SavedShapes
from trainables.advection.shape_advection import ShapeAdvection
from trainables.metrics.surfaces import Array
from trainables.predictors import Predictors
from trainables.shapes.sequence import grid_points, resampled
from trainables.shapes.timeline import Timeline


class VolumeLearner(Fitting):
    """A model in training on one pair of volumes `(n, …)`, all of them in every step."""

    def __init__(
        self, configuration: ShapeAdvection, first: Tensor, last: Tensor, seed: int, device: torch.device
    ) -> None:
        c = configuration
        super().__init__(c, lambda: model_of(c), c.training.learning_rate, c.decay_of_a_step(), seed, device)
        one, nothing = torch.ones((1, 1, *first.shape), device=device), torch.zeros(1, device=device)
        self.volumes = Patches(first[None, None], last[None, None], one, one, nothing, one)

    def step(self) -> dict[str, Tensor]:
        return self.losses(self.volumes)


class AdvectedShapes(SideBySide, Predictors):
    """R × S × (F − 1) models."""

    configuration: ShapeAdvection

    def __init__(
        self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: torch.device
    ) -> None:
        super().__init__()
        self.configuration = c = ShapeAdvection.model_validate(configuration)
        self.timeline, self.device, self.epochs, self.replicates = timeline, device, c.epochs, len(seeds)
        shown, points = timeline.train_times, grid_points(c.resolution, dimension=c.dimension)
        self.volumes = torch.stack(
            [torch.stack([truncated(s.sdf(points, time), c.truncation) for time in shown]) for s in c.sequences]
        ).to(device)
        """(S, F, n, …)"""
        self.places = [(s, j) for s in range(len(c.sequences)) for j in range(len(shown) - 1)]
        learners = [
            VolumeLearner(c, self.volumes[s, j], self.volumes[s, j + 1], self._seed(seed, s, j), device)
            for seed in seeds
            for s, j in self.places
        ]
        pairs = [f"{c.sequences[s].label}, from t = {shown[j]:.4g} to {shown[j + 1]:.4g}" for s, j in self.places]
        names = [[f"replicate {replicate}, {pair}" for pair in pairs] for replicate in range(len(seeds))]
        self.beside(learners, names, steps_per_epoch=1)

    def _seed(self, seed: int, sequence: int, pair: int) -> int:
        """Of the replicate's seed and the pair's address, whatever other sequences there are."""
        label = zlib.crc32(self.configuration.sequences[sequence].label.encode())
        return int(np.random.SeedSequence([seed, label, pair]).generate_state(1)[0])

    def predictor(self, replicate: int, sequence: int, resolution: int) -> Callable[[float], Array]:
        evolutions = []
        for index, (s, j) in enumerate(self.places):
            if s == sequence:
                learner = self.learner(replicate, index)
                first, length = self.volumes[s, j], self.configuration.truncation
                evolutions.append(None if learner is None else Evolution(learner.model, first, length))
        shown = self.timeline.train_times

        def predict(time: float) -> Array:
            sdf = sdf_at(evolutions, shown, time)
            if sdf is None:  # it is scored as the worst, not left out
                return np.full((resolution,) * self.configuration.dimension, np.inf, dtype=np.float32)
            volume: Array = resampled(sdf, resolution).nan_to_num(nan=torch.inf).cpu().numpy()
            return volume

        return predict

    def model(self) -> dict[str, Any] | None:
        return SavedShapes.saved(
            configuration=self.configuration.model_dump_json(),
            shown=self.timeline.train_times,
            volumes=self.volumes.cpu(),
            models=[{k: v.cpu() for k, v in learner.model.state_dict().items()} for learner in self.learners],
            diverged=sorted(self.guard.reasons),
        )


def truncated(sdf: Tensor, length: float) -> Tensor:
    """Signed distances in units of `length`, cut to [-1, 1]."""
    return (sdf / length).clamp(-1, 1)
