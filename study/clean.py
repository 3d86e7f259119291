"""`python -m study.clean`: give disk space back: runs that were never finished, old runs, what can be computed again.

Nothing is removed without --yes, nothing that a living process writes, and nothing of MLflow's.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from study.errors import Mistake
from study.exit_status import exit_status
from study.status import every_run, told
from study.storage.places import default_output, state_folder
from study.storage.run_folder import RunFolder
from trainables.files import cache_folder

if TYPE_CHECKING:
    from analysis import Run

_EPILOG = """\b
Examples:
  python -m study.clean --unfinished                 what that would remove, and how much space it would free
  python -m study.clean --unfinished --yes           remove it
  python -m study.clean bifurcation --keep 3 --yes   all finished runs of a study but the newest three
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

    def remove(self) -> None:
        """Mistake if it cannot be removed, or a process has begun to write it."""
        try:
            if self.run is None:
                if cache_folder().exists():
                    shutil.rmtree(cache_folder())
            elif told(self.run).status == "running":
                raise Mistake(f"run {self.run.name} is being written by now: wait for it to end")
            else:
                folder = RunFolder(self.run.location)
                shutil.rmtree(state_folder(folder), ignore_errors=True)  # its journal, if it was left
                folder.remove()
        except OSError as error:
            raise Mistake(f"{self.what} cannot be removed ({error.strerror or error}): check who owns it") from None


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("studies", metavar="[STUDY]...", nargs=-1)
@click.option("--unfinished", is_flag=True, help="runs that are not finished, and that no process writes")
@click.option("--keep", type=click.IntRange(0), metavar="N", help="all finished runs of a study but the newest N")
@click.option("--cache", is_flag=True, help="$STUDY_CACHE: what can be computed again")
@click.option("--yes", is_flag=True, help="remove; without it, only tell what would be removed")
@click.option(
    "--results", default=default_output, metavar="DIR-or-URI", help="run folders  [default: results, or $STUDY_RESULTS]"
)
def main(studies: tuple[str, ...], unfinished: bool, keep: int | None, cache: bool, yes: bool, results: str) -> int:
    """Remove unfinished runs, old runs, or the cache; MLflow keeps what it has."""
    from rich.filesize import decimal

    if not (unfinished or cache or keep is not None):
        raise Mistake("nothing was chosen: name --unfinished, --keep N or --cache")
    chosen = _runs(studies, results, unfinished, keep) if unfinished or keep is not None else []
    chosen += [Removal(f"cache {cache_folder()}", _size(cache_folder()))] if cache else []
    for removal in chosen:
        if yes:
            removal.remove()
        click.echo(f"{'removed' if yes else 'would remove'} {removal.what}, {decimal(removal.size)}")
    total = decimal(sum(removal.size for removal in chosen))
    if not chosen:
        click.echo("there is nothing to remove")
    else:
        click.echo(f"{total} freed" if yes else f"{total} in all; --yes removes it")
    return 0


def _runs(studies: tuple[str, ...], results: str, unfinished: bool, keep: int | None) -> list[Removal]:
    chosen: list[Run] = []
    found = every_run(studies, results)
    if unfinished:
        chosen += [run for run in found if told(run).status == "unfinished"]
    if keep is not None:
        for study in dict.fromkeys(run.study for run in found):
            finished = [run for run in found if run.study == study and run.finished]
            chosen += finished[: max(0, len(finished) - keep)]
    return [Removal(f"run {run.location}", _size_of_run(run), run) for run in chosen]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _size_of_run(run: Run) -> int:
    folder = RunFolder(run.location)
    return int(folder.filesystem.du(folder.path))


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""
    return exit_status(main, "python -m study.clean", arguments)


if __name__ == "__main__":
    sys.exit(command_line())
