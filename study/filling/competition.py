"""Candidates compete for the time that the user gives them; each is kept when it is scored, and never scored twice.

Rules come first, the cheap ones before the costly; then networks, which are added to the rule that is best by then.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from study.design.methods import WITHOUT_CHOICE
from study.filling import holdout, networks, rules
from study.filling.holdout import Fields, Hidden
from study.filling.methods import Methods
from study.filling.recording import Recording
from study.filling.rules import is_network, label
from study.storage.run_folder import RunFolder

SUPERVISION = "every-second"
"""What the hold-out of the competition is called in the tables; wider gaps are `every-third`, `every-fourth`."""
ROUNDS = 3
"""Parts of the hidden shapes, evenly taken from all: what there is no time for is left to a later round."""
GAPS = {2: SUPERVISION, 3: "every-third", 4: "every-fourth"}


@dataclass(eq=False)
class Competition:
    """What was tried, on which hidden shapes, and how far off it was."""

    recording: Recording
    folder: RunFolder
    seconds: float
    methods: Methods
    say: Callable[[str], None]
    stop: Callable[[], bool] = lambda: False
    """Whether the user wants an end: what is scored is kept."""
    hidden: list[Hidden] = field(default_factory=list)

    def __post_init__(self) -> None:
        if len(self.recording.measured) >= holdout.LEAST:
            self.hidden = holdout.tasks(self.recording, 2, holdout.MOST)
        points = rules.POINTS if len(self.recording.shape) == 3 else rules.FLAT
        self._fields = Fields(self.recording, points, interpolants=self.methods.interpolants)
        self._rounds: dict[str, list[pd.DataFrame]] = {}

    def run(self) -> None:
        """Round after round, the cheap rules first, until time is up; at least one rule is tried."""
        self._until = time.monotonic() + self.seconds
        for costly in (False, True):
            for number, tasks in enumerate(self._parts()):
                for rule in self.methods.rules:
                    if rules.costly(rule) == costly and tasks and not self._takes_part(rule, number, tasks):
                        return
        for method in self.methods.networks if self.hidden else ():
            if not self._trained_takes_part(method):
                return

    def _parts(self) -> list[list[Hidden]]:
        return [self.hidden[number::ROUNDS] for number in range(ROUNDS)]

    def _takes_part(self, rule: str, number: int, tasks: list[Hidden]) -> bool:
        """Whether there was time for the round, or it was scored before."""
        left = self._until - time.monotonic()
        known = _trial(rule, SUPERVISION, number) in self.folder.trials()
        if self.stop() or (left <= 0 and not known and self._rounds):
            return False
        self.say(f"round {number + 1} of {ROUNDS}: {rule} on {len(tasks)} hidden shapes, {max(0, left):.0f} s left")
        table, whole = self._scored(rule, tasks, SUPERVISION, number, self._until if self._rounds else math.inf)
        if whole:
            self._rounds.setdefault(rule, []).append(table)
        return whole

    def _trained_takes_part(self, method: str) -> bool:
        """Whether there was time to train a method's networks on every pattern, or it was scored before."""
        parts = [[task for task in tasks if not task.segment.divides] for tasks in self._parts()]
        known = self.folder.trials()
        patterns = holdout.patterns(self.recording.measured, 2)
        trained: dict[str, networks.Trained] = {}
        if any(_trial(method, SUPERVISION, number) not in known for number, tasks in enumerate(parts) if tasks):
            for pattern, hidden in patterns.items():
                try:
                    trained[pattern] = self._trained(method, pattern, hidden)
                except networks.OutOfTime:
                    return False
        found = []
        for number, tasks in enumerate(parts):
            if tasks:
                table, whole = self._scored(method, tasks, SUPERVISION, number, math.inf, trained)
                if not whole:
                    return False
                found.append(table)
        self._rounds[method] = found
        return True

    def _trained(self, method: str, pattern: str, hidden: Collection[int]) -> networks.Trained:
        def stop(epoch: int, epochs: int) -> bool:
            left = self._until - time.monotonic()
            self.say(f"{method} on {pattern}: epoch {epoch} of {epochs}, {max(0, left):.0f} s left")
            return left <= 0 or self.stop()

        return networks.train(method, self.methods, self.anchor, self._fields, hidden, stop)

    @property
    def anchor(self) -> str:
        """The rule that networks are added to: the one that was named, or the best for cells that do not divide."""
        if self.methods.anchor is not None:
            return self.methods.anchor
        rows = self.rows
        rows = rows[~rows["divides"].astype(bool) & rows["rule"].isin(self.methods.rules)] if len(rows) else rows
        return str(rows.groupby("rule")["chamfer"].mean().idxmin()) if len(rows) else WITHOUT_CHOICE["whole"]

    @property
    def rows(self) -> pd.DataFrame:
        """One row for each rule and hidden shape, of the rounds that all rules went through and of the rules that went
        through all of these."""
        if not self._rounds:
            return pd.DataFrame()
        cheap = [len(tables) for rule, tables in self._rounds.items() if not (is_network(rule) or rules.costly(rule))]
        whole = min(cheap)
        taken = [table for tables in self._rounds.values() if len(tables) >= whole for table in tables[:whole]]
        return pd.concat(taken, ignore_index=True)

    @property
    def untried(self) -> list[str]:
        """Candidates for which there was no time."""
        rows = self.rows
        tried = set(rows["rule"]) if len(rows) else set()
        return [name for name in self.methods.order if self.hidden and name not in tried]

    def widen(self, rule: str) -> pd.DataFrame:
        """All that is known of one rule, wider gaps tried now: for the error that is to be expected. A network would
        have to be trained for each of them: of one it is what is known."""
        found = list(self._rounds.get(rule, []))
        if is_network(rule):
            return pd.concat(found, ignore_index=True)
        gaps = {gap: holdout.tasks(self.recording, gap, holdout.MOST_WIDER) for gap in holdout.WIDER if self.hidden}
        if self.hidden and not found:
            gaps = {2: self.hidden[::ROUNDS]} | gaps
        for gap, tasks in gaps.items():
            if tasks:
                self.say(f"{rule} on {len(tasks)} shapes hidden in gaps of {gap}")
                table, whole = self._scored(rule, tasks, GAPS[gap], 0, math.inf)
                found += [table] if whole else []
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame()

    def _scored(
        self, rule: str, tasks: list[Hidden], supervision: str, number: int, until: float,
        trained: Mapping[str, networks.Trained] | None = None,
    ) -> tuple[pd.DataFrame, bool]:  # fmt: skip
        """A candidate's scores, computed now or before, and whether they are of all tasks: else they are not kept."""
        trial, began, started = _trial(rule, supervision, number), time.monotonic(), datetime.now(UTC)
        if trial in self.folder.trials():
            return self.folder.rows_of("per_time", trial, "search").assign(rule=rule), True
        found: list[dict[str, Any]] = []
        for row in self._each(rule, tasks, trained):
            found.append(row)
            if len(found) < len(tasks) and (time.monotonic() > until or self.stop()):
                return pd.DataFrame(), False
        table = pd.DataFrame(found)
        self._write(rule, supervision, number, table, started.isoformat(timespec="seconds"), began)
        return table.assign(rule=rule), True

    def _each(
        self, candidate: str, tasks: list[Hidden], trained: Mapping[str, networks.Trained] | None
    ) -> Iterator[dict[str, Any]]:
        """A row for every task; those of networks by the ones that were trained without what the task hides."""
        if trained is None:
            yield from holdout.scores(candidate, self._fields, tasks)
            return
        for pattern, own in trained.items():
            mine = [task for task in tasks if task.pattern == pattern]
            yield from holdout.scores(candidate, self._fields, mine, own.between)

    def _epochs(self, name: str) -> int:
        return self.methods.networks[name].epochs if name in self.methods.networks else 0

    def _write(self, rule: str, supervision: str, number: int, table: pd.DataFrame, started: str, began: float) -> None:
        trial = _trial(rule, supervision, number)
        labels = {
            "study": "fill", "run": self.folder.name, "trial": trial, "phase": "search", "setting": "search",
            "method": label(rule), "supervision": supervision,
        }  # fmt: skip
        own: dict[str, Any] = {**labels, "replicate": 0, "seed": 0, "role": "validation"}
        self.folder.write_frame("per_time", trial, table.assign(**own))
        row = {
            **labels, "number": number, "state": "complete", "objective": float(table["chamfer"].mean()),
            "reason": "", "empty": float(table["empty"].mean()), "epochs": self._epochs(rule), "replicates": 1,
            "seconds": time.monotonic() - began, "started": started,
        }  # fmt: skip
        self.folder.write_trial(row)


def _trial(rule: str, supervision: str, number: int) -> str:
    return f"search-{label(rule)}-{supervision}-{number:04d}"
