"""Networks that are added to a rule, trained on what is shown of a recording's cells.

A cell's network lives in a cube that follows it: the cube's corner goes from one shown frame to the next in proportion
to time, so that the shape has its full size in it however far it moves, and hidden frames have no say in where it is.
There the field is f = B + w g (`trainables.autodecoder.anchor`), which passes through all frames that are shown. Cells
that are shown in the same frames share a network, with a code for each. Where a cell divides no network is tried.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from study.filling.lattice import Cube
from trainables.shapes.sequence import SIDE, grid_spacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from study.filling.holdout import Fields
    from study.filling.methods import Methods
    from study.filling.segments import Segment
    from trainables.saved_model import SavedModel
    from trainables.shapes.sampled import Sampled


class OutOfTime(Exception):
    """There was no time to train on."""


@dataclass(frozen=True, eq=False)
class Following:
    """The cube that follows a cell, in the plane a square, and its domain [-3, 3]^d, axes x, y, z."""

    label: int
    frames: tuple[int, ...]
    """Those that are shown."""
    times: NDArray[np.float64]
    """`(F,)`, in the recording's unit."""
    lows: NDArray[np.int64]
    """`(F, d)` lattice index of the cube's first point in these frames, z, y, x."""
    n: int
    h: float

    @classmethod
    def of(cls, fields: Fields, label: int, frames: tuple[int, ...]) -> Following:
        held = [fields.of((label,), number) for number in frames]
        n = max(max(field.values.shape) for field in held)
        lows = np.stack([field.low - (n - np.array(field.values.shape)) // 2 for field in held])
        times = np.array([fields.recording.times[number] for number in frames])
        return cls(label, frames, times, lows, n, fields.h(label))

    def low(self, time: float) -> NDArray[np.float64]:
        """Where the cube's first point is, in steps of the lattice."""
        return np.array([np.interp(time, self.times, along) for along in self.lows.T])

    def domain_time(self, time: float) -> float:
        return float((time - self.times[0]) / (self.times[-1] - self.times[0]))

    def sequence(self, fields: Fields) -> Sampled:
        """The shown frames in the domain, in a prepared file of the cache."""
        from trainables.files import cached
        from trainables.shapes.prepared import Prepared
        from trainables.shapes.sampled import Sampled

        unit, d = np.float32(SIDE / ((self.n - 1) * self.h)), self.lows.shape[1]
        cubes = [Cube(low, self.n, self.h) for low in self.lows]
        held = [fields.of((self.label,), number) for number in self.frames]
        volumes = [cube.embedded(field).T * unit for cube, field in zip(cubes, held, strict=True)]
        content = Prepared(
            sdf=np.stack(volumes).astype(np.float16),
            times=np.array([self.domain_time(time) for time in self.times]),
            frames=np.array(self.frames),
            affine=np.eye(d + 1),
            source_shape=np.array(fields.recording.shape),
            voxel=np.array(fields.recording.voxel),
            metadata={"label": f"cell-{self.label}", "unit": fields.recording.reader.unit},
        ).to_bytes()
        name = f"{hashlib.sha256(content).hexdigest()[:32]}.npz"
        return Sampled(file=cached("sequences", name, content), title=f"cell-{self.label}", dimension=d)


@dataclass(frozen=True, eq=False)
class Followed:
    """The mean of all replicates' fields of one cell."""

    following: Following
    _model: SavedModel
    _sequence: int
    notes: tuple[str, ...] = ()

    def cube(self, time: float) -> Cube:
        """That which follows the cell, on the lattice."""
        return Cube(np.rint(self.following.low(time)).astype(np.int64), self.following.n, self.following.h)

    def __call__(self, time: float) -> NDArray[np.float32]:
        import torch
        from torch import Tensor

        from trainables.metrics.narrow_band import narrow_band

        own, n = self.following, self.following.n
        between = (self.cube(time).low - own.low(time))[::-1] * grid_spacing(n)
        shift = torch.tensor([*between, 0.0], dtype=torch.float32)
        networks = [self._model.field(replicate, self._sequence, n) for replicate in range(self._model.replicates)]

        def mean(points: Tensor) -> Tensor:
            return torch.stack([network(points + shift) for network in networks]).mean(0)

        d = self._model.sequences[self._sequence].dimension
        values = narrow_band(mean, [own.domain_time(time)], n, dimension=d).values[0].nan_to_num(nan=torch.inf)
        found: NDArray[np.float32] = values.numpy().T * np.float32((n - 1) * own.h / SIDE)
        return found


@dataclass(frozen=True, eq=False)
class Trained:
    """A method's networks of all cells."""

    paths: dict[int, Followed]
    """Label → its field."""

    def between(self, method: str, segment: Segment) -> Followed:
        """The field over a segment of a cell that does not divide there."""
        return self.paths[segment.label]


Kept = Callable[[int, Callable[[], dict[str, Any]]], "SavedModel"]
"""Number of a network, what trains it → the model, which need not be trained where it is kept."""


def not_kept(number: int, make: Callable[[], dict[str, Any]]) -> SavedModel:
    """The model as it was trained."""
    from trainables.saved_model import of_state

    return of_state(make())


def train(
    method: str, methods: Methods, anchor: str, fields: Fields, hidden: Collection[int],
    stop: Callable[[int, int], bool], kept: Kept = not_kept,
) -> Trained:  # fmt: skip
    """Train a method's networks on all frames that are not hidden, added to the rule `anchor`.

    `stop` is told how many epochs of how many are done, before each; OutOfTime if it says so.
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for label, cell in fields.recording.cells.items():
        shown = tuple(number for number in cell.frames if number not in hidden)
        if len(shown) > 1:
            groups.setdefault(shown, []).append(label)
    paths: dict[int, Followed] = {}
    for done, (shown, labels) in enumerate(groups.items()):
        own = [Following.of(fields, label, shown) for label in labels]

        def out(epoch: int, epochs: int, before: int = done) -> bool:
            return stop(before * epochs + epoch, len(groups) * epochs)

        model = kept(done, partial(_fitted, method, methods, anchor, own, fields, out))
        paths |= {label: Followed(own[place], model, place) for place, label in enumerate(labels)}
    return Trained(paths)


def _fitted(
    method: str, methods: Methods, anchor: str, own: list[Following], fields: Fields, stop: Callable[[int, int], bool]
) -> dict[str, Any]:  # fmt: skip
    """What is kept of the network of some cells."""
    import torch

    from trainables.autodecoder.autodecoder import Autodecoder
    from trainables.configuration import assign
    from trainables.shapes.timeline import Timeline

    configuration = methods.networks[method].model_copy(deep=True)
    configuration.take([following.sequence(fields) for following in own])
    configuration.anchor = anchor
    times = [own[0].domain_time(time) for time in own[0].times]
    for name, regularizer in configuration.regularizers.items():
        samples = getattr(regularizer, "time_samples", None)
        if samples is not None and f"regularizers.{name}.time_samples" not in methods.given:
            least = min(b - a for a, b in pairwise(times))  # the middle of every interval is looked at
            assign(regularizer, "time_samples", max(samples, 2 * round(1 / least) + 1))
    timeline = Timeline(times=times, roles=["train"] * len(times))
    trainable = Autodecoder(configuration.model_dump(mode="json"), timeline, list(methods.seeds), torch.device("cpu"))
    while trainable.epoch < trainable.epochs:
        if stop(trainable.epoch, trainable.epochs):
            raise OutOfTime
        trainable.train_epoch()
    state = trainable.model()
    assert state is not None
    return state
