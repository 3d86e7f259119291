"""Methods with a network of their own as trainables: a network for every replicate and sequence, trained side by side.

# R = replicates, S = sequences, P = points, d = dimension
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from trainables.autodecoder.sampling import FramePool
from trainables.configuration import choose
from trainables.metrics.surfaces import Array
from trainables.models.base import OwnNetwork, available
from trainables.predictors import Predictors
from trainables.saved_model import GRID, SavedModel
from trainables.shapes.sequence import grid_points
from trainables.shapes.timeline import Timeline

_CHUNK = 1 << 14
"""Points evaluated at once."""


class Fields(Predictors):
    """R × S networks."""

    configuration: OwnNetwork

    def __init__(
        self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: torch.device
    ) -> None:
        super().__init__()
        self.configuration = choose(available(), configuration, "method with a network of its own")
        c = self.configuration
        self.timeline, self.device, self.epochs, self.replicates = timeline, device, c.epochs, len(seeds)
        own = [self._seed(seed, sequence.label) for seed in seeds for sequence in c.sequences]
        self.guard.names = [f"replicate {r}, {s.label}" for r in range(self.replicates) for s in c.sequences]
        self.networks = [seeded(c, seed).to(device) for seed in own]
        self.generators = [torch.Generator().manual_seed(seed) for seed in own]
        self.optimisers = [torch.optim.Adam(network.parameters(), lr=c.learning_rate) for network in self.networks]
        shown = timeline.train_times
        self.pools = [[FramePool.of(s, time, c.near_distance, device) for time in shown] for s in c.sequences]
        self._curves: list[dict[str, Any]] = []

    @staticmethod
    def _seed(seed: int, label: str) -> int:
        """Of the replicate's seed and the sequence's name, whatever other sequences there are."""
        return int(np.random.SeedSequence([seed, zlib.crc32(label.encode())]).generate_state(1)[0])

    def train_epoch(self) -> None:
        """One step of every network that has not diverged."""
        found = [self.configuration.terms(network, *self._points(i)) for i, network in enumerate(self.networks)]
        terms = {name: torch.stack([each[name] for each in found]) for name in found[0]}
        alive = self.guard.check(terms, self.epoch + 1).tolist()
        for index, optimiser in enumerate(self.optimisers):
            if alive[index]:
                optimiser.zero_grad(set_to_none=True)
                sum(found[index].values(), torch.zeros((), device=self.device)).backward()
                optimiser.step()
        self.epoch += 1
        values = {name: term.detach().view(self.replicates, -1).mean(1).tolist() for name, term in terms.items()}
        for replicate in range(self.replicates):
            mine = {name: value[replicate] for name, value in values.items()}
            self._curves.append({"replicate": replicate, "epoch": self.epoch, "loss": sum(mine.values())} | mine)

    def _points(self, index: int) -> tuple[Tensor, Tensor]:
        """Points `(P, d + 1)` of all shown frames of a network's sequence, and their true distances `(P,)`."""
        c = self.configuration
        pools = self.pools[index % len(c.sequences)]
        drawn = [pool.draw(c.points_per_frame, c.near_fraction, self.generators[index]) for pool in pools]
        return torch.cat([points for points, _ in drawn]), torch.cat([truth for _, truth in drawn])

    def predictor(self, replicate: int, sequence: int, resolution: int) -> Callable[[float], Array]:
        index = replicate * len(self.configuration.sequences) + sequence
        field, size = field_of(self.networks[index]), (resolution,) * self.configuration.dimension
        x = grid_points(resolution, self.device, len(size)).reshape(-1, len(size))

        @lru_cache(maxsize=32)
        def predict(time: float) -> Array:
            if index in self.guard.reasons:
                return np.full(size, np.inf, dtype=np.float32)
            values = field(torch.cat([x, torch.full_like(x[:, :1], time)], dim=1))
            volume: Array = values.nan_to_num(nan=torch.inf).view(size).cpu().numpy()
            return volume

        return predict

    def curves(self) -> list[dict[str, Any]]:
        return self._curves

    def state(self) -> dict[str, Any]:
        return {
            "networks": [network.state_dict() for network in self.networks],
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "generators": [generator.get_state() for generator in self.generators],
            "curves": self._curves,
        }

    def restore(self, state: dict[str, Any]) -> None:
        for network, saved in zip(self.networks, state["networks"], strict=True):
            network.load_state_dict(saved)
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        for generator, saved in zip(self.generators, state["generators"], strict=True):
            generator.set_state(saved)
        self._curves = state["curves"]

    def model(self) -> dict[str, Any]:
        return SavedFields.saved(
            configuration=self.configuration.model_dump_json(),
            networks=[{k: v.cpu() for k, v in network.state_dict().items()} for network in self.networks],
        )


class SavedFields(SavedModel):
    """The networks read back from their file; their method is looked up by its name, as any other is."""

    def __init__(self, saved: dict[str, Any]) -> None:
        fields = json.loads(saved["configuration"])
        self._configuration: OwnNetwork = choose(available(), fields, "method with a network of its own")
        self._networks: list[dict[str, Tensor]] = saved["networks"]
        self.sequences = self._configuration.sequences
        self.replicates = len(self._networks) // len(self.sequences)

    def field(self, replicate: int, sequence: int, grid: int = GRID) -> Callable[[Tensor], Tensor]:
        network = self._configuration.network()
        network.load_state_dict(self._networks[replicate * len(self.sequences) + sequence])
        return field_of(network)


def seeded(configuration: OwnNetwork, seed: int) -> nn.Module:
    """A network whose weights follow from the seed; torch's own generator is as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return configuration.network()


def field_of(network: nn.Module) -> Callable[[Tensor], Tensor]:
    """Points `(P, d + 1)` → signed distances `(P,)`, in parts that fit into memory, without gradients."""

    @torch.no_grad()
    def field(points: Tensor) -> Tensor:
        return torch.cat([network(part) for part in points.split(_CHUNK)])

    return field
