"""What a method says of the time between two images: frames, and the motion where it has one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from trainables.inbetween.pictures import Array


class Predicted(ABC):
    """Of one pair of images `(H, W)`; times are in [0, 1]."""

    @abstractmethod
    def frame(self, time: float) -> Array:
        """The image `(H, W)`, in the images' own values. What it holds where the pair has no data is not used."""

    def displacement(self, time: float) -> Array | None:
        """How far what is at a pixel at `time` has come since time 0: `(H, W, 2)`, x and y in pixels; None without."""
        return None

    def velocity(self, time: float) -> Array | None:
        """The field `(H, W, 2)`, x and y in pixels per unit of time; None without."""
        return None

    def latent(self, time: float) -> Array | None:
        """The latent image `(H, W)`; None without."""
        return None


class Remembered(Predicted):
    """What another says, each time computed once."""

    def __init__(self, told: Predicted) -> None:
        self._told, self._frames, self._moved = told, dict[float, Array](), dict[float, Array | None]()

    def frame(self, time: float) -> Array:
        if time not in self._frames:
            self._frames[time] = self._told.frame(time)
        return self._frames[time]

    def displacement(self, time: float) -> Array | None:
        if time not in self._moved:
            self._moved[time] = self._told.displacement(time)
        return self._moved[time]


class Average(Predicted):
    """The weighted mean of what replicates say: of their images, and of their displacements where all have one."""

    def __init__(self, told: Sequence[Predicted], weights: Array) -> None:
        self._told = [(one, weight) for one, weight in zip(told, weights, strict=True) if weight > 0]

    def frame(self, time: float) -> Array:
        mean: Array = np.sum([weight * one.frame(time) for one, weight in self._told], axis=0)
        return mean

    def displacement(self, time: float) -> Array | None:
        found = [one.displacement(time) for one, _ in self._told]
        moved = [weight * each for each, (_, weight) in zip(found, self._told, strict=True) if each is not None]
        return np.sum(moved, axis=0) if len(moved) == len(found) else None
