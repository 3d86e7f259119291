"""`python -m study.claims`: what the papers claim, held against finished runs."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import click
import fsspec

from study.errors import Mistake, unreadable
from study.exit_status import exit_status
from study.storage.opening import open_run
from study.storage.places import default_output

if TYPE_CHECKING:
    import pandas as pd

    from analysis import Run

_EPILOG = """\b
A claim holds where its p, corrected by Holm's method over the claims of one run, is below 0.05 and the interval
lies where the claim puts it. It does not hold where the interval shows otherwise, which is judged for each claim
on its own. Else it is undecided. "Unchanged" and "no gain" are tests of equivalence: what must be shown is that
the difference is smaller than a margin fixed beforehand.

\b
Examples:
  python -m study.claims                                     the newest finished run of every study, in space
  python -m study.claims bifurcation spheres                 of these studies
  python -m study.claims results/spheres/20260101-120000     one run
  python -m study.claims --setting best                      at the search's best settings
  python -m study.claims --format markdown > claims.md
"""
_WIDTH = 160
_HEADINGS = ("claim", "n", "effect", "interval", "p", "p (Holm)", "verdict", "what the effect is")
_STYLE = {"holds": "green", "does not hold": "red", "undecided": "yellow", "not tested": "dim"}


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("runs", metavar="[RUN]...", nargs=-1)
@click.option(
    "--results", default=default_output, metavar="DIR-or-URI", help="run folders  [default: results, or $STUDY_RESULTS]"
)
@click.option(
    "--setting", type=click.Choice(["published", "best"]), default="published", show_default=True,
    help="judge methods at the published setting, or at the search's best",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["table", "markdown", "csv"]), default="table", show_default=True,
    help="csv has all columns and digits",
)  # fmt: skip
def main(runs: tuple[str, ...], results: str, setting: str, form: str) -> int:
    """Test the published claims on finished runs: effect, interval, p, and whether each claim holds.

    RUN is a study (its newest finished run) or a run folder's path or URI; without it, every study that has a
    finished run is taken, the newest of shapes in space, which the claims are about.
    """
    from analysis import claims

    _check_results(results)
    with warnings.catch_warnings(record=True) as left_out:
        warnings.simplefilter("always", UserWarning)
        opened, absent = _named(runs, results) if runs else _newest(results)
    _read(opened)
    table = claims.ledger(opened, setting)
    for warning in left_out:
        if issubclass(warning.category, UserWarning):
            click.echo(f"note: {warning.message}", err=True)
    {"table": _table, "markdown": _markdown, "csv": _csv}[form](table)
    if absent:
        click.echo(f"not tested, because there is no finished run: {', '.join(absent)}", err=form == "csv")
    return 0


def _check_results(results: str) -> None:
    try:
        fsspec.core.url_to_fs(results)
    except (ImportError, ValueError, OSError) as error:
        raise Mistake(f"--results {results}: {error}; name a folder, or install what its protocol needs") from None


def _named(names: tuple[str, ...], results: str) -> tuple[list[Run], list[str]]:
    """The runs that were asked for, each once; Mistake if one is not there, not finished, or no claim's business."""
    from analysis import claims

    opened: dict[str, Run] = {}
    for name in names:
        run = open_run(name, results, finished=True)
        if run.study not in claims.studies():
            raise Mistake(
                f"RUN {name}: no claim is about study '{run.study}'; name a run of {', '.join(claims.studies())}"
            )
        if not claims.about(run):
            raise Mistake(
                f"RUN {name}: run {run.name} of study {run.study} has shapes in the plane, and the claims are about "
                "shapes in space; name a run of these"
            )
        opened.setdefault(run.location, run)
    return list(opened.values()), []


def _newest(results: str) -> tuple[list[Run], list[str]]:
    """The newest finished run of each study that claims can be tested on, and the studies without; Mistake if there is
    none."""
    from analysis import claims, runs

    newest = {run.study: run for run in runs(results) if run.finished and claims.about(run)}  # the newest come last
    opened = [newest[study] for study in claims.studies() if study in newest]
    absent = [study for study in claims.studies() if study not in newest]
    if not opened:
        raise Mistake(
            f"there is no finished run of {', '.join(absent)} in {results}: finish one, such as with "
            f"python -m study.run {absent[0]}, or name where they are with --results"
        )
    return opened, absent


def _read(runs: list[Run]) -> None:
    """Read the tables, so that a damaged one is named."""
    for run in runs:
        try:
            rows = run.per_time
        except (OSError, ValueError, KeyError) as error:
            raise unreadable(f"the tables of run {run.location}", error, "restore them") from None
        if rows.empty:
            raise Mistake(f"run {run.location} has no per_time table; restore it, or name another run")


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    from analysis.wording import interval, probability, signed

    if row["verdict"] == "not tested":
        return (row["claim"], "–", "–", "–", "–", "–", row["verdict"], row["note"])
    p, corrected = (probability(row[name]).removeprefix("= ") for name in ("p", "p_holm"))
    range_ = interval(row["low"], row["high"])
    return (row["claim"], str(row["n"]), signed(row["effect"]), range_, p, corrected, row["verdict"], row["note"])


def _by_run(table: pd.DataFrame) -> list[tuple[str, list[dict[str, Any]]]]:
    """(title, rows) of every run, in order."""
    found = []
    for (study, run), rows in table.groupby(["study", "run"], sort=False):
        lines = [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]
        units = list(dict.fromkeys(line["unit"] for line in lines if line["verdict"] != "not tested"))
        counts = f"; n counts {' or '.join(units)}" if units else ""
        found.append((f"{study}, run {run}, setting {lines[0]['setting']}{counts}", lines))
    return found


def _counts(table: pd.DataFrame) -> str:
    from analysis.claims import FAILS, HOLDS, NOT_TESTED, UNDECIDED

    counted = table["verdict"].value_counts()
    said = [f"{verdict} {counted.get(verdict, 0)}" for verdict in (HOLDS, FAILS, UNDECIDED, NOT_TESTED)]
    return f"claims: {', '.join(said)}"


def _table(table: pd.DataFrame) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    for title, rows in _by_run(table):
        drawn = Table(title=escape(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
        for heading in _HEADINGS:
            numeric = heading in ("n", "effect", "p", "p (Holm)")
            drawn.add_column(heading, justify="right" if numeric else "left", no_wrap=numeric or heading == "interval")
        for row in rows:
            cells = [escape(cell) for cell in _cells(row)]
            drawn.add_row(*cells[:6], f"[{_STYLE[row['verdict']]}]{cells[6]}[/]", cells[7])
        console.print(drawn)
    click.echo(_counts(table))


def _markdown(table: pd.DataFrame) -> None:
    for title, rows in _by_run(table):
        click.echo(f"**{title}**\n")
        click.echo(f"| {' | '.join(_HEADINGS)} |")
        click.echo(f"|{'---|' * len(_HEADINGS)}")
        for row in rows:
            click.echo(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in _cells(row))} |")
        click.echo()
    click.echo(f"{_counts(table)}\n")


def _csv(table: pd.DataFrame) -> None:
    click.echo(table.to_csv(index=False), nl=False)


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""
    return exit_status(main, "python -m study.claims", arguments)


if __name__ == "__main__":
    sys.exit(command_line())
