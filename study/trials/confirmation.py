"""The confirmation: best and published setting of every arm, retrained with seeds that the search never used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any, Protocol

from analysis.tables.settings import EARLIER, PUBLISHED
from study.design.arm import Arm
from study.design.study import Study
from study.storage.run_folder import RunFolder
from study.trials.jobs import LOST, Job, JobSource, State
from study.trials.search import RequestBuilder


class Chosen(Protocol):
    """What knows the best setting of an arm: the search, or its finals."""

    def best(self, arm: Arm) -> dict[str, Any] | None:
        """Its parameters; None if there is none."""


class Confirmation(JobSource):
    """At most two jobs an arm, longest first; where the published setting is the best, one training serves both."""

    def __init__(self, study: Study, chosen: Chosen, folder: RunFolder, request: RequestBuilder) -> None:
        ended = folder.trials()
        jobs: list[Job] = []
        copies: list[tuple[str, Job]] = []
        for arm in study.arms():
            best, published = chosen.best(arm), study.published_setting(arm)
            settings = {PUBLISHED: published} if best is None else {"best": best, PUBLISHED: published}
            for setting, parameters in settings.items():
                name = _name(arm, setting, ended)
                asked = request("confirm", arm, setting, name, parameters)
                count = study.confirmed_replicates(arm, best=parameters == best)
                asked = replace(asked, seeds=asked.seeds[:count])
                job = Job(request=asked, arm=arm, parameters=parameters)
                if name in ended and (ended[name]["reason"].startswith(LOST) or not _same(ended[name], parameters)):
                    folder.forget(name)  # the worker was lost, or the search was extended and found another best
                    del ended[name]
                if setting == PUBLISHED and best == published:
                    copies.append((f"confirm-{arm}-best", job))
                else:
                    jobs.append(job)
        self.copies, self.total = copies, len(jobs)
        left = [job for job in jobs if job.trial not in ended]
        self.done = self.total - len(left)
        seconds = _seconds(ended)
        self._left = sorted(left, key=lambda job: -seconds.get(job.arm, 0.0))
        self._open = Counter(job.arm for job in left)

    def left(self) -> Mapping[Arm, int]:
        return self._open

    def end(self, job: Job, state: State, row: Mapping[str, Any]) -> None:
        super().end(job, state, row)
        self._open[job.arm] -= 1

    def next(self) -> Job | None:
        return self._left.pop(0) if self._left else None


def _name(arm: Arm, setting: str, ended: Container[str]) -> str:
    """Of a trial. One that ended in version 0.1.0 keeps its name, which calls the published setting otherwise."""
    earlier = f"confirm-{arm}-{EARLIER}"
    return earlier if setting == PUBLISHED and earlier in ended else f"confirm-{arm}-{setting}"


def _same(row: dict[str, Any], parameters: dict[str, Any]) -> bool:
    return all(row.get(f"param.{path}") == value for path, value in parameters.items())


def _seconds(rows: dict[str, dict[str, Any]]) -> dict[Arm, float]:
    """Longest complete search trial of each arm, in seconds: how long its confirmation may take, relative to others."""
    longest: dict[Arm, float] = {}
    for row in rows.values():
        if row["phase"] == "search" and row["state"] == "complete":
            arm = Arm(row["method"], row["supervision"])
            longest[arm] = max(longest.get(arm, 0.0), row["seconds"])
    return longest
