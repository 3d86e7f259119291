"""What all methods that fill in frames share: the pairs of their windows, the rows, what is kept to be looked at.

# R = replicates, K = pairs; several windows may be of one pair (boxes of one image)
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from trainables.base import Trainable
from trainables.draws import ALL, mean_and_draws
from trainables.inbetween.display import display_rows
from trainables.inbetween.pictures import Array, Pair, opened
from trainables.inbetween.predicted import Average, Predicted, Remembered
from trainables.inbetween.scores import drift_error, endpoint_error, frame_scores, mean_absolute_error, near_border
from trainables.inbetween.windows import Window, WindowsConfiguration
from trainables.shapes.timeline import Role, Timeline

Address = tuple[int, int]
"""Stack and first frame of a pair."""


class Method(Trainable):
    """A method on the windows of a supervision. Subclasses say what it predicts of a pair."""

    configuration_type: ClassVar[type[WindowsConfiguration]] = WindowsConfiguration
    epochs = 0

    def __init__(self, configuration: dict[str, Any], timeline: Timeline, seeds: list[int], device: Any) -> None:
        super().__init__()
        self.settings = self.configuration_type.model_validate(configuration)
        self.timeline, self.seeds, self.device = timeline, seeds, device
        self.scale = self.settings.downsampling
        """Displacements are told in pixels of the file, of which ours are so many."""
        self.pictures = opened(self.settings.file, self.scale)
        self.gap = len(timeline.times) - 1
        self.windows = self._distinct()
        self.addresses = list(dict.fromkeys(address for address, _ in self.windows))
        self.pairs = [self.pictures.pair(stack, start, start + self.gap) for stack, start in self.addresses]

    def _distinct(self) -> list[tuple[Address, Window]]:
        """The windows and where their pairs lie: where a gap leaves room for fewer, not the same frames twice."""
        found: dict[tuple[Address, str], Window] = {}
        for window in self.settings.windows:
            if not window.fits(self.gap):
                continue
            found.setdefault((self._address(window), str(window.box)), window)
        return [(address, window) for (address, _), window in found.items()]

    def _address(self, window: Window) -> Address:
        return window.stack, window.start(self.gap)

    @abstractmethod
    def predicted(self, replicate: int, pair: int) -> Predicted:
        """What a replicate says of a pair."""

    @property
    def deterministic(self) -> bool:
        return True

    def ensemble(self, rows: list[dict[str, Any]], roles: set[Role]) -> list[dict[str, Any]]:
        """Of the mean image and the mean displacement of the replicates that did not diverge."""
        if self.deterministic:
            return super().ensemble(rows, roles)
        found = []
        for index, address in enumerate(self.addresses):
            mine = [window for where, window in self.windows if where == address]
            told = [self.predicted(replicate, index) for replicate in range(len(self.seeds))]
            told = [Remembered(predicted) for predicted in told if not isinstance(predicted, Blank)]
            for draw, drawn in mean_and_draws(len(told)):
                averaged = Average(told, drawn) if told else Blank(self.pairs[index])
                wanted = roles if draw == ALL else roles - {"train"}
                scored = self._rows(averaged, index, mine, wanted)
                found += [{"draw": draw, "replicates": len(told)} | row for row in scored]
        return found

    def rows(self, roles: set[Role]) -> list[dict[str, Any]]:
        rows = []
        for replicate in range(1 if self.deterministic else len(self.seeds)):
            for index, address in enumerate(self.addresses):
                mine = [window for where, window in self.windows if where == address]
                found = self._rows(self.predicted(replicate, index), index, mine, roles)
                rows += [{"replicate": replicate} | row for row in found]
        if self.deterministic:
            return [row | {"replicate": r} for r in range(len(self.seeds)) for row in rows]
        return rows

    def _rows(self, predicted: Predicted, index: int, windows: list[Window], roles: set[Role]) -> list[dict[str, Any]]:
        """Of one pair, in the order of windows and times."""
        rows: dict[tuple[int, int], dict[str, Any]] = {}
        for at, time in enumerate(self.timeline.times):
            wanted = [(n, window) for n, window in enumerate(windows) if window.role_at(at, self.timeline) in roles]
            if not wanted:
                continue
            frame, moved = predicted.frame(time), predicted.displacement(time)
            for n, window in wanted:
                rows[n, at] = {
                    "sequence": window.label,
                    "window": self._frames(window),
                    "class": window.kind,
                    "time_index": at,
                    "time": time,
                    "role": window.role_at(at, self.timeline),
                } | self._scores(frame, moved, index, window, at)
        return [rows[key] for key in sorted(rows)]

    def _scores(self, frame: Array, moved: Array | None, index: int, window: Window, at: int) -> dict[str, float]:
        stack, start = self.addresses[index]
        truth = self.pictures.frames[stack, start + at]
        valid = np.isfinite(truth) & ~self.pairs[index].no_data & self._inside(window.box, truth.shape)
        last = at == self.gap
        return {
            **frame_scores(frame, truth, valid, self.pictures.span),
            "border_mae": mean_absolute_error(frame, truth, valid & near_border(truth.shape)),
            "endpoint_error": self.scale * endpoint_error(moved, self._known(stack, start, at), valid),
            "drift_error": self._drift_error(moved, window, valid) if last else float("nan"),
        }

    def _drift_error(self, moved: Array | None, window: Window, valid: Array) -> float:
        measured = None if window.drift is None else [part / self.scale for part in window.drift]
        return self.scale * drift_error(moved, measured, valid)

    def _inside(self, box: list[int] | None, shape: tuple[int, ...]) -> Array:
        """Pixels all of which lies in a box of the file's pixels."""
        inside = np.full(shape, box is None)
        if box is not None:
            top, bottom, left, right = (
                box[0] / self.scale,
                box[1] / self.scale,
                box[2] / self.scale,
                box[3] / self.scale,
            )
            inside[int(np.ceil(top)) : int(bottom), int(np.ceil(left)) : int(right)] = True
        return inside

    def _known(self, stack: int, start: int, at: int) -> Array | None:
        """The true displacement since the first frame, if it is known: that since frame 0 serves pairs from frame 0."""
        known = self.pictures.displacement
        return None if known is None or start != 0 else known[stack, start + at]

    def _frames(self, window: Window) -> str:
        start = window.start(self.gap)
        return f"frames {start} to {start + self.gap}"

    def surfaces(self, replicate: int) -> list[dict[str, Any]]:
        """Frames of the first window that is tested, to be looked at."""
        address, window = next(
            ((where, window) for where, window in self.windows if window.role == "test"), self.windows[0]
        )
        index = self.addresses.index(address)
        stack, start = address
        truth = {time: self.pictures.frames[stack, start + at] for at, time in enumerate(self.timeline.times)}
        label = window.label if window.box is None else "the image"
        roles = {
            time: "train" if role == "train" else window.role
            for time, role in zip(self.timeline.times, self.timeline.roles, strict=True)
        }
        return display_rows(self.predicted(replicate, index), self.pairs[index], truth, roles, label)

    def train_epoch(self) -> None:
        raise RuntimeError("this method has nothing to train")

    def curves(self) -> list[dict[str, Any]]:
        return []

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """There is nothing to restore."""


class Blank(Predicted):
    """The prediction of a model that diverged: it is scored as an empty image, not left out."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair

    def frame(self, time: float) -> Array:
        return np.zeros_like(self._pair.first)
