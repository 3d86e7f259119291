"""What a method says of the time between two images: frames, and the motion where it has one."""

from __future__ import annotations

from abc import ABC, abstractmethod

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
