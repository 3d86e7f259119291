"""Which times are evaluated, and what each is used for: `train`, `validation` or `test`."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from trainables.configuration import Configuration

Role = Literal["train", "validation", "test"]


class Timeline(Configuration):
    """Evaluation times in [0, 1], increasing, with one role each; the `train` times are those a model is shown.

    A study without a time axis has none at all: there the trainable says what each of its rows is used for.
    """

    times: list[float]
    roles: list[Role]

    @model_validator(mode="after")
    def _consistent(self) -> Timeline:
        if len(self.times) != len(self.roles):
            raise ValueError(f"{len(self.times)} times but {len(self.roles)} roles")
        if any(b <= a for a, b in zip(self.times, self.times[1:], strict=False)):
            raise ValueError("times must increase")
        if self.times and self.roles.count("train") < 2:
            raise ValueError("at least two times must have the role 'train'")
        return self

    @classmethod
    def none(cls) -> Timeline:
        """No time axis."""
        return cls(times=[], roles=[])

    @classmethod
    def shown(cls, indices: set[int], intervals: int = 20) -> Timeline:
        """Times i / intervals; `indices` are shown, other odd i are `validation`, other even i are `test`."""
        roles: list[Role] = [
            "train" if i in indices else "validation" if i % 2 else "test" for i in range(intervals + 1)
        ]
        return cls(times=[i / intervals for i in range(intervals + 1)], roles=roles)

    def leaving_out(self) -> Timeline:
        """The shown times alone, every second one between the first and the last now `validation`: what a search is
        shown that chooses by frames which are shown in the end, and sees no hidden one.

        Between two times that stay, one is left out at most: each has both its neighbours. At least three times must
        be shown.
        """
        shown = self.train_times
        if len(shown) < 3:
            raise ValueError(f"of {len(shown)} shown times none can be left out: at least three are needed")
        left_out = set(shown[1:-1:2])
        return Timeline(times=shown, roles=["validation" if time in left_out else "train" for time in shown])

    @property
    def train_times(self) -> list[float]:
        """The times that a model is shown."""
        return [t for t, role in zip(self.times, self.roles, strict=True) if role == "train"]

    def neighbours(self, time: float) -> tuple[int, float]:
        """(j, s) with time = (1 − s) t_j + s t_{j+1} between two shown times; s is 1 at the last one alone."""
        return neighbours(self.train_times, time)


def neighbours(shown: list[float], time: float) -> tuple[int, float]:
    """`Timeline.neighbours` of these shown times."""
    j = max(i for i in range(len(shown) - 1) if shown[i] <= time)
    return j, (time - shown[j]) / (shown[j + 1] - shown[j])
