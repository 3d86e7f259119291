"""Methods without a network: the rule, and a weighted sum of what it leaves of the known sequences.

    f(x, t) = B(x, t; S) + Σ_n w_n r_n(x, t),    r_n(x, t) = S_n(x, t) − B(x, t; S_n),    w from a prior

With `posed`, all sequences are first turned to the axes of their own shown frames (`pose.py`), and the sum is turned
back. Weights are found on the grid that rows are scored on; the residuals are those of the grid that is asked for.

# N = known sequence, M = new sequence of a fold, T = time
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch

from trainables.metrics.surfaces import Array
from trainables.population.configuration import Weighted
from trainables.population.learning import Learning
from trainables.population.pose import Pose, as_it_is, pose
from trainables.population.priors.base import Array as Double
from trainables.population.priors.base import Products
from trainables.population.saved import SavedPopulation
from trainables.shapes.sequence import ShapeSequence, trilinear
from trainables.shapes.timeline import Timeline


class Residuals(Learning):
    """`mean-residual`, `ridge-residual`, …: fitted at once, the same for every replicate."""

    configuration: Weighted
    epochs = 0

    def __init__(self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: object) -> None:
        super().__init__()
        self.configuration = Weighted.model_validate(configuration)
        self.timeline, self.seeds, self.replicates = timeline, seeds, len(seeds)
        self._known = lru_cache(maxsize=1)(self._residuals)
        self._pose = lru_cache(maxsize=None)(self._posed)
        self._weights: dict[int, Array] = {}

    @property
    def deterministic(self) -> bool:
        return True

    def train_epoch(self) -> None:
        raise RuntimeError("a weighted sum has nothing to train")

    def weights(self, fold: int) -> Array:
        """Of the known sequences of a fold for its new ones, `(M, N)`."""
        if fold not in self._weights:
            c, shown = self.configuration, self.timeline.train_times
            known, new = (
                np.stack([self._seen(s, shown, c.evaluation_grid).ravel() for s in some]).astype(float)
                for some in (c.known(fold), [c.sequences[i] for i in c.new(fold)])
            )
            products = Products(
                known=known @ known.T,
                new=new @ known.T,
                norms=np.einsum("ij,ij->i", new, new),
                residuals=self._products(c.known(fold)),
            )
            self._weights[fold] = c.prior.weights(products)
        return self._weights[fold]

    def _posed(self, description: str) -> Pose:
        """How a sequence of this description is turned."""
        c = self.configuration
        if not c.posed:
            return as_it_is(c.dimension)
        sequence = next(s for s in [*c.population, *c.sequences] if s.description == description)
        return pose(self.shown(sequence, c.evaluation_grid))

    def _seen(self, sequence: ShapeSequence, times: list[float], resolution: int) -> Array:
        """A sequence's frames, turned as it is to be compared, `(T, n, …)`."""
        points = self._pose(sequence.description).outward(sequence.grid(resolution))
        found: Array = np.stack([sequence.sdf(points, time).to(torch.float32).numpy() for time in times])
        return found

    def _products(self, known: list[ShapeSequence]) -> Double:
        """Inner products of residuals over all times, `(N, N)`: time by time, which bounds memory."""
        residuals = self._known(self.configuration.evaluation_grid)
        total: Double = np.zeros((len(known), len(known)))
        for index in range(len(self.timeline.times)):
            rows = np.stack([residuals[s.description][index].ravel() for s in known]).astype(float)
            total += rows @ rows.T
        return total

    def _residuals(self, resolution: int) -> dict[str, Array]:
        """What the rule leaves of every sequence that is known in some fold, by its description: `(T, n, …)`."""
        c, times, found = self.configuration, self.timeline.times, {}
        shown = [times.index(time) for time in self.timeline.train_times]
        for sequence in {s.description: s for fold in range(c.dealt) for s in c.known(fold)}.values():
            frames = self._seen(sequence, times, resolution)
            rule = self.rule(frames[shown])
            found[sequence.description] = frames - np.stack([rule(time) for time in times])
        return found

    def beyond(self, replicate: int, sequence: int, time: float, resolution: int) -> Array:
        """Between two times of the timeline linear in time."""
        c, times = self.configuration, self.timeline.times
        fold, place = sequence % c.fold_count, sequence // c.fold_count
        weights, known = self.weights(fold)[place], self._known(resolution)
        after = int(np.clip(np.searchsorted(times, time), 1, len(times) - 1))
        share = float(np.clip((time - times[after - 1]) / (times[after] - times[after - 1]), 0, 1))
        total = np.zeros((resolution,) * c.dimension, dtype=np.float32)
        for weight, member in zip(weights, c.known(fold), strict=True):
            earlier, later = known[member.description][after - 1 : after + 1]
            total += np.float32(weight * (1 - share)) * earlier + np.float32(weight * share) * later
        if not c.posed:
            return total
        new = c.sequences[sequence]
        places = self._pose(new.description).inward(new.grid(resolution))
        found: Array = trilinear(torch.from_numpy(total), places).numpy()
        return found

    def curves(self) -> list[dict[str, Any]]:
        return []

    def state(self) -> dict[str, Any]:
        return {"weights": [torch.from_numpy(self.weights(fold)) for fold in range(self.configuration.dealt)]}

    def restore(self, state: dict[str, Any]) -> None:
        self._weights = {fold: found.numpy() for fold, found in enumerate(state["weights"])}

    def model(self) -> dict[str, Any]:
        return SavedPopulation.kept("residuals", self, self.seeds)
