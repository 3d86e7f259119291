"""What methods that learn from a population share: a rule through the shown frames plus what was learned beyond it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch

from trainables.interpolants import Fitted, named
from trainables.metrics.surfaces import Array
from trainables.population.configuration import Taught
from trainables.predictors import Predictors
from trainables.shapes.sequence import ShapeSequence


class Learning(Predictors):
    """f = B + what lies beyond it; B the rule `base`."""

    configuration: Taught

    @abstractmethod
    def beyond(self, replicate: int, sequence: int, time: float, resolution: int) -> Array:
        """What is added to the rule on `grid_points(resolution)`, `(n, …)`; zero at shown times."""

    def shown(self, sequence: ShapeSequence, resolution: int) -> Array:
        """The shown frames, `(F, n, …)`."""
        points, times = sequence.grid(resolution), self.timeline.train_times
        found: Array = np.stack([sequence.sdf(points, time).to(torch.float32).numpy() for time in times])
        return found

    def rule(self, frames: Array) -> Fitted:
        """The base through shown frames `(F, n, …)`."""
        assert self.configuration.base is not None
        return named(self.configuration.base).fit(frames, self.timeline.train_times)

    def predictor(self, replicate: int, sequence: int, resolution: int) -> Callable[[float], Array]:
        rule = self.rule(self.shown(self.configuration.sequences[sequence], resolution))

        @lru_cache(maxsize=32)
        def predict(time: float) -> Array:
            found: Array = rule(time) + self.beyond(replicate, sequence, time, resolution)
            return found

        return predict
