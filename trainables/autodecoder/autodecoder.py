"""Fitting: decoder and codes of R replicates are trained together on the shown frames (seed 000, eqs. 3.2–3.4).

    L = mean |S − f|  +  w Σ ‖z‖² / σ²  +  Σ_regularizers weight × term

The sums of eq. 3.4 over points and frames are means; w, which the document does not give, is `code_weight`.

# R = replicate, N = sequence, F = frames of a batch, P = points per frame
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.decoder import Decoder
from trainables.autodecoder.regularizers.base import Problem
from trainables.autodecoder.sampling import FramePool
from trainables.base import Trainable
from trainables.metrics.narrow_band import Field, narrow_band
from trainables.metrics.per_time import score
from trainables.metrics.surfaces import Array
from trainables.shapes.sequence import grid_points
from trainables.shapes.timeline import Role, Timeline

# Points evaluated at once when a volume is predicted: bounds memory, not results.
_CHUNK = 1 << 15
# Points evaluated at once by one replicate: a layer's values stay in the cache.
_FIELD_CHUNK = 1 << 12


class Autodecoder(Trainable):
    """Decoder, codes, optimiser and random state of one trial."""

    def __init__(
        self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: torch.device
    ) -> None:
        super().__init__()
        self.configuration = c = AutodecoderConfiguration.model_validate(configuration)
        self.timeline, self.device, self.epochs = timeline, device, c.epochs
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.decoder = Decoder(c.decoder, self.generators).to(device)
        size = c.decoder.code_dimension
        codes = [torch.randn(len(c.sequences), size, generator=g) / size**0.5 for g in self.generators]
        self.codes = nn.Parameter(torch.stack(codes).to(device))
        self.optimiser = torch.optim.Adam(
            [
                {"params": list(self.decoder.parameters()), "lr": c.learning_rate},
                {"params": [self.codes], "lr": c.code_learning_rate},
            ],
            fused=True,
        )
        self.schedule = torch.optim.lr_scheduler.StepLR(self.optimiser, c.halve_every, 0.5)
        self.frames = timeline.train_times
        self.pools = [[FramePool.of(s, t, c.near_distance, device) for t in self.frames] for s in c.sequences]
        problem = Problem(c.sequences, self.frames, device, self.generators)
        self.regularizers = {
            name: (regularizer, regularizer.prepare(problem))
            for name, regularizer in c.regularizers.items()
            if regularizer.weight > 0
        }
        self._curves: list[dict[str, Any]] = []

    def decode(self, points: Tensor) -> Tensor:
        """points `(R | 1, N | 1, P, 4)` → predicted SDF `(R, N, P)`."""
        return self.decoder(points, self.codes)

    def train_epoch(self) -> None:
        # The order of the frames depends on the epoch alone, so that a replicate is the same alone and among others.
        order = torch.randperm(len(self.frames), generator=torch.Generator().manual_seed(self.epoch)).tolist()
        size = self.configuration.frames_per_batch
        batches = [order[i : i + size] for i in range(0, len(order), size)]
        totals = [self._step(batch) for batch in batches]
        self.schedule.step()
        self.epoch += 1
        for replicate in range(len(self.generators)):
            means = {name: float(np.mean([t[name][replicate] for t in totals])) for name in totals[0]}
            self._curves.append({"replicate": replicate, "epoch": self.epoch} | means)

    def _step(self, batch: list[int]) -> dict[str, list[float]]:
        c = self.configuration
        points, truth = self._sample(batch)
        terms = {"reconstruction": (self.decode(points) - truth).abs().mean((1, 2))}
        ramp = min(1.0, (self.epoch + 1) / c.code_ramp) if c.code_ramp else 1.0
        terms["code"] = self.codes.square().sum((1, 2)) / c.code_sigma**2
        loss = terms["reconstruction"] + ramp * c.code_weight * terms["code"]
        for name, (regularizer, term) in self.regularizers.items():
            if self.epoch >= regularizer.warm_up:
                terms[name] = term(self.decode)
                loss = loss + regularizer.weight * terms[name]
        alive = self.guard.check(terms, self.epoch + 1)
        self.optimiser.zero_grad(set_to_none=True)
        torch.where(alive, loss, torch.zeros_like(loss)).sum().backward()
        if not bool(alive.all()):
            self._clear_gradients(~alive)
        self.optimiser.step()
        values = {"loss": loss} | terms
        return {name: value.detach().cpu().tolist() for name, value in values.items()}

    def _sample(self, batch: list[int]) -> tuple[Tensor, Tensor]:
        """Points `(R, N, F P, 4)` and their true SDF `(R, N, F P)`."""
        c = self.configuration
        draws = [
            [
                [pools[frame].draw(c.points_per_frame, c.near_fraction, generator) for frame in batch]
                for pools in self.pools
            ]
            for generator in self.generators
        ]
        points, truth = (
            torch.stack([torch.stack([torch.cat([d[i] for d in frames]) for frames in row]) for row in draws])
            for i in (0, 1)
        )
        return points, truth

    def _clear_gradients(self, dead: Tensor) -> None:
        for group in self.optimiser.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad[dead] = 0.0

    @torch.no_grad()
    def predict(self, time: float, resolution: int) -> Tensor:
        """Predicted SDF on `grid_points(resolution)`, `(R, N, n, n, n)`."""
        x = grid_points(resolution, self.device).view(1, 1, -1, 3)
        points = torch.cat([x, torch.full_like(x[..., :1], time)], dim=-1)
        chunk = max(1, _CHUNK // (self.codes.shape[0] * self.codes.shape[1]))
        parts = [self.decode(part) for part in points.split(chunk, dim=2)]
        return torch.cat(parts, dim=2).unflatten(2, (resolution,) * 3)

    def field(self, replicate: int, sequence: int) -> Field:
        """One replicate's prediction of one sequence: points `(P, 4)` → SDF `(P,)`, without gradients."""
        one = slice(replicate, replicate + 1)
        parameters = {name: p.detach()[one] for name, p in self.decoder.named_parameters()}
        code = self.codes.detach()[one, sequence : sequence + 1]

        @torch.no_grad()
        def predicted(points: Tensor) -> Tensor:
            parts = points.view(1, 1, -1, 4).split(_FIELD_CHUNK, dim=2)
            return torch.cat([functional_call(self.decoder, parameters, (part, code))[0, 0] for part in parts])

        return predicted

    def rows(self, roles: set[Role]) -> list[dict[str, Any]]:
        rows = []
        for replicate in range(len(self.generators)):
            for index, sequence in enumerate(self.configuration.sequences):
                predicted = _Predicted(self, replicate, index, roles)
                scored = score(predicted, sequence, self.timeline, roles, self.configuration.evaluation_grid)
                for row in scored:
                    row["dense_fallback"] = row["time"] in predicted.fallback
                rows += [{"replicate": replicate} | row for row in scored]
        return rows

    def curves(self) -> list[dict[str, Any]]:
        return self._curves

    def state(self) -> dict[str, Any]:
        return {
            "decoder": self.decoder.state_dict(),
            "codes": self.codes.detach(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "generators": [g.get_state() for g in self.generators],
            "curves": self._curves,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.decoder.load_state_dict(state["decoder"])
        with torch.no_grad():
            self.codes.copy_(state["codes"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        for generator, saved in zip(self.generators, state["generators"], strict=True):
            generator.set_state(saved)
        self._curves = state["curves"]

    def model(self) -> dict[str, Any] | None:
        return {
            "configuration": self.configuration.model_dump_json(),
            "decoder": {k: v.cpu() for k, v in self.decoder.state_dict().items()},
            "codes": self.codes.detach().cpu(),
        }


class _Predicted:
    """Predicted SDF of one replicate and sequence by time, `(n, n, n)`: exact where its zero level is."""

    def __init__(self, model: Autodecoder, replicate: int, sequence: int, roles: set[Role]) -> None:
        self.field, self.device = model.field(replicate, sequence), model.device
        self.n = model.configuration.evaluation_grid
        self.fallback: set[float] = set()
        """Times at which the narrow band's bound did not hold."""
        timeline = model.timeline
        wanted = [time for time, role in zip(timeline.times, timeline.roles, strict=True) if role in roles]
        # A replicate that diverged has no surface: it is scored as the worst, not left out.
        self.diverged = replicate in model.guard.reasons
        self._volumes = {} if self.diverged else self._evaluate(wanted)

    def _evaluate(self, times: list[float]) -> dict[float, Array]:
        found = narrow_band(self.field, times, self.n, self.device)
        self.fallback |= {time for time, dense in zip(times, found.fallback.tolist(), strict=True) if dense}
        return dict(zip(times, found.values.nan_to_num_(nan=torch.inf).cpu().numpy(), strict=True))

    def __call__(self, time: float) -> Array:
        if self.diverged:
            return np.full((self.n,) * 3, np.inf, dtype=np.float32)
        return self._volumes[time] if time in self._volumes else self._evaluate([time])[time]
