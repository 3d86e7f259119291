"""`python -m study.status`: the runs there are, of which data, how far each is, its best, its size and its age."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from rich.filesize import decimal

from analysis.tables.names import is_called
from study.errors import Mistake, first_line, shown
from study.exit_status import exit_status, note
from study.storage.lock import Lock
from study.storage.places import default_output
from study.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from analysis import Run
    from analysis.tables.load import Damaged

_EPILOG = """\b
Examples:
  python -m study.status                    every run in ./results, or in $STUDY_RESULTS
  python -m study.status bifurcation        those of one study
  python -m study.status control            one run, by its name
  python -m study.status --results s3://bucket/results
"""
_HEADINGS = ("run", "data", "preset", "status", "phase", "trials", "failed", "of each arm", "best", "size", "age")
_WRAPPED = ("data", "of each arm", "best")
_RIGHT = ("size", "age")
_NAMED = 6
"""As many arms with the same numbers are called by name."""


@dataclass(frozen=True)
class Status:
    """How far one run is."""

    study: str
    run: str
    path: str
    """Of the run folder, below that of all runs."""
    data: str
    """The recording or the images that it is of; empty for a study that makes its own."""
    preset: str
    status: str
    """`running` only while a living process holds the run folder's lock; `unfinished`, `finished`; `damaged` where it
    cannot be opened."""
    phase: str
    done: int | None
    """Trials of the phase that have ended; None where they cannot be read."""
    total: int | None
    """Trials of the phase; None where the record does not say."""
    failed: int
    arms: str
    """How many search trials of each arm are complete, and how many were stopped early."""
    best: str
    size: int | None
    """Bytes of the run folder; None where that cannot be known."""
    age: float
    """Seconds since the run began; NaN where the record does not say."""

    def cells(self) -> tuple[str, ...]:
        """As they are shown."""
        trials = "" if self.done is None else f"{self.done} of {self.total}" if self.total else str(self.done)
        failed = str(self.failed or "")
        age = "" if math.isnan(self.age) else str(timedelta(seconds=round(self.age)))
        size = "" if self.size is None else decimal(self.size)
        said = (self.status, self.phase, trials, failed, self.arms, self.best, size, age)
        return (self.path, self.data, self.preset, *said)


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("names", metavar="[STUDY|RUN]...", nargs=-1)
@click.option(
    "--results", default=default_output, metavar="DIR-or-URI", help="run folders  [default: results, or $STUDY_RESULTS]"
)
def main(names: tuple[str, ...], results: str) -> int:
    """List runs: status, phase, trials that have ended, the best objective on validation times, size, age.

    What stands under `run` every command takes as RUN, and its last part alone too.
    """
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    found = [told(run) for run in listed(names, results)]
    drawn = Table(box=box.SIMPLE_HEAD)
    for heading in _HEADINGS:
        drawn.add_column(heading, no_wrap=heading not in _WRAPPED, justify="right" if heading in _RIGHT else "left")
    for one in found:
        drawn.add_row(*(escape(shown(cell)) for cell in one.cells()))
    console = Console(highlight=False)
    (console if console.is_terminal else Console(highlight=False, width=180)).print(drawn)
    console.print(f"in {results}", soft_wrap=True, markup=False)
    return 0


def listed(names: tuple[str, ...], results: str) -> list[Run | Damaged]:
    """Every run, or those that studies or runs are named of, the newest last, and what cannot be opened; Mistake if
    there is none."""
    from analysis import LoadError
    from analysis.tables.load import listing

    try:
        found = listing(results)
    except (LoadError, OSError) as error:
        raise Mistake(f"--results {results}: {error}") from None
    if not found:
        raise Mistake(f"there is no run in {results}: start one with python -m study.run, or name another --results")
    known = sorted({run.study for run in found})
    if missing := [name for name in names if not any(_is_named(run, name) for run in found)]:
        raise Mistake(f"STUDY {missing[0]}: there is no run of it in {results}, which has {', '.join(known)}")
    return [run for run in found if not names or any(_is_named(run, name) for name in names)]


def _is_named(run: Run | Damaged, name: str) -> bool:
    """Whether a study, or a run, of that name is meant."""
    folder = _path(run)
    own, parts = (run.name, folder.rpartition("/")[2]), (name, name.removeprefix(f"{run.study}/"))
    return run.study == name or any(is_called(called, part) for called in own for part in parts)


def _path(run: Run | Damaged) -> str:
    return "/".join(run.location.rstrip("/").rsplit("/", 2)[1:])


def every_run(names: tuple[str, ...], results: str) -> list[Run]:
    """As `listed`; what cannot be opened is named, and left out."""
    from analysis import Run

    found = listed(names, results)
    for entry in found:
        if not isinstance(entry, Run):
            note(f"left out: {entry.reason}")
    return [entry for entry in found if isinstance(entry, Run)]


def told(run: Run | Damaged) -> Status:
    """How far a run is; where it or its tables cannot be read, a note and what is known without."""
    from analysis import Run

    if not isinstance(run, Run):
        note(run.reason)
        return _damaged(run, "damaged", math.nan)
    try:
        return status(run)
    except (OSError, ValueError) as error:
        note(f"the trials of {run.location} cannot be read ({first_line(error)}); restore them")
        known = "running" if _held(run) else "finished" if run.finished else "unfinished"
        return _damaged(run, known, _age(run.record))


def _damaged(run: Run | Damaged, known: str, age: float) -> Status:
    return Status(
        study=run.study, run=run.name, path=_path(run), data="", preset="", status=known, phase="", done=None,
        total=None, failed=0, arms="", best="damaged", size=size_of(run), age=age,
    )  # fmt: skip


def size_of(run: Run | Damaged) -> int | None:
    """Bytes of a run's folder; None where that cannot be known, as while files of it come and go."""
    folder = RunFolder(run.location)
    try:
        return int(folder.filesystem.du(folder.path))
    except OSError:
        return None


