"""Candidates compete for the time that the user gives them; each is kept when it is scored, and never scored twice."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from study.filling import holdout, rules
from study.filling.holdout import Fields, Hidden
from study.filling.recording import Recording
from study.filling.segments import segments
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
    say: Callable[[str], None]
    stop: Callable[[], bool] = lambda: False
    """Whether the user wants an end: what is scored is kept."""
    order: list[str] = field(default_factory=list)
    """Candidates, the simplest first."""
    hidden: list[Hidden] = field(default_factory=list)

    def __post_init__(self) -> None:
        divided = any(segment.divides for segment in segments(self.recording.cells))
        self.order = rules.candidates(divided)
        if len(self.recording.measured) >= holdout.LEAST:
            self.hidden = holdout.tasks(self.recording, 2, holdout.MOST)
        points = rules.POINTS if len(self.recording.shape) == 3 else rules.FLAT
        self._fields = Fields(self.recording, points)
        self._rounds: dict[str, list[pd.DataFrame]] = {}

    def run(self) -> None:
        """Round after round, the cheap rules first, until time is up; at least one rule is tried."""
        self._until = time.monotonic() + self.seconds
        rounds = [self.hidden[number::ROUNDS] for number in range(ROUNDS)]
        for costly in (False, True):
            for number, tasks in enumerate(rounds):
                for rule in self.order:
                    if rules.costly(rule) == costly and tasks and not self._takes_part(rule, number, tasks):
                        return

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

    @property
    def rows(self) -> pd.DataFrame:
        """One row for each rule and hidden shape, of the rounds that all rules went through and of the rules that went
        through all of these."""
        if not self._rounds:
            return pd.DataFrame()
        cheap = [len(tables) for rule, tables in self._rounds.items() if not rules.costly(rule)]
        whole = min(cheap)
        taken = [table for tables in self._rounds.values() if len(tables) >= whole for table in tables[:whole]]
        return pd.concat(taken, ignore_index=True)

    @property
    def untried(self) -> list[str]:
        """Rules for which there was no time."""
        rows = self.rows
        tried = set(rows["rule"]) if len(rows) else set()
        return [rule for rule in self.order if self.hidden and rule not in tried]

    def widen(self, rule: str) -> pd.DataFrame:
        """All that is known of one rule, wider gaps tried now: for the error that is to be expected."""
        found = list(self._rounds.get(rule, []))
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
        self, rule: str, tasks: list[Hidden], supervision: str, number: int, until: float
    ) -> tuple[pd.DataFrame, bool]:
        """A rule's scores, computed or as they were kept, and whether they are of all tasks: others are not kept."""
        trial, began, started = _trial(rule, supervision, number), time.monotonic(), datetime.now(UTC)
        if trial in self.folder.trials():
            return self.folder.rows_of("per_time", trial, "search").assign(rule=rule), True
        found: list[dict[str, Any]] = []
        for row in holdout.scores(rule, self._fields, tasks):
            found.append(row)
            if len(found) < len(tasks) and (time.monotonic() > until or self.stop()):
                return pd.DataFrame(), False
        table = pd.DataFrame(found)
        self._write(rule, supervision, number, table, started.isoformat(timespec="seconds"), began)
        return table.assign(rule=rule), True

    def _write(self, rule: str, supervision: str, number: int, table: pd.DataFrame, started: str, began: float) -> None:
        trial = _trial(rule, supervision, number)
        labels = {
            "study": "fill", "run": self.folder.name, "trial": trial, "phase": "search", "setting": "search",
            "method": f"{rule}-blend", "supervision": supervision,
        }  # fmt: skip
        own: dict[str, Any] = {**labels, "replicate": 0, "seed": 0, "role": "validation"}
        self.folder.write_frame("per_time", trial, table.assign(**own))
        row = {
            **labels, "number": number, "state": "complete", "objective": float(table["chamfer"].mean()),
            "reason": "", "empty": float(table["empty"].mean()), "epochs": 0, "replicates": 1,
            "seconds": time.monotonic() - began, "started": started,
        }  # fmt: skip
        self.folder.write_trial(row)


def _trial(rule: str, supervision: str, number: int) -> str:
    return f"search-{rule}-blend-{supervision}-{number:04d}"
