"""The search: one Optuna study per arm in one journal; Ray only executes what is asked here.

Resuming and extending are one thing: the trials that the journal holds as running are issued again, with the same
parameters, then each arm is asked until it has its number; what a copied journal lacks is made again from the tables.
The sampler is made anew before every question with a seed from (study seed, arm, trial number): a search that was
interrupted proposes what an uninterrupted one would.
"""

from __future__ import annotations

import json
import math
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from study.design.arm import Arm
from study.design.ranges import of_cell
from study.design.study import Phase, Sampler, Study
from study.trials.halving import promoted
from study.trials.jobs import Job, JobSource, State
from study.trials.journal import Journal
from trainables.base import Request

RequestBuilder = Callable[[Phase, Arm, str, str, dict[str, Any]], Request]
"""(phase, arm, setting, trial id, parameters) → request."""

_STATES: dict[State, TrialState] = {
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}
_ENDED = tuple(_STATES.values())


class Search(JobSource):
    """Proposes the trials of all arms in turn, so that every machine stays busy until all have their share."""

    def __init__(self, study: Study, run: str, journal: Journal, request: RequestBuilder) -> None:
        self._study, self._journal, self._request = study, journal, request
        # What trains nothing goes first: it takes seconds, and others begin with what it found.
        self._arms = {arm: self._open(arm, run) for arm in sorted(study.arms(), key=study.trains)}
        self._turns = [deque(arms) for _, arms in groupby(self._arms, study.trains)]
        self._simpler = {arm: study.simpler(arm) for arm in self._arms}
        self._running: dict[str, optuna.Trial] = {}
        self.total = sum(map(self._wanted, self._arms))
        self.done = sum(self._count(arm, _ENDED) for arm in self._arms)
        self._again = [
            (arm, trial)
            for arm, found in self._arms.items()
            for trial in found.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        ]

    def _open(self, arm: Arm, run: str) -> optuna.Study:
        found = optuna.create_study(
            storage=self._journal.storage,
            study_name=f"{run}/{arm}",
            directions=self._study.objective.directions(),
            load_if_exists=True,
            pruner=optuna.pruners.NopPruner(),  # `prune` decides
        )
        if not found.get_trials(deepcopy=False):
            found.enqueue_trial(self._study.published_setting(arm))
        return found

    def next(self) -> Job | None:
        if self._again:
            arm, frozen = self._again.pop(0)
            return self._issue(arm, self._reopened(arm, frozen.number))
        for arm in self._in_turn():
            found = self._arms[arm]
            states = [trial.state for trial in found.get_trials(deepcopy=False)]
            waiting = states.count(TrialState.WAITING)
            if len(states) - waiting < self._wanted(arm):
                if not waiting:
                    # One line of the journal: the proposal is whole or absent, wherever the process is killed.
                    found.enqueue_trial(self._propose(arm, len(states)))
                return self._issue(arm, found.ask())
        return None

    def _in_turn(self) -> Iterator[Arm]:
        """Every arm, whose turn it is first."""
        for arms in self._turns:
            for _ in range(len(arms)):
                arms.rotate(-1)
                yield arms[-1]

    def left(self) -> Mapping[Arm, int]:
        return {arm: self._wanted(arm) - self._count(arm, _ENDED) for arm in self._arms}

    def _count(self, arm: Arm, states: tuple[TrialState, ...]) -> int:
        return len(self._arms[arm].get_trials(deepcopy=False, states=states))

    def _wanted(self, arm: Arm) -> int:
        """Trials that an arm is to have: those it has begun, once its last ones have brought nothing better for as long
        as the study's patience."""
        most, patience = self._study.arm_trials(arm), self._study.patience
        if patience is None:
            return most
        begun = [t for t in self._arms[arm].get_trials(deepcopy=False) if t.state != TrialState.WAITING]
        ended = [trial for trial in begun if trial.state.is_finished()]
        sign = 1 if self._study.objective.direction == "minimize" else -1
        best, since = math.inf, 0
        for trial in ended:
            value = sign * trial.values[0] if trial.state == TrialState.COMPLETE else math.inf
            best, since = min(best, value), 0 if value < best else since + 1
        return min(most, len(begun)) if since >= patience else most

    def _propose(self, arm: Arm, number: int) -> dict[str, Any]:
        if few := self._study.few_settings(arm):
            tried = [_asked(trial) for trial in self._arms[arm].get_trials(deepcopy=False)]
            return next(setting for setting in few if setting not in tried)
        warm = self._study.warm_start.get(str(arm), [])
        if 0 < number <= len(warm):
            return dict(warm[number - 1].setting)
        if number == len(warm) + 1 and (begun := self._of_simpler(arm)):
            return begun
        seed = np.random.SeedSequence([self._study.seed, zlib.crc32(str(arm).encode()), number])
        # The first trial is the published setting; a third of a small budget is spent at random.
        startup = max(2, min(10, self._study.arm_trials(arm) // 3))
        sampler = _sampler(self._study.sampler, int(seed.generate_state(1)[0]), startup)
        if isinstance(sampler, GPSampler):
            return self._asked_beside(arm, sampler)
        asking, space = optuna.trial.create_trial(state=TrialState.RUNNING), self._study.arm_space(arm)
        searched = {path: distribution for path, distribution in sorted(space.items()) if not distribution.single()}
        # Jointly: which learning rate is good depends on the weight of a regularizer, and the like.
        together = sampler.sample_relative(self._arms[arm], asking, searched)
        return {
            path: together[path]
            if path in together
            else sampler.sample_independent(self._arms[arm], asking, path, distribution)
            for path, distribution in space.items()
        }

    def _of_simpler(self, arm: Arm) -> dict[str, Any] | None:
        """The published setting with what the arm's simpler one has found to be best by now, if that is another."""
        simpler, published = self._simpler[arm], self._study.published_setting(arm)
        found = {**published, **((simpler and self.best(simpler)) or {})}
        return found if found != published else None

    def _asked_beside(self, arm: Arm, sampler: BaseSampler) -> dict[str, Any]:
        """A proposal of a sampler that writes beside the trial it proposes for: in a copy of the arm's study, so that
        the journal has the proposal whole or not at all."""
        beside = optuna.create_study(directions=self._study.objective.directions(), sampler=sampler)
        begun = self._arms[arm].get_trials(deepcopy=False)
        beside.add_trials([trial for trial in begun if trial.state != TrialState.WAITING])
        return dict(beside.ask(self._study.arm_space(arm)).params)

    def _reopened(self, arm: Arm, number: int) -> optuna.Trial:
        """A trial of the journal, to go on with."""
        storage, found = self._journal.storage, self._arms[arm]
        of_study = storage.get_study_id_from_name(found.study_name)
        return optuna.Trial(found, storage.get_trial_id_from_study_id_trial_number(of_study, number))

    def _issue(self, arm: Arm, trial: optuna.Trial) -> Job:
        name = trial_id(arm, trial.number)
        self._running[name] = trial
        if 0 < trial.number <= len(warm := self._study.warm_start.get(str(arm), [])):
            trial.set_user_attr("warm start", f"{warm[trial.number - 1].run}, {warm[trial.number - 1].trial}")
        parameters = {path: _suggest(trial, path, d) for path, d in self._study.arm_space(arm).items()}
        return Job(
            request=self._request("search", arm, "search", name, parameters),
            arm=arm,
            parameters=parameters,
            number=trial.number,
        )

    def prune(self, job: Job, judged: Sequence[Sequence[float]]) -> bool:
        if self._study.objective.cost:
            return False  # of two objectives it is not known which trial is hopeless
        trial, found = self._running[job.trial], self._arms[job.arm]
        trials = found.get_trials(deepcopy=False)
        known = trials[trial.number]
        self._report(trial, known, judged)
        epoch, objective = int(judged[-1][0]), judged[-1][1]
        rivals = [
            values[epoch]
            for other in trials
            if epoch in (values := other.intermediate_values) and other is not known and other.state != TrialState.FAIL
        ]
        minimize = self._study.objective.direction == "minimize"
        return not promoted(objective, rivals, self._study.pruning.factor, minimize)

    @staticmethod
    def _report(trial: optuna.Trial, known: FrozenTrial, judged: Sequence[Sequence[float]]) -> None:
        """What the journal lacks of a trial's intermediate objectives: the newest, or, after a kill, none or more."""
        for epoch, objective in judged:
            if int(epoch) not in known.intermediate_values:
                trial.report(objective, int(epoch))

    def end(self, job: Job, state: State, row: Mapping[str, Any]) -> None:
        super().end(job, state, row)
        self._ended(job, state, row)
        self.total = sum(map(self._wanted, self._arms))

    def _ended(self, job: Job, state: State, row: Mapping[str, Any]) -> None:
        trial = self._running.pop(job.trial)
        if (row.get("empty") or 0) > 0:
            trial.set_user_attr("empty", row["empty"])
        if row["reason"]:
            trial.set_user_attr("reason", row["reason"])
        for name, excess in self._study.constraints.excess(row, self._study.objective.direction).items():
            trial.set_constraint(name, excess)
        both = [row["objective"], row["seconds"]]
        values = both[: len(self._study.objective.directions())] if state == "complete" else None
        self._arms[job.arm].tell(trial, values, state=_STATES[state])
        self._journal.copy()

    def settle(self, ended: dict[str, dict[str, Any]]) -> None:
        """Tell Optuna of trials whose tables were written and that the journal does not know to have ended: the process
        was killed before, or the journal is a copy that is older than the tables."""
        for arm in self._arms:
            numbers = [row["number"] for row in ended.values() if trial_id(arm, row["number"]) == row["trial"]]
            for number in range(max(numbers, default=-1) + 1):
                self._settle(arm, number, ended.get(trial_id(arm, number)))

    def _settle(self, arm: Arm, number: int, row: dict[str, Any] | None) -> None:
        known = self._arms[arm].get_trials(deepcopy=False)
        if number == len(known) or known[number].state == TrialState.WAITING:
            if number == len(known):
                self._arms[arm].enqueue_trial(self._propose(arm, number) if row is None else self._of_row(arm, row))
            self._again.append((arm, self._arms[arm].get_trials()[self._arms[arm].ask().number]))
        again = next(((one, frozen) for one, frozen in self._again if one == arm and frozen.number == number), None)
        if again is None or row is None:
            return  # it is known to have ended, or is to be issued again
        self._again.remove(again)
        trial = self._reopened(arm, number)
        job = self._issue(arm, trial)
        self._report(trial, again[1], json.loads(row.get("judged") or "[]"))
        self.end(job, row["state"], row)

    def _of_row(self, arm: Arm, row: dict[str, Any]) -> dict[str, Any]:
        """The parameters of a trial, from its row of the tables."""
        return {path: of_cell(d, row.get(f"param.{path}")) for path, d in self._study.arm_space(arm).items()}

    def best(self, arm: Arm) -> dict[str, Any] | None:
        """Parameters of the best complete trial of an arm, of those that break the fewest constraints; None if no trial
        of it is complete. One all of whose predictions are empty is not the best as long as there is another: what
        nothing scores is a constant."""
        ranking = self.ranking(arm)
        return dict(ranking[0].params) if ranking else None

    def ranking(self, arm: Arm) -> list[FrozenTrial]:
        """The complete trials among which `best` chooses, the best first."""
        complete = self._arms[arm].get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        sign = 1 if self._study.objective.direction == "minimize" else -1

        def standing(trial: FrozenTrial) -> tuple[int, bool]:
            broken = sum(excess > 0 for excess in trial.constraints.values())
            return broken, trial.user_attrs.get("empty", 0) == 1

        least = min(map(standing, complete), default=None)
        among = [trial for trial in complete if standing(trial) == least]
        return sorted(among, key=lambda trial: (sign * trial.values[0], trial.number))


def _sampler(name: Sampler, seed: int, startup: int) -> BaseSampler:
    """The sampler for one proposal; the first `startup` are at random."""
    match name:
        case "random":
            return RandomSampler(seed=seed)
        case "gp":
            return GPSampler(seed=seed, n_startup_trials=startup)
    return TPESampler(
        seed=seed,
        n_startup_trials=startup,
        multivariate=True,
        constant_liar=False,  # what is proposed depends on trials that have ended, and is not written beside them
    )


def _asked(trial: FrozenTrial) -> dict[str, Any]:
    """The parameters of a trial, also where it has only been enqueued."""
    return trial.params or dict(trial.system_attrs.get("fixed_params", {}))


def _suggest(trial: optuna.Trial, path: str, distribution: BaseDistribution) -> Any:
    """The value of an enqueued parameter, entered into the trial."""
    match distribution:
        case CategoricalDistribution(choices=choices):
            return trial.suggest_categorical(path, choices)
        case IntDistribution(low=low, high=high, step=step, log=log):
            return trial.suggest_int(path, low, high, step=step, log=log)
        case FloatDistribution(low=low, high=high, step=step, log=log):
            return trial.suggest_float(path, low, high, step=step, log=log)
    raise TypeError(f"{path}: unknown distribution {distribution}")


def trial_id(arm: Arm, number: int) -> str:
    """`search-sinkhorn-sparse-0003`."""
    return f"search-{arm}-{number:04d}"
