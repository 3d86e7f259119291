"""What a study is: data, methods, search space, objective, budget. A catalog entry returns one; a preset edits it."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Literal

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    distribution_to_json,
)
from pydantic import (
    ConfigDict,
    Field,
    SerializeAsAny,
    field_serializer,
    field_validator,
    model_validator,
)

from study.design import checks
from study.design.arm import Arm
from trainables.base import TrainableConfiguration
from trainables.configuration import Configuration, assign, paths
from trainables.metrics.declaration import Metric as Metric
from trainables.metrics.scoring import Scored
from trainables.shapes.sequence import ShapeSequence, from_descriptions
from trainables.shapes.timeline import Role, Timeline


class Objective(Configuration):
    """What the search ranks on: the mean of a metric over the rows of one role, never `test`."""

    metric: str
    direction: Literal["minimize", "maximize"] = "minimize"
    role: Literal["validation"] = "validation"
    cost: Literal["seconds"] | None = Field(
        None,
        description="a second objective of the search: training seconds. Then no trial is stopped early, and what is "
        "proposed depends on the machine; the best setting is still that of the best metric",
    )

    def directions(self) -> list[Literal["minimize", "maximize"]]:
        """Of all objectives."""
        return [self.direction, "minimize"] if self.cost else [self.direction]


Validation = Literal["left-out", "other-sequences", "between"]
"""What the search ranks on.

`left-out`: shown frames that a search trial is trained without; the confirmation is shown them all. `other-sequences`:
hidden times of sequences that no comparison sees. `between`: hidden times of the compared sequences themselves,
beside those that are tested: the search has all but seen the answer (the errors of networks at the one and at the other
correlate with 0.99), and is there for comparison."""


class Comparison(Configuration):
    """One method against another, in the objective's metric."""

    method: str
    baseline: str
    supervision: str


class Pruning(Configuration):
    """Successive halving of an arm's trials, judged after first_epoch, factor·first_epoch, factor²·first_epoch, …

    Halving that waits for nobody lets whoever comes first pass: of a few trials the first, which is the published
    setting, was often the only one to be completed. Arms of fewer than `least_trials` complete all of theirs.

    `first_epoch` is of the method that is trained for the most epochs; the others are judged at the same parts of
    their own, so that none has more full looks than another.
    """

    first_epoch: int = Field(300, ge=1)
    factor: int = Field(3, ge=2)
    least_trials: int = Field(10, ge=1, description="trials of an arm from which on some are stopped early")


Phase = Literal["search", "final", "confirm"]
Sampler = Literal["tpe", "random", "gp"]

FEW = 12
"""Settings of a method that trains nothing, all of which are tried whatever the number of trials."""
"""Optuna's samplers that can be made anew before every proposal, so that a search which is resumed goes on as it would
have. CMA-ES goes on from a state that it keeps pickled beside its trials, and nothing in a run folder is unpickled;
NSGA-II from generations, for which an arm has too few trials (tests/benchmarks/README.md)."""


class Constraints(Configuration):
    """What the best setting of an arm is to keep to, in the trial that found it; nothing by default."""

    empty: float | None = Field(None, ge=0, lt=1, description="share of empty predictions, at most: 0 for none")
    shown: float | None = Field(
        None, description="the objective's metric on shown frames: at most, or at least where more is better"
    )
    seconds: float | None = Field(None, gt=0, description="training seconds, at most")

    def excess(self, values: Mapping[str, Any], direction: str) -> dict[str, float]:
        """By how much a trial breaks each, not above 0 where it keeps to it; 1 where that is not known."""
        found = {}
        for name, bound in self.model_dump(exclude_none=True).items():
            sign = -1 if name == "shown" and direction == "maximize" else 1
            held = values.get(name)
            found[name] = 1.0 if held is None or math.isnan(held) else sign * (held - bound)
        return found


class WarmStart(Configuration):
    """The best setting of a method in another run."""

    run: str
    trial: str
    setting: dict[str, Any]


class Resources(Configuration):
    """What one trial takes of a node; `gpus` may be a fraction and counts only where Ray reports GPUs."""

    cpus: int = Field(1, ge=1)
    gpus: float = Field(0.0, ge=0)


