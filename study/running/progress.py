"""What the user sees while a study runs: phase, trials done and running, best so far, time left."""

from __future__ import annotations

import math
import time
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from study.design.arm import Arm
from study.design.study import Phase, Study
from study.running.estimate import of_trial
from study.trials.jobs import Job, JobSource

_SECONDS_BETWEEN_LINES = 15.0
_SECONDS_TO_JUDGE_BY = 60.0
"""How long a phase goes on before parts of trials tell how long it will take."""


class _Cell:
    """One line below a notebook's cell, which is replaced."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._shown = ""

    def show(self, text: str) -> None:
        from IPython.display import display

        if text == self._shown:
            return
        self._shown, data = text, {"text/plain": text}
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


class Progressing:
    """Progress of one phase: a live display on a terminal, a line now and then elsewhere. A context manager."""

    def __init__(self, console: Console, study: Study, phase: Phase, source: JobSource) -> None:
        self._console, self._study, self._phase, self._source = console, study, phase, source
        self._began = time.monotonic()
        # A trial of a rule says nothing of how long one takes that trains a network.
        self._work = {arm: of_trial(study, arm, phase) for arm in study.arms()}
        self._done = 0.0
        self._fractions: dict[str, float] = {}
        self._arms: dict[str, Arm] = {}
        self._best: tuple[float, str] | None = None
        self._failed = 0
        self._said = 0.0
        self._live = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._cell = _Cell() if console.is_jupyter else None
        self._task = self._live.add_task(phase, total=source.total, completed=source.done, note="")

    def __enter__(self) -> Progressing:
        self._live.start()
        self._show(force=True)
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()
        if exception[0] is None and self._cell is None:
            self._console.print(f"{self._phase}: {escape(self._text())}", highlight=False, soft_wrap=True)

    def start(self, job: Job) -> None:
        """A job was handed to Ray."""
        self._fractions[job.trial], self._arms[job.trial] = 0.0, job.arm
        self._show()

    def progress(self, job: Job, result: dict[str, Any]) -> None:
        """A job reported."""
        if job.trial in self._fractions and result.get("epochs"):
            self._fractions[job.trial] = result["epoch"] / result["epochs"]
        self._show()

    def end(self, row: dict[str, Any]) -> None:
        """A trial ended."""
        if self._fractions.pop(row["trial"], None) is not None:
            self._done += self._work[self._arms.pop(row["trial"])]
        self._failed += row["state"] == "failed"
        value = row["objective"]
        if row["state"] == "complete" and not math.isnan(value):
            minimise = self._study.objective.direction == "minimize"
            if self._best is None or (value < self._best[0]) == minimise:
                self._best = (value, f"{row['method']}, {row['supervision']}")
        self._show(force=self._source.done == self._source.total)

    def _text(self) -> str:
        parts = [f"{self._source.done} of {self._source.total} trials"]
        if self._failed:
            parts.append(f"{self._failed} failed")
        if self._fractions:
            through = sum(self._fractions.values()) / len(self._fractions)
            parts.append(f"{len(self._fractions)} running" + (f" ({through:.0%} through)" if through else ""))
        if self._best:
            parts.append(f"best {self._study.objective.metric} {self._best[0]:.3g} ({self._best[1]})")
        running = sum(fraction * self._work[self._arms[trial]] for trial, fraction in self._fractions.items())
        spent = time.monotonic() - self._began
        left = sum(count * self._work[arm] for arm, count in self._source.left().items()) - running
        known = (self._done + running) / (self._done + running + left) if left > 0 else 1.0
        if self._source.done < self._source.total and known > 0 and (known > 0.02 or spent > _SECONDS_TO_JUDGE_BY):
            parts.append(f"about {timedelta(seconds=round(spent * (1 - known) / known))} left")
        elif self._source.done == self._source.total:
            parts.append(f"{timedelta(seconds=round(spent))}")
        return ", ".join(parts)

    def _show(self, force: bool = False) -> None:
        note = self._text().split(", ", 1)
        self._live.update(self._task, completed=self._source.done, note=escape(note[1] if len(note) > 1 else ""))
        if self._cell is not None:
            self._cell.show(f"{self._phase}: {self._text()}")
        elif not self._console.is_terminal and not force and time.monotonic() - self._said > _SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            self._console.print(f"{self._phase}: {escape(self._text())}", highlight=False, soft_wrap=True)
