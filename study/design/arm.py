"""An arm of a study."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Arm:
    """One method under one supervision: an equal share of the search, one Optuna study."""

    method: str
    supervision: str

    def __str__(self) -> str:
        return f"{self.method}-{self.supervision}"
