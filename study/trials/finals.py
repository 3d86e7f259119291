"""The finals: the best few trials of an arm are trained again, with several seeds, before one is taken for the best.

A trial of the search is one look at an objective that depends on a seed and on a sequence, and the best of twenty looks
is easily a lucky one. Finalists are trained as the search trains, with seeds that neither it nor the confirmation has,
on sequences of their own where the study has some (`Study.final_on`), the same for all; what is confirmed is the best
of them on the average. The published setting is one of them, so that nothing takes its place that is not better.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from optuna.trial import FrozenTrial

from study.design.arm import Arm
from study.design.study import Study
from study.storage.run_folder import RunFolder
from study.trials.jobs import LOST, Job, JobSource, State
from study.trials.search import RequestBuilder, Search


class Finals(JobSource):
    """Of every arm its first complete trials, as many as `Study.finalists_of` says, where there are two or more."""

    def __init__(self, study: Study, search: Search, folder: RunFolder, request: RequestBuilder) -> None:
        self._search, self._minimize = search, study.objective.direction == "minimize"
        ended = folder.trials()
        self._finalists: dict[Arm, list[Job]] = {}
        self._objectives: dict[str, float] = {}
        for arm in study.arms():
            first = _first(search.ranking(arm), study.finalists_of(arm))
            if len(first) > 1:
                self._finalists[arm] = [
                    Job(
                        request=request("final", arm, "finalist", f"final-{arm}-{trial.number:04d}", trial.params),
                        arm=arm,
                        parameters=dict(trial.params),
                        number=trial.number,
                    )
                    for trial in first
                ]
        jobs = [job for finalists in self._finalists.values() for job in finalists]
        for job in jobs:
            if job.trial in ended and ended[job.trial]["reason"].startswith(LOST):
                folder.forget(job.trial)
                del ended[job.trial]
            elif job.trial in ended:
                self._heard(job, ended[job.trial]["state"], ended[job.trial])
        self.total = len(jobs)
        self._left = [job for job in jobs if job.trial not in ended]
        self.done = self.total - len(self._left)
        self._open = Counter(job.arm for job in self._left)

    def left(self) -> Mapping[Arm, int]:
        return self._open

    def next(self) -> Job | None:
        return self._left.pop(0) if self._left else None

    def end(self, job: Job, state: State, row: Mapping[str, Any]) -> None:
        super().end(job, state, row)
        self._open[job.arm] -= 1
        self._heard(job, state, row)

    def best(self, arm: Arm) -> dict[str, Any] | None:
        """Parameters of the arm's best finalist, of equal ones the one that the search has first; the search's own best
        where there are none, or none was trained to its end."""
        known = [job for job in self._finalists.get(arm, []) if job.trial in self._objectives]
        if not known:
            return self._search.best(arm)
        pick = min if self._minimize else max
        return pick(known, key=lambda job: self._objectives[job.trial]).parameters

    def _heard(self, job: Job, state: State, row: Mapping[str, Any]) -> None:
        if state == "complete" and row["objective"] == row["objective"]:
            self._objectives[job.trial] = row["objective"]


def _first(ranking: list[FrozenTrial], count: int) -> list[FrozenTrial]:
    """The best so many trials, of which the published setting, an arm's first trial, is one: the last, if need be."""
    first = ranking[:count]
    published = [trial for trial in ranking if trial.number == 0]
    return first if not first or not published or published[0] in first else [*first[:-1], *published]
