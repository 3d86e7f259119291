"""The single writer: a trial's rows go to the run folder before Optuna is told, then to MLflow, then to the console."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from study.design.ranges import cell
from study.design.study import Study, searched
from study.storage.credentials import without_credentials
from study.storage.run_folder import TABLES, RunFolder
from study.trials.jobs import Job, JobSource, State

APART = 500
"""Trials that have files of their own, at most: then these are put together."""


class Recorder:
    """Writes what actors report. `on_end(row)` is called after each trial has ended."""

    def __init__(self, study: Study, folder: RunFolder, on_end: Callable[[dict[str, Any]], None]) -> None:
        self._study, self._folder, self._on_end = study, folder, on_end
        self.busy: list[tuple[float, float]] = []
        """Wall-clock intervals in which some trial trained or was scored."""
        self._last: dict[str, dict[str, Any]] = {}
        self._started: dict[str, str] = {}
        self._apart = len(folder.names("trials", ".json"))

    def result(self, job: Job, result: dict[str, Any]) -> None:
        """Write the rows of a result, and take them out of it."""
        self._started.setdefault(job.trial, datetime.now(UTC).isoformat(timespec="seconds"))
        if "busy" in result:
            self.busy.append(tuple(result.pop("busy")))
        for table, key in zip(TABLES, ("rows", "curves", "surfaces", "ensembles"), strict=True):
            if content := result.pop(key, None):
                self._folder.write_table(table, job.trial, content)
        if details := result.pop("details", None):
            self._folder.write_error(job.trial, details)
        self._last[job.trial] = {**self._last.get(job.trial, {}), **result}

    def end(self, source: JobSource, job: Job, state: State, reason: str = "") -> None:
        """Write the trial's row, tell the source, clear the checkpoint."""
        last = self._last.pop(job.trial, {})
        row = self._row(job, state, reason or last.get("failed") or last.get("notes") or "", last)
        self._folder.write_trial(row)
        source.end(job, state, row)
        self._folder.remove("checkpoints", f"{job.trial}.pt")
        self._on_end(row)
        self._put_together(job.request.labels["phase"])

    def _put_together(self, phase: str) -> None:
        """A folder of many trials has few files."""
        self._apart += 1
        if self._apart >= APART:
            self._folder.compact(phase)
            self._apart = 0

    def copy(self, original: str, job: Job) -> None:
        """Give `job` the rows of a finished trial of equal configuration and seeds, under its own labels."""
        rows = self._folder.trials()
        if job.trial in rows or original not in rows:
            return
        for table in ("per_time", "curves", "ensembles"):
            frame = self._folder.rows_of(table, original, "confirm")
            if len(frame):
                own = {k: v for k, v in job.request.labels.items() if k in frame}
                self._folder.write_frame(table, job.trial, frame.assign(**own))
        row = rows[original] | job.request.labels | {"reason": rows[original]["reason"] or f"same as {original}"}
        self._folder.write_trial(row)
        self._on_end(row)

    def _row(self, job: Job, state: State, reason: str, last: dict[str, Any]) -> dict[str, Any]:
        objective, phase = last.get("objective", math.nan), job.request.labels["phase"]
        return {
            **job.request.labels,
            "number": job.number,
            "state": state,
            "reason": without_credentials(reason),
            "objective": float(objective),
            "empty": float(last.get("empty", 0.0)),
            "shown": float(last.get("shown", math.nan)),
            "epochs": int(last.get("epoch", 0)),
            "replicates": len(job.request.seeds),
            "seconds": float(last.get("seconds", 0.0)),
            "started": self._started.pop(job.trial, ""),
            "judged": json.dumps(last.get("judged", [])),
            **{f"param.{path}": cell(job.parameters.get(path)) for path in searched(self._study)},
            **{
                f"derived.{path}": value
                for path, value in self._study.configured(job.arm, job.parameters, phase).derived().items()
            },
        }


def covered(intervals: list[tuple[float, float]]) -> float:
    """Length of the union of intervals, in seconds."""
    total, end = 0.0, -math.inf
    for start, stop in sorted(intervals):
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total
