"""The autodecoder as prior: `fitted-code`, `learned-residual`.

A decoder f(x, t, z) is trained on the known sequences at all times of the timeline (`autodecoder.py`, with whatever
regularizers), one for each fold. Then it is frozen, and a new sequence gets the code that minimises

    mean |S − f|  at its shown frames  +  code_prior × Σ_k (z_k − m_k)² / s_k²

with the mean m and the deviation s of the known sequences' codes: latent generalization (Martens 2025, section 4.2)
with a Gaussian of what codes there are. `fitted-code` is f with that code. `learned-residual` keeps of it only what
goes beyond what a rule B makes of its own frames,

    B(x, t; S)  +  f(x, t, z) − B(x, t; f at the shown times),

which hits the shown frames, and is the rule where the decoder says no more than it would.

What the decoders learn does not depend on what is shown of new sequences, nor on the rule. So trained ones are kept in
the cache, and methods and supervisions that differ in nothing else share them: the seconds of training are those of the
first that asks.

# R = replicate, M = new sequence of a fold, F = shown frame, P = points, C = code, d = dimension
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainables.autodecoder.autodecoder import Autodecoder
from trainables.autodecoder.sampling import FramePool
from trainables.files import cache_folder, read, write_atomically
from trainables.metrics.surfaces import Array
from trainables.population.coded_configuration import CodedConfiguration
from trainables.population.learning import Learning
from trainables.population.saved import SavedPopulation
from trainables.shapes.sequence import grid_points
from trainables.shapes.timeline import Timeline

_CANDIDATES = 1 << 14
"""Candidate points of a shown frame."""


class Coded(Learning):
    """R decoders for every fold, trained side by side, and a code of each for every new sequence."""

    configuration: CodedConfiguration

    def __init__(
        self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: torch.device
    ) -> None:
        super().__init__()
        self.configuration = c = CodedConfiguration.model_validate(configuration)
        self.timeline, self.device, self.seeds, self.replicates = timeline, device, seeds, len(seeds)
        self.epochs = c.epochs
        known = Timeline(times=timeline.times, roles=["train"] * len(timeline.times))
        self.decoders = [
            Autodecoder(c.of(fold).model_dump(mode="json"), known, [seed + fold for seed in seeds], device)
            for fold in range(c.dealt)
        ]
        self.codes: list[Tensor] = []
        """Of the new sequences of each fold, `(R, M, C)`, once the decoders are trained."""
        self._kept = _file(c, timeline, seeds, device)
        if self._read():
            self.epochs = 1

    def train_epoch(self) -> None:
        """One of every decoder, unless they are trained already; after the last the codes are fitted."""
        for decoder in self.decoders:
            if decoder.epoch < self.configuration.epochs:
                decoder.train_epoch()
        self.epoch += 1
        if self.epoch == self.epochs:
            self._keep()
            self.codes = [self._fitted(fold) for fold in range(self.configuration.dealt)]

    def _read(self) -> bool:
        """Take trained decoders from the cache, if they are there."""
        content = read(self._kept)
        if content is None:
            return False
        try:
            states = torch.load(io.BytesIO(content), map_location=self.device, weights_only=True)
        except Exception:  # damaged, where what torch raises is of many kinds: they are trained again
            return False
        for decoder, state in zip(self.decoders, states, strict=True):
            decoder.restore(state)
            decoder.epoch = self.configuration.epochs
        return True

    def _keep(self) -> None:
        if not any(decoder.guard.reasons for decoder in self.decoders):
            write_atomically(self._kept, lambda opened: torch.save([d.state() for d in self.decoders], opened))

    def _fitted(self, fold: int) -> Tensor:
        """Codes of a fold's new sequences, `(R, M, C)`; each one's gradient is its own, as if it were fitted alone."""
        c, trained = self.configuration, self.decoders[fold]
        points, truth = self._shown_points(fold)
        trained.decoder.requires_grad_(False)
        known = trained.codes.detach()
        middle, deviation = known.mean(1, keepdim=True), known.std(1, keepdim=True).clamp(min=1e-6)
        codes = middle.repeat(1, len(points), 1).requires_grad_()
        optimiser = torch.optim.Adam([codes], lr=c.code_fitting_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, c.code_epochs)
        generator = torch.Generator().manual_seed(0)
        for _ in range(c.code_epochs):
            chosen = torch.randint(_CANDIDATES, (c.code_fitting_points,), generator=generator).to(self.device)
            at = points[:, :, chosen].flatten(1, 2).expand(self.replicates, -1, -1, -1)
            error = (trained.decoder(at, codes) - truth[:, :, chosen].flatten(1, 2)).abs().mean(2)
            far = ((codes - middle) / deviation).square().sum(2)
            optimiser.zero_grad(set_to_none=True)
            (error + c.code_prior * far).sum().backward()
            optimiser.step()
            schedule.step()
        trained.decoder.requires_grad_(True)
        return codes.detach()

    def _shown_points(self, fold: int) -> tuple[Tensor, Tensor]:
        """Points `(M, F, P, d + 1)` of the shown frames of a fold's new sequences, and their distances `(M, F, P)`."""
        c, generator = self.configuration, torch.Generator().manual_seed(0)
        drawn = [
            [
                FramePool.of(c.sequences[i], time, c.near_distance, self.device, 2 * _CANDIDATES).draw(
                    _CANDIDATES, c.near_fraction, generator
                )
                for time in self.timeline.train_times
            ]
            for i in c.new(fold)
        ]
        points, truth = (torch.stack([torch.stack([frame[k] for frame in each]) for each in drawn]) for k in (0, 1))
        return points, truth

    def decoded(self, replicate: int, sequence: int, times: list[float], resolution: int) -> Array:
        """What the decoder says of a new sequence, `(T, n, …)`; infinite where it diverged."""
        c = self.configuration
        size = (resolution,) * c.dimension
        fold, place = sequence % c.fold_count, sequence // c.fold_count
        trained = self.decoders[fold]
        if replicate in trained.guard.reasons or not self.codes:
            return np.full((len(times), *size), np.inf, dtype=np.float32)
        field = trained.field(replicate, self.codes[fold][replicate, place])
        x = grid_points(resolution, self.device, c.dimension).view(-1, c.dimension)
        values = [field(torch.cat([x, torch.full_like(x[:, :1], time)], dim=1)).view(size) for time in times]
        found: Array = torch.stack(values).nan_to_num(nan=math.inf).cpu().numpy()
        return found

    def predictor(self, replicate: int, sequence: int, resolution: int) -> Callable[[float], Array]:
        if self.configuration.base is not None:
            return super().predictor(replicate, sequence, resolution)
        return lambda time: self.decoded(replicate, sequence, [time], resolution)[0]

    def beyond(self, replicate: int, sequence: int, time: float, resolution: int) -> Array:
        shown = self.timeline.train_times
        if time in shown:
            return np.zeros((resolution,) * self.configuration.dimension, dtype=np.float32)
        decoded = self.decoded(replicate, sequence, [*shown, time], resolution)
        if not np.isfinite(decoded).all():
            return decoded[-1]
        found: Array = decoded[-1] - self.rule(decoded[:-1])(time)
        return found

    def curves(self) -> list[dict[str, Any]]:
        """The mean over folds."""
        curves = [decoder.curves() for decoder in self.decoders]
        same = ("replicate", "epoch")
        return [
            {key: rows[0][key] if key in same else float(np.mean([row[key] for row in rows])) for key in rows[0]}
            for rows in zip(*curves, strict=True)
        ]

    def state(self) -> dict[str, Any]:
        return {
            "decoders": [decoder.state() for decoder in self.decoders],
            "epochs": [decoder.epoch for decoder in self.decoders],
            "codes": self.codes,
        }

    def restore(self, state: dict[str, Any]) -> None:
        for decoder, saved, epoch in zip(self.decoders, state["decoders"], state["epochs"], strict=True):
            decoder.restore(saved)
            decoder.epoch = epoch
        self.codes = list(state["codes"])

    def model(self) -> dict[str, Any]:
        """Without regularizers: what they look at when they are made is for training alone."""
        return SavedPopulation.kept("coded", self, self.seeds, regularizers={})


def _file(c: CodedConfiguration, timeline: Timeline, seeds: list[int], device: torch.device) -> str:
    """Where decoders that learn the same from the same, on the same kind of device, are kept."""
    learned = [c.of(fold).model_dump_json() for fold in range(c.dealt)]
    what = json.dumps(["decoders of a population 1", learned, timeline.times, seeds, device.type])
    return str(cache_folder() / "decoders" / f"{hashlib.sha256(what.encode()).hexdigest()[:32]}.pt")
