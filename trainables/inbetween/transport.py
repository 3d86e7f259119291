"""`transport`: the displacement interpolation of the two images, by our own barycenters on their grid (Han 2023, 2.2).

The images become measures: their least value is subtracted and the mass divided by; of the barycenter at weights 1 − t
and t the mass (1 − t) m₀ + t m₁ and the value are restored.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch

from trainables.inbetween.baselines import TransportInterpolation
from trainables.inbetween.method import Method
from trainables.inbetween.pictures import Array, Pair
from trainables.inbetween.predicted import Predicted
from trainables.inbetween.windows import WindowsConfiguration
from trainables.transport import barycenter


class Transported(Predicted):
    """Barycenters of one pair."""

    def __init__(self, pair: Pair, blur: float) -> None:
        self.ends = pair.filled()
        self.blur = blur
        self.lowest = float(min(np.nanmin(image) for image in self.ends))
        raised = [np.nan_to_num(image - self.lowest).astype(np.float64) for image in self.ends]
        self.masses = [max(float(image.sum()), 1e-12) for image in raised]
        even = 1e-9 / raised[0].size  # an image of one value has no mass of its own
        measures = [image / mass + even for image, mass in zip(raised, self.masses, strict=True)]
        self.measures = torch.tensor(np.stack([m / m.sum() for m in measures]))[None]

    def frame(self, time: float) -> Array:
        if time in (0.0, 1.0):
            return self.ends[int(time)]
        weights = torch.tensor([[1 - time, time]], dtype=torch.float64)
        found = barycenter(self.measures, weights, spacing=1.0, blur=self.blur)[0].numpy()
        mass = (1 - time) * self.masses[0] + time * self.masses[1]
        frame: Array = (found * mass + self.lowest).astype(np.float32)
        return frame


class Transporting(Method):
    """Nothing to train."""

    configuration_type: ClassVar[type[WindowsConfiguration]] = TransportInterpolation
    settings: TransportInterpolation

    def predicted(self, replicate: int, pair: int) -> Predicted:
        return Transported(self.pairs[pair], self.settings.blur)
