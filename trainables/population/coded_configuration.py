"""Configuration of the methods whose prior is an autodecoder (`coded.py`)."""

from __future__ import annotations

import math
from typing import ClassVar

from pydantic import Field

from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.population.configuration import Taught


class CodedConfiguration(Taught, AutodecoderConfiguration):
    """A decoder of the known sequences at all times, and how codes of new ones are fitted to their shown frames.

    Without a `base` the prediction is the decoder's own, as in `latent-generalization`.
    """

    implementation: ClassVar[str] = "trainables.population.coded:Coded"
    judged_early: ClassVar[bool] = False  # while the decoder is trained there is no code of a new sequence

    candidates: int = Field(1 << 13, ge=1024, description="points of each frame, drawn once, that steps sample from")
    code_epochs: int = Field(300, ge=1, description="steps in which the codes of new sequences are fitted")
    code_fitting_rate: float = Field(0.01, gt=0, le=1, description="Adam, codes of new sequences; falls to nothing")
    code_fitting_points: int = Field(512, ge=1, description="points of each shown frame drawn in a step")
    code_prior: float = Field(
        1e-3, ge=0, description="weight of a code's squared distance to those of the known sequences, in deviations"
    )

    def operations(self, shown: int) -> float:
        """As if two hundred sequences were known at thirty times: the timeline is not known here."""
        known = len(self.known(0))
        steps = self.epochs * math.ceil(known * _TIMES / self.frames_per_batch)
        trained = steps * self.frames_per_batch * self.points_per_frame * self.dealt
        fitted = self.code_epochs * shown * self.code_fitting_points * len(self.sequences)
        return 6.0 * self.decoder.work(self.dimension) * (trained + fitted)

    def model_bytes(self, shown: int) -> int:
        known = len(self.known(0))
        codes = (self.dealt * known + len(self.sequences)) * self.decoder.code_dimension
        return 4 * (self.dealt * self.decoder.parameters(self.dimension) + codes)

    def unfit(self) -> str | None:
        if self.anchor is not None or not self.shared:
            return "known sequences share a network that is added to no interpolant: leave anchor null and shared true"
        return super().unfit()

    def of(self, fold: int) -> AutodecoderConfiguration:
        """The decoder of a fold's known sequences."""
        fields = {name: getattr(self, name) for name in AutodecoderConfiguration.model_fields}
        return AutodecoderConfiguration(**fields | {"sequences": self.known(fold)})


_TIMES = 17
"""Times at which sequences are known, for plans."""