class Study(Configuration):
    """A question, and everything that running it needs."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True, arbitrary_types_allowed=True)

    name: str
    question: str
    replication_unit: str = Field(description="what n counts in the report, in words")
    unit: str = Field(
        "replicate",
        description="what is independent, and so counted: replicate, sequence, or the column of the rows that says to "
        "which group a sequence belongs (fold, class)",
    )
    twins: dict[str, str] = Field(
        default_factory=dict, description="methods that are others with other seeds → which: a test of the comparison"
    )
    subject: str | None = Field(
        None, description="what a sequence is, in the singular, in a study without a time axis (image, say)"
    )
    search_sequences: list[str] | None = Field(
        None, description="labels of the sequences that the search sees; all if not given"
    )
    search_on: list[SerializeAsAny[ShapeSequence]] | None = Field(
        None, description="sequences that the search sees in place of those of the methods, which it never sees"
    )
    final_on: list[SerializeAsAny[ShapeSequence]] | None = Field(
        None, description="sequences that finalists are trained on, a network each; those of the search if not given"
    )
    validation: Validation = Field("left-out", description="what the search ranks on")
    methods: dict[str, SerializeAsAny[TrainableConfiguration]]
    usual: list[str] | None = Field(None, description="methods of a run that names none; all if not given")
    usual_supervisions: list[str] | None = Field(
        None, description="supervisions of a run that names none; all if not given"
    )
    baseline: str
    controls: list[str] = Field(
        default_factory=list, description="methods that the others must beat to be more than a simpler remedy"
    )
    references: dict[str, str] = Field(
        default_factory=dict, description="methods without a network → what their level means"
    )
    supervisions: dict[str, Timeline]
    primary: list[Comparison] = Field(
        default_factory=list,
        description="the few comparisons that the question is about, named before there is any result: they alone "
        "share the level of 5 %; everything else is exploratory",
    )
    space: dict[str, BaseDistribution] = Field(
        description="dotted path in a method's configuration → distribution; a method searches the paths it has"
    )
    metrics: list[Metric]
    objective: Objective
    trials: int = Field(30, ge=1, description="search trials of each arm")
    search_replicates: int = Field(1, ge=1, description="replicates of each search trial")
    replicates: int = Field(8, ge=1, description="replicates of each confirmed configuration")
    finalists: int = Field(
        1,
        ge=1,
        description="best search trials of an arm, the published setting among them, that are trained again before one "
        "is confirmed, where a primary comparison looks at its supervision, or none is named; 1: none is",
    )
    finalist_replicates: int = Field(4, ge=1, description="replicates of each finalist")
    fewer_replicates: int | None = Field(
        None,
        ge=1,
        description="replicates of what no primary comparison looks at: the other supervisions, and published settings "
        "that the search did not find best; as many as of the rest if not given",
    )
    data: dict[str, Any] = Field(default_factory=dict, description="what is told of recorded data")
    sampler: Sampler = Field("tpe", description="which of Optuna's samplers proposes")
    patience: int | None = Field(
        None, ge=1, description="trials of an arm that bring nothing better, after which it has no more"
    )
    warm_start: dict[str, list[WarmStart]] = Field(
        default_factory=dict, description="arm → settings that it tries after the published one"
    )
    constraints: Constraints = Constraints()
    pruning: Pruning = Pruning()
    resources: Resources = Resources()
    seed: int = Field(0, ge=0)

    @field_validator("search_on", "final_on", mode="before")
    @classmethod
    def _sequences(cls, value: Any) -> Any:
        return None if value is None else from_descriptions(value)

    @field_serializer("space")
    def _space(self, space: dict[str, BaseDistribution]) -> dict[str, Any]:
        return {path: json.loads(distribution_to_json(d)) for path, d in space.items()}

    @model_validator(mode="after")
    def _known_baseline(self) -> Study:
        for what, name in [("baseline", self.baseline), *(("control", c) for c in self.controls)]:
            if name not in self.methods:
                raise ValueError(f"the {what} {name!r} is not among the methods")
        return self

    @property
    def dimension(self) -> int | None:
        """d of its shapes; none of a study of something else."""
        return next((m.dimension for m in self.methods.values() if isinstance(m, Scored)), None)

    def arms(self) -> list[Arm]:
        """Every (method, supervision), in display order."""
        return [Arm(method, supervision) for method in self.methods for supervision in self.supervisions]

    def arm_space(self, arm: Arm) -> dict[str, BaseDistribution]:
        """The part of the search space that the arm's method has and makes use of: what is switched off (null) is not
        searched."""
        method = self.methods[arm.method]
        has = paths(method)
        return {path: d for path, d in self.space.items() if has.get(path) is not None and method.in_use(path)}

    def arm_trials(self, arm: Arm) -> int:
        """Search trials of an arm: one if there is nothing to search, and none twice."""
        few = self.few_settings(arm)
        return self.trials if few is None else len(few)

    def few_settings(self, arm: Arm) -> list[dict[str, Any]] | None:
        """Every setting of an arm that searches nothing but choices, if its trials are enough for all; else None. Where
        nothing is trained a trial costs seconds: those of a search are always enough for `FEW`."""
        space = self.arm_space(arm)
        choices = [list(d.choices) for d in space.values() if isinstance(d, CategoricalDistribution)]
        most = self.trials if self.trials == 1 or self.trains(arm) else max(self.trials, FEW)
        if len(choices) < len(space) or math.prod(map(len, choices)) > most:
            return None
        return [dict(zip(space, values, strict=True)) for values in product(*choices)]

    def trains(self, arm: Arm) -> bool:
        """Whether the arm's method has anything to train: a classical rule has not, nor has a bare interpolant."""
        return self.methods[arm.method].operations(len(self.supervisions[arm.supervision].train_times)) > 0

    def simpler(self, arm: Arm) -> Arm | None:
        """The arm of the same kind of method that trains nothing, and searches a part of what this one does: of
        networks that are added to an interpolant, the interpolant. None if there is no such arm, or if this one trains
        nothing."""
        if not self.trains(arm):
            return None
        kind, space = type(self.methods[arm.method]), self.arm_space(arm).keys()
        others = [
            other
            for other in self.arms()
            if other.supervision == arm.supervision
            and type(self.methods[other.method]) is kind
            and not self.trains(other)
            and set() < self.arm_space(other).keys() < space
        ]
        return others[0] if others else None

    def published_setting(self, arm: Arm) -> dict[str, Any]:
        """The parameters with which the method's configuration comes: the published ones, as the preset has them."""
        has = paths(self.methods[arm.method])
        return {path: has[path] for path in self.arm_space(arm)}

    def configured(self, arm: Arm, parameters: dict[str, Any], phase: str) -> TrainableConfiguration:
        """The arm's trainable configuration with `parameters` (dotted path → value) put in."""
        configuration = self.methods[arm.method].model_copy(deep=True)
        if phase != "confirm" and self.validation == "other-sequences":
            if phase == "final" and self.final_on is not None:
                configuration.take(self.final_on, apart=True)
            elif self.search_on is not None:
                configuration.take(self.search_on)
            if self.search_sequences is not None:
                configuration.restrict(self.search_sequences)
        for path, value in parameters.items():
            assign(configuration, path, value)
        return configuration

    def timeline(self, supervision: str, phase: str) -> Timeline:
        """What a trial of a phase is shown and scored on, finalists as in the search. A role belongs to (supervision,
        time) within a phase: what a search leaves out, as `validation`, is shown in the confirmation."""
        timeline = self.supervisions[supervision]
        return timeline.leaving_out() if phase != "confirm" and self.validation == "left-out" else timeline

    def seeds(self, phase: Phase, method: str = "") -> list[int]:
        """One seed per replicate; those of one phase are never those of another, and those of a twin never those of the
        method that it is."""
        counts = {"search": self.search_replicates, "confirm": self.replicates, "final": self.finalist_replicates}
        another = [zlib.crc32(method.encode())] if method in self.twins else []
        stream = np.random.SeedSequence([self.seed, list(counts).index(phase), *another])
        return [int(s) for s in stream.generate_state(counts[phase])]

    def finalists_of(self, arm: Arm) -> int:
        """How many of an arm's search trials are trained again, at most; 0 for none."""
        asked = {comparison.supervision for comparison in self.primary} or {arm.supervision}
        count = min(self.finalists, self.arm_trials(arm))
        return count if count > 1 and self.trains(arm) and arm.supervision in asked else 0

    def confirmed_replicates(self, arm: Arm, best: bool) -> int:
        """Of an arm's `best` setting, or of the published one where that is another."""
        asked = {comparison.supervision for comparison in self.primary}
        if self.fewer_replicates is None or not asked or (best and arm.supervision in asked):
            return self.replicates
        return min(self.fewer_replicates, self.replicates)

    def roles(self, phase: Phase) -> list[Role]:
        """Roles that a phase's rows cover; without a time axis, not those that a model was shown."""
        if self.subject is not None:
            return ["validation"] if phase != "confirm" else ["validation", "test"]
        return ["train", "validation"] if phase != "confirm" else ["train", "validation", "test"]

    def rungs(self, configuration: TrainableConfiguration) -> list[int]:
        """Epochs, before the last, after which a search trial is judged; none where an arm has too few trials for it,
        or what a trial says in mid-training is not what the search ranks on."""
        if self.trials < self.pruning.least_trials or not configuration.judged_early:
            return []
        part = configuration.epochs / max(1, *(method.epochs for method in self.methods.values()))
        epoch, found = max(round(self.pruning.first_epoch * part), configuration.warm_up_epochs() + 1), []
        while epoch < configuration.epochs:
            found.append(epoch)
            epoch *= self.pruning.factor
        return found

    def check(self) -> None:
        """Raise Mistake where fields that are each valid do not fit together."""
        checks.check(self)

    def put(self, key: str, value: Any) -> None:
        """Set a field of that path: the study's own, or that of every method that has it; KeyError if none has."""
        own = [self] if key in self.own_paths() else []
        having = [method for method in self.methods.values() if key in paths(method)]
        if not own and not having:
            raise KeyError(key)
        for target in [*own, *having]:
            assign(target, key, value)

    def own_paths(self) -> set[str]:
        """Dotted paths of the study's own fields that may be set."""
        return {path for path in paths(self) if path in _OWN or path.split(".")[0] in _OWN}


_OWN = (
    "trials",
    "search_replicates",
    "replicates",
    "finalists",
    "finalist_replicates",
    "fewer_replicates",
    "pruning",
    "constraints",
    "resources",
    "seed",
    "objective.cost",
    "validation",
    "sampler",
    "patience",
)


def searched(study: Study) -> Iterator[str]:
    """Every dotted path that some arm searches, in the order of the space."""
    for path in study.space:
        if any(path in study.arm_space(arm) for arm in study.arms()):
            yield path
