"""What every trainable shares: the request it is given, epochs, rows, the divergence guard, its checkpoint.

A trainable is a class that trains in epochs and scores itself per time step; `actor.py` runs it under Ray Tune. It can
be used without Ray: `open_trainable(request)`, `train(until)`, `rows(roles)`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from trainables.configuration import Configuration
from trainables.shapes.timeline import Role, Timeline
from trainables.stable_names import trainable_name

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from trainables.shapes.sequence import ShapeSequence

# A loss term above this value, in domain units, is called exploding: no field on the domain is this wrong.
LARGEST_TERM = 1e6


class TrainableConfiguration(Configuration):
    """Base of every trainable's configuration; `implementation` is `module:Class`, imported when work begins."""

    implementation: ClassVar[str]
    sizes: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Preset → fields that it sets."""
    from_data: ClassVar[frozenset[str]] = frozenset()
    """Fields that say what the study's data are: a user names data, not these."""
    judged_early: ClassVar[bool] = True
    """Whether rows in mid-training are of what the search ranks on: only then may a trial be stopped early."""

    epochs: int = Field(0, ge=0)

    def derived(self) -> dict[str, float]:
        """Numbers that follow from the fields and are recorded beside them."""
        return {}

    def operations(self, shown: int) -> float:
        """Floating-point operations in which one replicate is trained on `shown` frames; for plans, not for results."""
        return 0.0

    def model_bytes(self, shown: int) -> int:
        """Size of one replicate's trained model of `shown` frames; for plans."""
        return 0

    def stored_bytes(self, shown: int, replicates: int) -> int:
        """Size of the file of all replicates' models; for plans."""
        return replicates * self.model_bytes(shown)

    def warm_up_epochs(self) -> int:
        """Epochs before the loss is complete: nothing is judged before them."""
        return 0

    def labels(self) -> list[str]:
        """Labels of the sequences that its rows may be of."""
        return []

    def folds(self) -> int:
        """How many replicates are needed for each sequence to be scored equally often: 1 but in cross-validation."""
        return 1

    def unfit(self) -> str | None:
        """What of the fields, each of them valid, does not fit together, and what to do: a clause; None if all fits."""
        return None

    def in_use(self, path: str) -> bool:
        """Whether what stands at a dotted path can change a result, the other fields being as they are: only then is
        it searched."""
        return True

    def take(self, sequences: list[ShapeSequence], apart: bool = False) -> None:
        """Score these sequences in place of its own, `apart` with a network each; ValueError if it has none."""
        raise ValueError("this trainable has no sequences to exchange for others")

    def unscorable(self, timeline: Timeline) -> str | None:
        """Where on this timeline no true shape is there to be scored against, and what to do: a clause, or None."""
        return None

    def restrict(self, sequences: list[str]) -> None:
        """Keep only the sequences with these labels; ValueError if there is no such sequence."""
        raise ValueError("this trainable has no sequences to choose from")


@dataclass(kw_only=True)
class Request:
    """One trial, as plain data: it travels to a worker as JSON."""

    labels: dict[str, str]
    """study, run, trial, phase, setting, method, supervision: the first columns of every row."""
    implementation: str
    """`module:Class` of the trainable."""
    configuration: dict[str, Any]
    timeline: dict[str, Any]
    seeds: list[int]
    """One per replicate."""
    roles: list[Role]
    """Roles that the rows cover; the search never asks for `test`."""
    metric: str
    """Column whose mean over the rows of role `objective_role` is the objective."""
    objective_role: Role
    report_epochs: list[int]
    """Epochs, before the last, after which the objective is reported."""
    checkpoint: str
    """URI of the checkpoint file."""
    model: str | None = None
    """URI to which the trained model is written, if it is kept."""
    ensemble: bool = False
    """Whether the mean of all replicates is scored at the end, beside each of them."""
    surfaces: bool = False
    """Whether surfaces of one replicate are reported at the end, to be looked at."""
    threads: int = 1
    checkpoint_seconds: float = 10.0
    """Longest training time between two checkpoints."""

    def fingerprint(self) -> str:
        """Equal for requests that compute the same numbers: a checkpoint of another request is not resumed."""
        irrelevant = ("checkpoint", "model", "threads", "checkpoint_seconds")
        relevant = {key: value for key, value in asdict(self).items() if key not in irrelevant}
        relevant["implementation"] = trainable_name(self.implementation)
        return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()


