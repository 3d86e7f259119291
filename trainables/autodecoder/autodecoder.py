"""Fitting: decoder and codes of R replicates are trained together on the shown frames (Martens 2025, eqs. 3.2–3.4).

    L = mean |S − f|  +  w mean ‖z‖² / σ²  +  Σ_regularizers weight × term

The sums of eq. 3.4 over points, frames and sequences are means; w, which Martens 2025 does not give, is `code_weight`.
A step compares a few frames, each of any of the network's sequences (`sampling.batches`).

A network that is anchored (`anchor.py`) meets the shown frames whatever it is: its first term is `base_weight` times
how far it departs from its base (`departure.py`), and a step is an epoch. Where there is no regularizer, there is
nothing to train, and it is its base.

Where every sequence has a network of its own, a replicate is as many networks, trained side by side.

# R = network, N = sequence of a network, B = frames of a batch, P = points per frame, d = dimension
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from trainables import ensemble
from trainables.autodecoder.anchor import Anchor, Base, weight
from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.decoder import Decoder
from trainables.autodecoder.departure import Departure
from trainables.autodecoder.kept_frames import kept
from trainables.autodecoder.model import SavedDecoder
from trainables.autodecoder.networks import Network, networks
from trainables.autodecoder.predicted import Predicted
from trainables.autodecoder.regularizers.base import Problem
from trainables.autodecoder.sampling import FramePool, batches
from trainables.base import Trainable
from trainables.metrics.display import display_resolution, display_rows, display_times, displayed
from trainables.metrics.narrow_band import Field
from trainables.metrics.per_time import score
from trainables.shapes.sequence import ShapeSequence, grid_points
from trainables.shapes.timeline import Role, Timeline

# Points evaluated at once when a volume is predicted: bounds memory, not results.
_CHUNK = 1 << 15
# Points evaluated at once by one replicate: a layer's values stay in the cache.
_FIELD_CHUNK = 1 << 12


class Autodecoder(Trainable):
    """Decoder, codes, optimiser and random state of one trial."""

    configuration_type: ClassVar[type[AutodecoderConfiguration]] = AutodecoderConfiguration

    def __init__(
        self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: torch.device
    ) -> None:
        super().__init__()
        self.configuration = c = self.configuration_type.model_validate(configuration)
        self.timeline, self.device = timeline, device
        self.networks = networks(len(seeds), len(c.sequences), c.shared)
        self.guard.names = [self._name(network) for network in self.networks]
        self.generators = [torch.Generator().manual_seed(self._seed(seeds, network)) for network in self.networks]
        self.decoder = Decoder(c.decoder, self.generators, c.dimension).to(device)
        size = c.decoder.code_dimension
        count = len(self.networks[0].sequences)
        codes = [torch.randn(count, size, generator=g) / size**0.5 for g in self.generators]
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
        self.anchor = None if c.anchor is None else self._anchored(c.anchor)
        apart = self.networks[:1] if c.shared else self.networks
        sequences = [[c.sequences[i] for i in network.sequences] for network in apart]
        problem = Problem(sequences, self.frames, device, self.generators)
        self.regularizers = {
            name: (regularizer, regularizer.prepare(problem))
            for name, regularizer in c.regularizers.items()
            if regularizer.weight > 0
        }
        self.departure = self._departure()
        self.epochs = 0 if self.anchor and not self.regularizers else c.epochs
        self._curves: list[dict[str, Any]] = []

    def _name(self, network: Network) -> str:
        """What the network is called where it is told that it diverged."""
        name = f"replicate {network.replicate}"
        return (
            name if self.configuration.shared else f"{name}, {self.configuration.sequences[network.sequences[0]].label}"
        )

    def _seed(self, seeds: list[int], network: Network) -> int:
        """The replicate's seed, or one for each of its networks that follows from it."""
        seed = seeds[network.replicate]
        if self.configuration.shared:
            return seed
        return int(np.random.SeedSequence([seed, *network.sequences]).generate_state(1)[0])

    def _anchored(self, anchor: str) -> Anchor:
        """The bases of all sequences; the networks that are added to them begin at zero."""
        self.decoder.begin_at_zero()
        bases = [Base.of(anchor, sequence, self.frames) for sequence in self.configuration.sequences]
        apart = self.networks[:1] if self.configuration.shared else self.networks
        return Anchor(bases, [list(network.sequences) for network in apart], self.device)

    def _departure(self) -> Departure | None:
        """What keeps anchored networks that are trained at their base."""
        c = self.configuration
        if self.anchor is None or not self.regularizers or c.base_weight == 0:
            return None
        return Departure(self.anchor, len(self.networks), c.candidates, c.near_distance, c.dimension)

    def decode(self, points: Tensor, mixture: Tensor | None = None) -> Tensor:
        """points `(R | 1, N | 1, P, d + 1)` → predicted SDF `(R, N, P)`; of mixed codes `(K, N)`, `(R, K, P)`.

        Raises ValueError for mixed codes of anchored networks.
        """
        if self.anchor is None:
            return self.decoder(points, self.codes if mixture is None else mixture @ self.codes)
        if mixture is not None:
            raise ValueError("shapes of mixed codes have no base: anchored networks have none of them")
        return self.anchor.added(points, self.decoder(points, self.codes))

    def train_epoch(self) -> None:
        size = self.configuration.frames_per_batch
        steps = [[]] if self.anchor else batches(self.codes.shape[1], len(self.frames), size, self.epoch)
        totals = [self._step(batch) for batch in steps]
        self.schedule.step()
        self.epoch += 1
        self._log(totals)

    def _log(self, totals: list[dict[str, list[float]]]) -> None:
        """Enter the mean of each term over batches and a replicate's networks into the training curves."""
        for replicate in sorted({network.replicate for network in self.networks}):
            mine = [i for i, network in enumerate(self.networks) if network.replicate == replicate]
            means = {name: float(np.mean([t[name][i] for t in totals for i in mine])) for name in totals[0]}
            self._curves.append({"replicate": replicate, "epoch": self.epoch} | means)

    def _step(self, batch: list[tuple[int, int]]) -> dict[str, list[float]]:
        c = self.configuration
        terms = self._data_terms(batch)
        ramp = min(1.0, (self.epoch + 1) / c.code_ramp) if c.code_ramp else 1.0
        terms["code"] = self.codes.square().sum(2).mean(1) / c.code_sigma**2
        weights = {"reconstruction": 1.0, "departure": c.base_weight}
        loss = ramp * c.code_weight * terms["code"] + sum(
            w * terms[name] for name, w in weights.items() if name in terms
        )
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

    def _data_terms(self, batch: list[tuple[int, int]]) -> dict[str, Tensor]:
        """What ties the networks to their frames, or, where they are anchored, to their base."""
        if self.anchor is None:
            return {"reconstruction": self._reconstruction(batch)}
        if self.departure is None:
            return {}
        c = self.configuration
        added = lambda points: self.decoder(points, self.codes)  # noqa: E731
        return {"departure": self.departure(added, c.points_per_frame, c.near_fraction, self.generators)}

    def _reconstruction(self, batch: list[tuple[int, int]]) -> Tensor:
        """Mean L1 distance to the truth at points of the batch's (sequence, frame), of each network: `(R,)`."""
        points, truth = self._sample(batch)
        codes: Tensor = self.codes
        if codes.shape[1] == 1:  # one code for all: the decoder is quickest with their points in one piece
            points, truth = points.flatten(1, 2).unsqueeze(1), truth.flatten(1).unsqueeze(1)
        else:
            codes = codes.index_select(1, torch.tensor([n for n, _ in batch], device=self.device))
        return (self.decoder(points, codes) - truth).abs().mean((1, 2))

    @cached_property
    def pools(self) -> list[list[FramePool]]:
        """Of each frame of each sequence; drawn once training begins: what is read back trained needs none."""
        c = self.configuration
        return [
            [FramePool.of(s, t, c.near_distance, self.device, c.candidates) for t in self.frames] for s in c.sequences
        ]

    def _sample(self, batch: list[tuple[int, int]]) -> tuple[Tensor, Tensor]:
        """Points `(R, B, P, d + 1)` and their true SDF `(R, B, P)`."""
        c = self.configuration
        draws = [
            [
                self.pools[network.sequences[n]][frame].draw(c.points_per_frame, c.near_fraction, generator)
                for n, frame in batch
            ]
            for network, generator in zip(self.networks, self.generators, strict=True)
        ]
        points, truth = (torch.stack([torch.stack([d[i] for d in row]) for row in draws]) for i in (0, 1))
        return points, truth

    def _clear_gradients(self, dead: Tensor) -> None:
        for group in self.optimiser.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad[dead] = 0.0

    @torch.no_grad()
    def predict(self, time: float, resolution: int) -> Tensor:
        """Predicted SDF on `grid_points(resolution)`, `(R, N, n, …)`."""
        dimension = self.configuration.dimension
        x = grid_points(resolution, self.device, dimension).view(1, 1, -1, dimension)
        points = torch.cat([x, torch.full_like(x[..., :1], time)], dim=-1)
        chunk = max(1, _CHUNK // (self.codes.shape[0] * self.codes.shape[1]))
        parts = [self.decoder(part, self.codes) for part in points.split(chunk, dim=2)]
        values = torch.cat(parts, dim=2).unflatten(2, (resolution,) * dimension)
        if self.configuration.anchor is None:
            return values
        volumes = [self.base(s, self.frames).volume(time, resolution) for s in self.configuration.sequences]
        mine = torch.stack([torch.stack([volumes[i] for i in network.sequences]) for network in self.networks])
        return mine.to(self.device) + weight(points[0, 0, :1, -1], torch.tensor(self.frames).to(self.device)) * values

    def base(self, sequence: ShapeSequence, shown: list[float]) -> Base:
        """What the network is added to for a sequence that is shown at these times. (Only for anchored networks.)"""
        assert self.configuration.anchor is not None
        return Base.of(self.configuration.anchor, sequence, shown)

    def field(self, network: int, code: Tensor, base: Base | None = None, grid: int = 64) -> Field:
        """One network's prediction with a code `(C,)`: points `(P, d + 1)` → SDF `(P,)`, without gradients.

        It is added to `base`, which is exact on `grid_points(grid)`.
        """
        parameters = {name: p.detach()[network : network + 1] for name, p in self.decoder.named_parameters()}
        code = code.detach().view(1, 1, -1)

        @torch.no_grad()
        def predicted(points: Tensor) -> Tensor:
            parts = points.view(1, 1, *points.shape).split(_FIELD_CHUNK, dim=2)
            return torch.cat([functional_call(self.decoder, parameters, (part, code))[0, 0] for part in parts])

        return predicted if base is None else base.plus(predicted, grid, self.device)

    @property
    def deterministic(self) -> bool:
        """Whether nothing that is drawn has a say: an interpolant to which nothing is added."""
        return self.configuration.anchor is not None and not self.configuration.regularizers

    def rows(self, roles: set[Role]) -> list[dict[str, Any]]:
        return self.scored(self.configuration.sequences, self.codes, self.timeline, roles)

    def scored(
        self, sequences: list[ShapeSequence], codes: Tensor, timeline: Timeline, roles: set[Role]
    ) -> list[dict[str, Any]]:
        """Rows of what every network predicts with its codes `(R, N, C)` of its share of the sequences."""
        rows: list[dict[str, Any]] = []
        replicates = dict.fromkeys(network.replicate for network in self.networks)
        for index, network in enumerate(self.networks):
            if self.deterministic and network.replicate:
                continue
            mine = sequences if self.configuration.shared else [sequences[i] for i in network.sequences]
            for sequence, code in zip(mine, codes[index], strict=True):
                predicted = self._predicted(index, code, sequence, timeline, self.configuration.evaluation_grid)
                predicted.prepare([t for t, r in zip(timeline.times, timeline.roles, strict=True) if r in roles])
                way = self.configuration.surface_distance
                scored = score(predicted, sequence, timeline, roles, predicted.n, way)
                for row in scored:
                    row["dense_fallback"] = row["time"] in predicted.fallback
                rows += [{"replicate": network.replicate} | row for row in scored]
        if self.deterministic:
            return [row | {"replicate": replicate} for replicate in replicates for row in rows]
        return rows

    def ensemble(self, rows: list[dict[str, Any]], roles: set[Role]) -> list[dict[str, Any]]:
        if self.deterministic:
            return super().ensemble(rows, roles)
        return self.averaged(self.configuration.sequences, self.codes, self.timeline, roles)

    def averaged(
        self, sequences: list[ShapeSequence], codes: Tensor, timeline: Timeline, roles: set[Role]
    ) -> list[dict[str, Any]]:
        """As `scored`, of the mean of all replicates and of draws of them."""
        n, shared = self.configuration.evaluation_grid, self.configuration.shared
        times = [t for t, r in zip(timeline.times, timeline.roles, strict=True) if r in roles]
        rows = []
        for position, sequence in enumerate(sequences):
            members = []
            for index, network in enumerate(self.networks):
                if shared or position in network.sequences:
                    code = codes[index, position if shared else 0]
                    members.append(self._predicted(index, code, sequence, timeline, n))
                    members[-1].prepare(times)
            way = self.configuration.surface_distance
            rows += ensemble.scored(members, sequence, timeline, roles, n, way)
        return rows

    def surfaces(self, replicate: int) -> list[dict[str, Any]]:
        network = next(i for i, network in enumerate(self.networks) if network.replicate == replicate)
        sequences, rows = self.configuration.sequences, []
        for position in displayed(sequences) if self.configuration.shared else [0]:
            sequence = sequences[position]
            n = display_resolution(sequence.dimension)
            predicted = self._predicted(network, self.codes[network, position], sequence, self.timeline, n)
            predicted.prepare(display_times(self.timeline))
            rows += display_rows(predicted, sequence, self.timeline, n)
        return rows

    def _predicted(self, network: int, code: Tensor, sequence: ShapeSequence, timeline: Timeline, n: int) -> Predicted:
        base = None if self.configuration.anchor is None else self.base(sequence, timeline.train_times)
        # A network that diverged has no surface: it is scored as the worst, not left out.
        diverged = network in self.guard.reasons
        return Predicted(self.field(network, code, base, n), self.device, n, diverged, sequence.dimension)

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
        c = self.configuration
        anchored = {} if c.anchor is None else {"base": kept(c.anchor, c.sequences, self.frames)}
        return SavedDecoder.saved(
            configuration=self.configuration.model_dump_json(),
            decoder={k: v.cpu() for k, v in self.decoder.state_dict().items()},
            codes=self.codes.detach().cpu(),
            **anchored,
        )
