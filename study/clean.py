"""`python -m study.clean`: give disk space back: runs that were never finished, old runs, what can be computed again.

Nothing is removed without --yes, nothing that a living process writes, and nothing of MLflow's without --mlflow.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from study import tracking
from study.errors import Mistake, first_line
from study.exit_status import exit_status, note
from study.status import every_run, size_of, told
from study.storage.places import default_output, state_folder
from study.storage.run_folder import RunFolder
from study.tracking import removal
from trainables.files import cache_folder

if TYPE_CHECKING:
    from analysis import Run

_EPILOG = """\b
Examples:
  python -m study.clean --unfinished                 what that would remove, and how much space it would free
  python -m study.clean --unfinished --yes           remove it
  python -m study.clean bifurcation --keep 3 --yes   all finished runs of a study but the newest three
  python -m study.clean control --mlflow --yes       one run, and what MLflow has of it
  python -m study.clean --cache --yes                barycenters and prepared recordings; made again when needed
"""


@dataclass(frozen=True)
class Removal:
    """Something that can be removed."""

    what: str
    size: int
    """Bytes."""
    run: Run | None = None
    """None for the cache."""
    tracked: Tracked | None = None
    """What MLflow has of it, if that goes too."""

    def remove(self) -> None:
        """Mistake if it cannot be removed, or a process has begun to write it."""
        try:
            if self.run is None:
                if cache_folder().exists():
                    shutil.rmtree(cache_folder())
            elif told(self.run).status == "running":
                raise Mistake(f"run {self.run.name} is being written by now: wait for it to end")
            else:
                if self.tracked is not None:
                    self.tracked.remove()
                folder = RunFolder(self.run.location)
                shutil.rmtree(state_folder(folder), ignore_errors=True)  # its journal, if it was left
                folder.remove()
        except OSError as error:
            raise Mistake(f"{self.what} cannot be removed ({error.strerror or error}): check who owns it") from None


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("names", metavar="[STUDY|RUN]...", nargs=-1)
@click.option("--unfinished", is_flag=True, help="runs that are not finished, and that no process writes")
@click.option("--keep", type=click.IntRange(0), metavar="N", help="all finished runs of a study but the newest N")
@click.option("--cache", is_flag=True, help="$STUDY_CACHE: what can be computed again")
@click.option("--mlflow", is_flag=True, help="of the runs that are removed, what MLflow has of them too")
@click.option("--yes", is_flag=True, help="remove; without it, only tell what would be removed")
@click.option(
    "--results", default=default_output, metavar="DIR-or-URI", help="run folders  [default: results, or $STUDY_RESULTS]"
)
def main(
    names: tuple[str, ...], unfinished: bool, keep: int | None, cache: bool, mlflow: bool, yes: bool, results: str
) -> int:
    """Remove unfinished runs, old runs, the runs named, or the cache.

    MLflow keeps what it has of them, unless --mlflow says otherwise.
    """
    from rich.filesize import decimal

    if not (names or unfinished or cache or keep is not None):
        raise Mistake("nothing was chosen: name --unfinished, --keep N, --cache or a run")
    runs = _chosen(names, results, unfinished, keep) if names or unfinished or keep is not None else []
    if not (runs or unfinished or cache or keep is not None):
        raise Mistake(f"STUDY {names[0]}: of a study name --unfinished or --keep N, or name its runs")
    places = Places() if mlflow else None
    chosen = [_removal(run, places) for run in runs]
    chosen += [Removal(f"cache {cache_folder()}", _size(cache_folder()))] if cache else []
    for one in chosen:
        if yes:
            one.remove()
        click.echo(f"{'removed' if yes else 'would remove'} {one.what}, {decimal(one.size)}")
    total = decimal(sum(one.size for one in chosen))
    if not chosen:
        click.echo("there is nothing to remove")
    else:
        click.echo(f"{total} freed" if yes else f"{total} in all; --yes removes it")
    return 0


def _chosen(names: tuple[str, ...], results: str, unfinished: bool, keep: int | None) -> list[Run]:
    """Of studies, or of all, those that the options say; a run that is named by itself in any case."""
    found = every_run(names, results)
    chosen = [run for run in found if names and run.study not in names]
    if unfinished:
        chosen += [run for run in found if told(run).status == "unfinished"]
    if keep is not None:
        for study in dict.fromkeys(run.study for run in found):
            finished = [run for run in found if run.study == study and run.finished]
            chosen += finished[: max(0, len(finished) - keep)]
    return list({run.location: run for run in chosen}.values())


def _removal(run: Run, places: Places | None) -> Removal:
    tracked = places.tracked(run) if places is not None else None
    what = f"run {run.location}" + (f" and {tracked}" if tracked is not None else "")
    return Removal(what, size_of(run) or 0, run, tracked)


@dataclass(frozen=True)
class Tracked:
    """What MLflow has of a run."""

    place: removal.Removal
    runs: list[Any]

    def __str__(self) -> str:
        return f"{len(self.runs)} run{'s' if len(self.runs) != 1 else ''} of MLflow"

    def remove(self) -> None:
        """Mistake if MLflow does not let it."""
        from mlflow.exceptions import MlflowException

        try:
            self.place.remove(self.runs)
        except (MlflowException, OSError) as error:
            raise Mistake(f"--mlflow: {self} cannot be removed ({first_line(error)}); leave --mlflow out") from None


class Places:
    """Where runs are tracked, each place opened once."""

    def __init__(self) -> None:
        self._opened: dict[str, removal.Removal] = {}

    def tracked(self, run: Run) -> Tracked | None:
        """None, with a note, where a record does not say where it is tracked in a way that can be used, or names
        another run than its folder (somebody else's may name one of ours); Mistake if MLflow does not answer."""
        try:
            uri = tracking.recorded_uri(run.record)
        except ValueError as error:
            note(f"left in MLflow: {error}")
            return None
        if uri is None or "***" in uri:
            note(
                f"left in MLflow: the record of {run.location} does not say where it is tracked, or with which password"
            )
            return None
        if run.name != (folder := RunFolder(run.location).name):
            note(
                f"left in MLflow: the record of {run.location} is of run {run.name}, and its folder is called {folder}"
            )
            return None
        try:
            place = self._opened.setdefault(uri, removal.Removal(uri))
            return Tracked(place, place.found(run.record))
        except ValueError as error:
            raise Mistake(f"--mlflow: {error}") from None


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""
    return exit_status(main, "python -m study.clean", arguments)


if __name__ == "__main__":
    sys.exit(command_line())
