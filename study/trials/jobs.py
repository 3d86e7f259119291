"""What is run: a job is one trial's request; a source hands jobs out and hears what became of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from study.design.arm import Arm
from trainables.base import Request

State = Literal["complete", "pruned", "failed"]

LOST = "the worker was lost"
"""How the reason of a trial begins that failed because its process or node died, again and again."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One trial."""

    request: Request
    arm: Arm
    parameters: dict[str, Any]
    """Dotted path → value, as searched."""
    number: int = -1
    """Optuna's trial number; −1 outside the search."""

    @property
    def trial(self) -> str:
        """The trial's id, unique in the run."""
        return self.request.labels["trial"]


class JobSource(ABC):
    """Where jobs come from: the search, or the list of confirmations. Called by one thread."""

    total: int
    """How many jobs there are in all, those done before included."""
    done: int
    """How many have ended."""
    copies: Sequence[tuple[str, Job]] = ()
    """(trial whose rows serve, job that needs no training of its own)."""

    @abstractmethod
    def left(self) -> Mapping[Arm, int]:
        """How many jobs of each arm have not ended."""

    @abstractmethod
    def next(self) -> Job | None:
        """The next job; None when there is no more."""

    def prune(self, job: Job, judged: Sequence[Sequence[float]]) -> bool:
        """Hear the intermediate objectives so far, as (epoch, objective); True stops the job."""
        return False

    def end(self, job: Job, state: State, row: Mapping[str, Any]) -> None:
        """Hear that a job has ended, after its tables were written; `row` is its row of `trials`."""
        self.done += 1
