"""`python -m study.report`: a run's report made again from its tables, or several runs side by side on one page."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from study.errors import Mistake
from study.exit_status import exit_status
from study.storage.lock import Lock
from study.storage.opening import open_run
from study.storage.places import default_output
from study.storage.run_folder import RunFolder
from trainables.files import write_atomically

if TYPE_CHECKING:
    from analysis import Run

_EPILOG = """\b
Examples:
  python -m study.report bifurcation                         the newest finished run: figures and report.html, again
  python -m study.report results/spheres/20260101-120000-ab12
  python -m study.report results/bifurcation/*               all of them on one page, side-by-side.html
  python -m study.report bifurcation spheres --output compared.html
"""
TOGETHER = "side-by-side.html"


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("runs", metavar="RUN...", nargs=-1)
@click.option(
    "--results", default=default_output, metavar="DIR-or-URI", help="run folders  [default: results, or $STUDY_RESULTS]"
)
@click.option(
    "--output", metavar="FILE-or-URI",
    help=f"where to write the page  [default: report.html of the run, with its figures; {TOGETHER} for several runs]",
)  # fmt: skip
def main(runs: tuple[str, ...], results: str, output: str | None) -> int:
    """Make the report of a run again, or put several runs on one page.

    RUN is a study (its newest finished run) or a run folder's path or URI. A run that is still going works too: its
    page says that it is unfinished, and lies in the working directory, since only the run itself writes to its folder.
    """
    if not runs:
        raise Mistake("RUN is missing: name a study or a run folder, such as python -m study.report bifurcation")
    opened = _opened(runs, results)
    where = _together(opened, output or TOGETHER) if len(opened) > 1 else _alone(opened[0], output)
    click.echo(where)
    return 0


def _opened(names: tuple[str, ...], results: str) -> list[Run]:
    """The runs that were asked for, each once; Mistake if one is not there or its tables cannot be read."""
    found: dict[str, Run] = {}
    for name in names:
        run = open_run(name, results, tables=["trials", "per_time", "curves", "surfaces"])
        found.setdefault(run.location, run)
    return list(found.values())


def _alone(run: Run, output: str | None) -> str:
    import analysis

    folder = RunFolder(run.location)
    if output is None and _held(folder):
        output = f"{run.study}-{run.name}.html"
        click.echo(f"note: run {run.name} is still being written, its folder is left to it", err=True)
    with nullcontext() if output is not None else _writing(folder):
        drawings = analysis.figures.drawings(run)
        if output is None:
            for drawing in drawings:
                if drawing.png:
                    folder.write("figures", f"{drawing.name}.png", content=drawing.png)
        return _write(output or folder.file("report.html"), analysis.render(run, drawings))


def _held(folder: RunFolder) -> bool:
    try:
        Lock.refuse_if_held(folder)
    except Mistake:
        return True
    return False


def _writing(folder: RunFolder) -> Lock:
    """The run's lock; Mistake if nothing can be written there."""
    if folder.local and not os.access(folder.path, os.W_OK):
        raise Mistake(f"run folder {folder.path} cannot be written to: name another place with --output")
    return Lock(folder)


def _together(runs: list[Run], output: str) -> str:
    from analysis.pages.side_by_side import render_together

    return _write(output, render_together(runs))


def _write(output: str, html: str) -> str:
    """Write the page; returns where it is. Mistake if that cannot be."""
    where = output if "://" in output else str(Path(output).absolute())
    try:
        write_atomically(where, html.encode())
    except (OSError, ImportError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Mistake(f"--output {output}: cannot be written ({reason}); name another file") from None
    return where


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""
    return exit_status(main, "python -m study.report", arguments)


if __name__ == "__main__":
    sys.exit(command_line())
