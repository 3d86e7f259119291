"""`python -m study.status`: the runs there are, how far each is, its best, and when it last wrote."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
import numpy as np

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
  python -m study.status --results s3://bucket/results
"""
_HEADINGS = ("study", "run", "status", "phase", "trials", "failed", "of each arm", "best", "age")
_WRAPPED = ("of each arm", "best")
_NAMED = 6
"""As many arms with the same numbers are called by name."""


@dataclass(frozen=True)
class Status:
    """How far one run is."""

    study: str
    run: str
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
    age: float
    """Seconds since the run began; NaN where the record does not say."""

    def cells(self) -> tuple[str, ...]:
        """As they are shown."""
        trials = "" if self.done is None else f"{self.done} of {self.total}" if self.total else str(self.done)
        failed = str(self.failed or "")
        age = "" if math.isnan(self.age) else str(timedelta(seconds=round(self.age)))
        return (self.study, self.run, self.status, self.phase, trials, failed, self.arms, self.best, age)


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("studies", metavar="[STUDY]...", nargs=-1)
@click.option(
    "--results", default=default_output, metavar="DIR-or-URI", help="run folders  [default: results, or $STUDY_RESULTS]"
)
def main(studies: tuple[str, ...], results: str) -> int:
    """List runs: status, phase, trials that have ended, the best objective on validation times, age."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    found = [told(run) for run in listed(studies, results)]
    drawn = Table(box=box.SIMPLE_HEAD)
    for heading in _HEADINGS:
        drawn.add_column(heading, no_wrap=heading not in _WRAPPED, justify="right" if heading == "age" else "left")
    for one in found:
        drawn.add_row(*(escape(shown(cell)) for cell in one.cells()))
    console = Console(highlight=False)
    (console if console.is_terminal else Console(highlight=False, width=160)).print(drawn)
    return 0


def listed(studies: tuple[str, ...], results: str) -> list[Run | Damaged]:
    """Every run, or those of some studies, the newest last, and what cannot be opened; Mistake if there is none."""
    from analysis import LoadError
    from analysis.tables.load import listing

    try:
        found = listing(results)
    except (LoadError, OSError) as error:
        raise Mistake(f"--results {results}: {error}") from None
    if not found:
        raise Mistake(f"there is no run in {results}: start one with python -m study.run, or name another --results")
    known = sorted({run.study for run in found})
    if missing := [study for study in studies if study not in known]:
        raise Mistake(f"STUDY {missing[0]}: there is no run of it in {results}, which has {', '.join(known)}")
    return [run for run in found if not studies or run.study in studies]


def every_run(studies: tuple[str, ...], results: str) -> list[Run]:
    """As `listed`; what cannot be opened is named, and left out."""
    from analysis import Run

    found = listed(studies, results)
    for entry in found:
        if not isinstance(entry, Run):
            note(f"left out: {entry.reason}")
    return [entry for entry in found if isinstance(entry, Run)]


def told(run: Run | Damaged) -> Status:
    """How far a run is; where it or its tables cannot be read, a note and what is known without."""
    from analysis import Run

    if not isinstance(run, Run):
        note(run.reason)
        return _damaged(run.study, run.name, "damaged", math.nan)
    try:
        return status(run)
    except (OSError, ValueError) as error:
        note(f"the trials of {run.location} cannot be read ({first_line(error)}); restore them")
        known = "running" if _held(run) else "finished" if run.finished else "unfinished"
        return _damaged(run.study, run.name, known, _age(run.record))


def _damaged(study: str, run: str, known: str, age: float) -> Status:
    return Status(
        study=study, run=run, status=known, phase="", done=None, total=None, failed=0, arms="", best="damaged", age=age
    )


def status(run: Run) -> Status:
    """How far a run is; reads its record, its trials and its lock. OSError or ValueError if they cannot be read."""
    from analysis.tables import record

    trials, durations, total = run.trials, run.record.get("durations") or {}, run.record.get("search_trials")
    searched = trials[trials["phase"] == "search"]
    complete = searched[searched["state"] == "complete"]
    searching = not durations.get("search") or (total is not None and len(searched) < total)  # it may be interrupted
    phase = "" if run.finished else "search" if searching else "report" if durations.get("confirm") else "confirm"
    of_phase = trials[trials["phase"] == phase] if phase in ("search", "confirm") else trials
    objective = record.objective(run)
    return Status(
        study=run.study,
        run=run.name,
        status=run.status if run.status == "finished" else "running" if _held(run) else "unfinished",
        phase=phase,
        done=len(of_phase),
        total=int(total) if total and phase == "search" else None,
        failed=int((of_phase["state"] == "failed").sum()),
        arms=_arms(searched),
        best=_best(complete, objective.name, record.minimized(run)),
        age=_age(run.record),
    )


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