class Divergence(Exception):
    """Every replicate of a trial has diverged."""


@dataclass
class DivergenceGuard:
    """Names the epoch and the term at which a replicate's loss stopped being a number or exploded.

    A diverged replicate gets loss weight 0 from then on; Divergence is raised when none is left.
    """

    reasons: dict[int, str] = field(default_factory=dict)
    """index of a network → what happened to it."""
    names: list[str] | None = None
    """What the networks are called; `replicate r` if not given."""

    def check(self, terms: dict[str, Tensor], epoch: int) -> Tensor:
        """`terms` hold one loss `(R,)` each; returns which networks `(R,)` may still be trained."""
        import torch

        values = torch.stack([term.detach() for term in terms.values()])
        alive = (values.abs() < LARGEST_TERM).all(0)  # false for NaN
        if not bool(alive.all()):
            for replicate in torch.nonzero(~alive).flatten().tolist():
                if replicate not in self.reasons:
                    for name, value in zip(terms, values[:, replicate].tolist(), strict=True):
                        if not abs(value) < LARGEST_TERM:
                            what = "exploded" if math.isfinite(value) else "is not finite"
                            who = self.names[replicate] if self.names else f"replicate {replicate}"
                            self.reasons[replicate] = f"{who}: {name} {what} at epoch {epoch}"
                            break
        for replicate in self.reasons:
            alive[replicate] = False
        if not bool(alive.any()):
            raise Divergence("; ".join(self.reasons.values()))
        return alive


class Trainable(ABC):
    """Configuration and seeds in, trained model and rows out. R replicates are trained at once.

    A concrete class takes `(configuration, timeline, seeds, device)`.
    """

    epoch: int = 0
    """Epochs trained so far."""
    epochs: int
    """Epochs to train."""

    def __init__(self) -> None:
        self.guard = DivergenceGuard()

    @property
    def deterministic(self) -> bool:
        """Whether all replicates say the same."""
        return False

    @abstractmethod
    def train_epoch(self) -> None:
        """Train one epoch and count it."""

    @abstractmethod
    def rows(self, roles: set[Role]) -> list[dict[str, Any]]:
        """Per-time-step rows: `replicate`, `sequence`, `time_index`, `time`, `role` and one key per metric."""

    def ensemble(self, rows: list[dict[str, Any]], roles: set[Role]) -> list[dict[str, Any]]:
        """Rows of the mean of all replicates, scored as one prediction, and of draws of replicates: as `rows`, with
        `draw` and `replicates` (`trainables.draws`) in place of `replicate`.

        `rows` are the single networks' own of the same roles. None where a mean of replicates is not scored: here
        stands who does, and who does not. Shapes do: decoders, `latent-generalization`, `advection`, and what has no
        network, whose ensemble is itself. Frames between images do: their mean image. Reconstructions from an image do
        not: their folds leave few networks, or one, for an image that none of them has seen.
        """
        from trainables.draws import of_one

        return of_one(rows) if self.deterministic else []

    @abstractmethod
    def curves(self) -> list[dict[str, Any]]:
        """Training curves: `replicate`, `epoch` and one key per loss term."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Everything that training needs to go on: tensors, numbers, strings, lists and mappings of them."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Continue from `state`, so that nothing differs from never having stopped (on the same device)."""

    def surfaces(self, replicate: int) -> list[dict[str, Any]]:
        """Rows of `metrics.display.display_rows` for one replicate, of the first sequence; none by default."""
        return []

    def model(self) -> dict[str, Any] | None:
        """What is kept of a confirmed model, loadable with `weights_only`; None if nothing is."""
        return None


def resolve(implementation: str) -> type[Trainable]:
    """The class that `module:Class` names."""
    module, _, name = implementation.partition(":")
    found = getattr(importlib.import_module(module), name)
    if not issubclass(found, Trainable):
        raise TypeError(f"{implementation} is not a trainable")
    return found


def open_trainable(request: Request, device: torch.device) -> Trainable:
    """The trainable of a request, at epoch 0."""
    return resolve(request.implementation)(  # type: ignore[call-arg]
        request.configuration, Timeline.model_validate(request.timeline), request.seeds, device
    )