def status(run: Run) -> Status:
    """How far a run is; reads its record, its trials and its lock. OSError or ValueError if they cannot be read."""
    from analysis.tables import record

    trials = run.trials
    searched = trials[trials["phase"] == "search"]
    complete = searched[searched["state"] == "complete"]
    phase, total = _phase(run, len(searched))
    of_phase = trials[trials["phase"] == phase] if phase in ("search", "final", "confirm") else trials
    objective = record.objective(run)
    return Status(
        study=run.study,
        run=run.name,
        path=_path(run),
        data=str((run.record.get("data") or {}).get("source") or ""),
        preset=str(run.record.get("preset") or ""),
        status=run.status if run.status == "finished" else "running" if _held(run) else "unfinished",
        phase=phase,
        done=len(of_phase),
        total=total,
        failed=int((of_phase["state"] == "failed").sum()),
        arms=_arms(searched),
        best=_best(complete, objective.name, record.minimized(run)),
        size=size_of(run),
        age=_age(run.record),
    )


def _phase(run: Run, searched: int) -> tuple[str, int | None]:
    """Which phase a run is in, or was when it was interrupted, and how many trials that has; no phase once it is
    finished. Of a run whose record is older than that, as durations tell it."""
    if run.finished:
        return "", None
    if phase := run.record.get("phase"):
        return str(phase), run.record.get("phase_trials") or None
    durations, total = run.record.get("durations") or {}, run.record.get("search_trials")
    if not durations.get("search") or (total is not None and searched < total):
        return "search", total or None
    return "report" if durations.get("confirm") else "confirm", None


def _held(run: Run) -> bool:
    """Whether a living process writes the run: its record says `running` even after a SIGKILL.

    A damaged lock is taken for one that is held: nothing is removed then.
    """
    try:
        Lock.refuse_if_held(RunFolder(run.location))
    except Mistake:
        return True
    return False


def _arms(searched: Any) -> str:
    """Arms with the same numbers of complete and pruned trials together."""
    said: dict[str, list[str]] = {}
    for (method, supervision), rows in searched.groupby(["method", "supervision"], sort=False, observed=True):
        complete, pruned = (int((rows["state"] == state).sum()) for state in ("complete", "pruned"))
        said.setdefault(f"{complete} complete, {pruned} pruned", []).append(f"{method} ({supervision})")
    if len(said) == 1:
        return f"{next(iter(said))} in every arm"
    return "; ".join(f"{counts}: {_named(arms)}" for counts, arms in said.items())


def _named(arms: list[str]) -> str:
    """Their names, of many only their number: the table is to be read at a glance."""
    return ", ".join(arms) if len(arms) <= _NAMED else f"{len(arms)} arms"


def _best(complete: Any, metric: str, minimized: bool) -> str:
    """The best complete search trial under each supervision: their levels differ."""
    complete = complete[np.isfinite(complete["objective"].to_numpy("float64"))]  # also where there is none at all
    said = []
    for supervision, rows in complete.groupby("supervision", sort=False, observed=True):
        values = rows["objective"].astype("float64")
        row = rows.loc[values.idxmin() if minimized else values.idxmax()]
        said.append(f"{supervision} {row['objective']:.3g} ({row['method']})")
    return f"{metric}: {', '.join(said)}" if said else ""


def _age(record: dict[str, Any]) -> float:
    try:
        return time.time() - datetime.fromisoformat(str(record["created"])).timestamp()
    except (KeyError, ValueError, OverflowError):
        return math.nan


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""
    return exit_status(main, "python -m study.status", arguments)


if __name__ == "__main__":
    sys.exit(command_line())
