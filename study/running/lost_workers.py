"""What becomes of a trial whose process, node or disk is lost: it is issued again, and goes on from its checkpoint.

Not for ever: a process that dies again and again, as when memory runs out, is the trial's doing. A machine that goes
away is not, whatever the reason: a spot instance may be taken from a long trial any number of times.
"""

from __future__ import annotations

from dataclasses import dataclass

from ray.exceptions import ActorUnavailableError, RayActorError, RayTaskError

from study.trials.jobs import LOST, Job

RETRIES = 3
"""How often a trial is issued again after its process died or could not write."""
NODES_IN_A_ROW = 30
"""Losses of its node without any progress between them, after which the trial is suspected to be the cause."""


@dataclass(frozen=True)
class Loss:
    """Why a trial ended without a result. (An exception in a trial is a result: see `trainables/actor.py`.)"""

    reason: str
    of_node: bool = False
    of_disk: OSError | None = None
    """What the actor lets through: a failing disk or network."""

    @classmethod
    def of(cls, error: BaseException | None, text: str) -> Loss:
        """From what Ray raised, or else from the text that Tune kept of it."""
        lines = str(text if error is None else error).strip().splitlines() or ["no reason given"]
        if isinstance(error, RayTaskError):
            failed = error.cause if isinstance(error.cause, OSError) else OSError(lines[-1])
            return cls(lines[-1], of_disk=failed)
        # Its node reports a process that died alone; where nobody reports, the node has gone as well.
        gone = isinstance(error, ActorUnavailableError) or "its node has died" in str(error)
        preempted = isinstance(error, RayActorError) and error.preempted
        reason = next((line for line in lines if "has died" in line), lines[-1])
        return cls(reason.partition(" Some common causes")[0], of_node=gone or preempted)


class Losses:
    """Counts the losses of each trial in one phase of one session."""

    def __init__(self) -> None:
        self._tried: dict[str, int] = {}
        self._nodes: dict[str, int] = {}
        self._epochs: dict[str, int] = {}

    def progress(self, job: Job, epoch: int) -> None:
        """Hear how far a trial is."""
        if epoch > self._epochs.get(job.trial, -1):
            self._epochs[job.trial] = epoch
            self._nodes.pop(job.trial, None)

    def again(self, job: Job, loss: Loss) -> bool:
        """Count a loss: whether the trial is to be issued again."""
        counts, most = (self._nodes, NODES_IN_A_ROW) if loss.of_node else (self._tried, RETRIES)
        counts[job.trial] = counts.get(job.trial, 0) + 1
        return counts[job.trial] <= most

    def sentence(self, job: Job, loss: Loss) -> str:
        """Why a trial is given up."""
        counts, perhaps = (self._nodes, "") if loss.of_node else (self._tried, ", perhaps for want of memory")
        return f"{LOST} {counts[job.trial]} times{perhaps}: {loss.reason}"
