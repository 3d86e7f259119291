"""Does a trained decoder represent sequences it was not trained on? (Martens 2025, section 4.2)

First the autodecoder is trained on its sequences. Then it is frozen, and a code is fitted to every unseen sequence by
Adam on the L1 distance at ten times; all codes of all replicates are fitted together. Rows are those of the unseen
sequences at times midway between the fitted ones; while the decoder is still in training, those of its own sequences.

Anchored, an unseen sequence has the interpolant of its frames at the ten times as its base. These are met whatever the
code is, so that there is nothing to fit it to: codes stay where they begin.

# R = network, N = unseen sequence, T = fitted time, M = candidate points at a time, P = points per time of a step
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from pydantic import Field, SerializeAsAny, field_validator
from torch import nn

from trainables.autodecoder.autodecoder import Autodecoder
from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.sampling import FramePool
from trainables.shapes.sequence import ShapeSequence, from_descriptions
from trainables.shapes.timeline import Role, Timeline

# Candidate points of each unseen sequence and fitted time.
_CANDIDATES = 1024


class LatentGeneralizationConfiguration(AutodecoderConfiguration):
    """An autodecoder, and how codes of unseen sequences are fitted to it; the defaults are the published setting."""

    implementation: ClassVar[str] = "trainables.autodecoder.latent_generalization:LatentGeneralization"
    judged_early: ClassVar[bool] = False  # while the decoder is trained there is no code of an unseen sequence

    unseen: list[SerializeAsAny[ShapeSequence]] = Field(min_length=1)
    code_epochs: int = Field(400, ge=1, description="steps in which the codes of unseen sequences are fitted")
    code_fitting_rate: float = Field(0.005, gt=0, le=1, description="Adam, codes of unseen sequences")
    code_fitting_times: int = Field(10, ge=2, description="times at which codes are fitted, regularly spaced")
    code_fitting_points: int = Field(
        512, ge=1, le=_CANDIDATES, description="points of each of these times drawn in a step"
    )
    code_deviation: float = Field(0.01, ge=0, description="standard deviation of the codes before they are fitted")

    @field_validator("unseen", mode="before")
    @classmethod
    def _unseen(cls, value: Any) -> Any:
        return from_descriptions(value)

    def operations(self, shown: int) -> float:
        steps = 0 if self.anchor else self.code_epochs
        points = steps * self.code_fitting_times * self.code_fitting_points * len(self.unseen)
        return (
            super().operations(shown) + 4.0 * self.decoder.work(self.dimension) * points
        )  # the decoder itself is frozen

    def model_bytes(self, shown: int) -> int:
        return super().model_bytes(shown) + 4 * len(self.unseen) * self.decoder.code_dimension

    def take(self, sequences: list[ShapeSequence], apart: bool = False) -> None:
        self.unseen = sequences

    def compared(self, timeline: Timeline) -> list[tuple[ShapeSequence, list[float]]]:
        count = 2 * self.code_fitting_times - 1
        between = [index / (count - 1) for index in range(count)]
        return [*super().compared(timeline), *((sequence, between) for sequence in self.unseen)]

    def labels(self) -> list[str]:
        return [*super().labels(), *(sequence.label for sequence in self.unseen)]


class LatentGeneralization(Autodecoder):
    """Decoder and training codes for `epochs` epochs, codes of unseen sequences for `code_epochs` more."""

    configuration_type: ClassVar[type[AutodecoderConfiguration]] = LatentGeneralizationConfiguration
    configuration: LatentGeneralizationConfiguration

    def __init__(
        self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: torch.device
    ) -> None:
        super().__init__(configuration, timeline, seeds, device)
        c = self.configuration
        self._trained = self.epochs
        self.epochs += c.code_epochs
        self.fitted = torch.linspace(0, 1, c.code_fitting_times).tolist()
        self.unseen: nn.Parameter | None = None
        """Codes of the unseen sequences, `(R, N, C)`, once the decoder is trained."""

    def train_epoch(self) -> None:
        if self.epoch < self._trained:
            super().train_epoch()
            return
        if self.unseen is None:
            self._begin()
        terms = {"code fit": [0.0] * len(self.networks)} if self.anchor else self._fit()
        self.epoch += 1
        self._log([terms])

    def _begin(self) -> None:
        c = self.configuration
        shape = (len(c.unseen), c.decoder.code_dimension)
        codes = torch.stack([c.code_deviation * torch.randn(shape, generator=g) for g in self.generators])
        self.unseen = nn.Parameter(codes.to(self.device))
        self.fitting = torch.optim.Adam([self.unseen], lr=c.code_fitting_rate, fused=True)
        self.decoder.requires_grad_(False)
        if self.anchor:
            return
        # The same candidates for every trial, so that only what is compared differs.
        generator = torch.Generator().manual_seed(0)
        drawn = [
            [
                FramePool.of(s, t, c.near_distance, self.device, 8 * _CANDIDATES).draw(
                    _CANDIDATES, c.near_fraction, generator
                )
                for t in self.fitted
            ]
            for s in c.unseen
        ]
        # Points (N, T, M, d + 1) and their SDF (N, T, M).
        self._points, self._truth = (
            torch.stack([torch.stack([time[i] for time in sequence]) for sequence in drawn]) for i in (0, 1)
        )

    def _fit(self) -> dict[str, list[float]]:
        """One step for all codes. Each code's gradient is its own, as if it were fitted alone."""
        assert self.unseen is not None
        times = torch.arange(len(self.fitted)).unsqueeze(1)
        size = (len(self.fitted), self.configuration.code_fitting_points)
        chosen = [torch.randint(_CANDIDATES, size, generator=g) for g in self.generators]
        points = torch.stack([self._points[:, times, index].flatten(1, 2) for index in chosen])
        truth = torch.stack([self._truth[:, times, index].flatten(1, 2) for index in chosen])
        loss = (self.decoder(points, self.unseen) - truth).abs().mean(2)
        alive = self.guard.check({"code fit": loss.mean(1)}, self.epoch + 1)
        self.fitting.zero_grad(set_to_none=True)
        torch.where(alive.unsqueeze(1), loss, 0.0).sum().backward()
        if not bool(alive.all()) and self.unseen.grad is not None:
            self.unseen.grad[~alive] = 0.0
        self.fitting.step()
        return {"code fit": loss.mean(1).detach().cpu().tolist()}

    def rows(self, roles: set[Role]) -> list[dict[str, Any]]:
        if self.unseen is None:
            return super().rows(roles)
        return self.scored(self.configuration.unseen, self.unseen, self.between(), roles - {"train"})

    def ensemble(self, rows: list[dict[str, Any]], roles: set[Role]) -> list[dict[str, Any]]:
        if self.unseen is None:
            return super().ensemble(rows, roles)
        return self.averaged(self.configuration.unseen, self.unseen, self.between(), roles - {"train"})

    def between(self) -> Timeline:
        """The fitted times (`train`), and those midway between two of them, `test` and `validation` in turn."""
        times, roles = list(self.fitted), ["train"] * len(self.fitted)
        for i in range(len(self.fitted) - 1):
            times.append((self.fitted[i] + self.fitted[i + 1]) / 2)
            roles.append("validation" if i % 2 else "test")
        order = sorted(range(len(times)), key=times.__getitem__)
        return Timeline.model_validate({"times": [times[i] for i in order], "roles": [roles[i] for i in order]})

    def surfaces(self, replicate: int) -> list[dict[str, Any]]:
        """None: the unseen sequences are spheres of which the grids of codes say more."""
        return []

    def state(self) -> dict[str, Any]:
        state = super().state()
        if self.unseen is not None:
            state |= {"unseen": self.unseen.detach(), "fitting": self.fitting.state_dict()}
        return state

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        if "unseen" in state:
            self._begin()
            assert self.unseen is not None
            with torch.no_grad():
                self.unseen.copy_(state["unseen"])
            self.fitting.load_state_dict(state["fitting"])
            for generator, saved in zip(self.generators, state["generators"], strict=True):
                generator.set_state(saved)

    def model(self) -> dict[str, Any] | None:
        model = super().model()
        assert model is not None
        assert self.unseen is not None
        return model | {"unseen": self.unseen.detach().cpu()}
