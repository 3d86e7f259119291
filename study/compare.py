"""`python -m study.compare RUN RUN`: runs side by side, each method against the baseline of its own run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from study.errors import Mistake
from study.exit_status import exit_status
from study.storage.opening import open_run
from study.storage.places import default_output

if TYPE_CHECKING:
    import pandas as pd

    from analysis import Run, Runs

_EPILOG = """\b
Within a run methods are paired with its baseline by replicate and sequence; runs are shown beside each other, since
replicates of different runs are no pairs. A verdict needs p below 0.05, corrected by Holm's method over the methods,
supervisions and metrics shown of one run (methods without a network by themselves), and an interval without zero;
below six pairs one cannot tell. The training time is that of the method over the baseline's, in the same run.

\b
Examples:
  python -m study.compare bifurcation bifurcations             the newest finished run of each
  python -m study.compare results/cells/A results/cells/B --metric dice
  python -m study.compare bifurcation bifurcations --window 0.35 0.65 --margin 0.02
  python -m study.compare bifurcation bifurcations --save both.csv     all columns and digits; or .parquet
"""
_WIDTH = 160


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("runs", metavar="RUN RUN...", nargs=-1)
@click.option(
    "--results", default=default_output, metavar="DIR-or-URI", help="run folders  [default: results, or $STUDY_RESULTS]"
)
@click.option(
    "--metric", "metrics", multiple=True, metavar="NAME", help="may be repeated  [default: all that the runs share]"
)
@click.option(
    "--setting", type=click.Choice(["best", "published"]), default="best", show_default=True,
    help="methods at the search's best, or at the published setting",
)  # fmt: skip
@click.option("--window", type=float, nargs=2, metavar="FROM TO", help="test times between these two only")
@click.option("--margin", type=float, help="differences below this, in the metric's unit, count as none")
@click.option("--save", "target", metavar="FILE", help="write the whole table as .csv or .parquet too")
def main(
    runs: tuple[str, ...],
    results: str,
    metrics: tuple[str, ...],
    setting: str,
    window: tuple[float, float] | None,
    margin: float | None,
    target: str | None,
) -> int:
    """Compare two or more runs: per metric, supervision and method what each run says against its baseline.

    RUN is a study (its newest finished run) or a run folder's path or URI; one that still goes on is taken as it is.
    """
    import analysis

    if target and target.rsplit(".", 1)[-1].lower() not in ("csv", "parquet"):
        raise Mistake(f"--save {target}: name a file that ends in .csv or .parquet")
    opened = _opened(runs, results)
    names = _metrics(opened, metrics)
    compared = [(run, _compared(run, names, setting, window, margin)) for run in opened]
    tables = [
        table.assign(study=run.study, run=run.name, cost=_costs(run, table, setting))
        for run, table in compared
        if table is not None
    ]
    if not tables:
        raise Mistake("none of these runs has confirmed methods to compare yet; wait for one, or name others")
    table = _beside(tables, names)
    for name in names:
        _print(table[table["metric"] == name], opened, name)
    if target:
        try:
            click.echo(f"saved: {analysis.save(table, target)}")
        except OSError as error:
            raise Mistake(f"--save {target}: {error.strerror or error}; name a file that can be written") from None
    return 0


def _opened(names: tuple[str, ...], results: str) -> Runs:
    """The runs that were asked for; Mistake if one is not there or cannot be read, or if they are fewer than two."""
    from analysis import Runs

    if len(names) < 2:
        given = f"RUN {names[0]} alone was given" if names else "no RUN was given"
        raise Mistake(f"{given}: name two or more, as in python -m study.compare bifurcation spheres")
    found: dict[str, Run] = {}
    for name in names:
        run = open_run(name, results, tables=["per_time", "trials"])
        found.setdefault(run.location, run)
    if len(found) == 1:
        raise Mistake(
            f"RUN {' and '.join(names)} are one and the same run, {next(iter(found))}: name another beside it"
        )
    return Runs(list(found.values()))


def _metrics(runs: Runs, wanted: tuple[str, ...]) -> list[str]:
    """Those asked for, or all that the runs share; what only some have is named. Mistake for mixed ones."""
    from analysis import MixedMetrics
    from analysis.tables import record

    begun = [run for run in runs if len(run.per_time)]
    if not begun:
        raise Mistake("none of these runs has written rows yet; wait for one, or name others")
    try:
        runs.units()
        shared = type(runs)(begun).shared_metrics()
    except MixedMetrics as error:
        raise Mistake(str(error)) from None
    if unknown := [name for name in wanted if name not in shared]:
        raise Mistake(f"--metric {unknown[0]}: not all of these runs have it; they share {', '.join(shared)}")
    others = dict.fromkeys(m.name for run in begun for m in record.metrics(run) if m.name not in shared)
    if others and not wanted:
        click.echo(f"note: left out, because not all of these runs have it: {', '.join(others)}", err=True)
    return list(wanted) or shared


def _compared(
    run: Run, metrics: list[str], setting: str, window: tuple[float, float] | None, margin: float | None
) -> pd.DataFrame | None:
    """The run's comparison with its baseline; None, and a note, where it has nothing to compare yet."""
    import analysis

    try:
        if not len(run.per_time):
            raise analysis.NoRows("it has no rows yet")
        return analysis.compare_run(run, metrics, setting, window, margin)
    except analysis.NoRows as error:
        ended = run.trials["state"]
        why = f"all {len(ended)} trials failed" if len(ended) and (ended == "failed").all() else str(error)
        click.echo(f"note: {run.study} {run.name} ({run.status}) is left out: {why}", err=True)
        return None
    except ValueError as error:
        option = "--window" if window and "window" in str(error) else "--margin" if margin is not None else run.name
        raise Mistake(f"{option}: {error}") from None


def _costs(run: Run, table: pd.DataFrame, setting: str) -> list[float]:
    """Training time over that of the run's baseline, for each row."""
    from analysis.statistics.cost import relative_seconds

    known = relative_seconds(run, setting)
    places = table[["supervision", "method"]].astype("str").itertuples(index=False)
    return [float(known.get(tuple(place), float("nan"))) for place in places]


def _beside(tables: list[pd.DataFrame], metrics: list[str]) -> pd.DataFrame:
    """One table, sorted so that what runs say about one method stands together."""
    import pandas as pd

    from analysis.tables import order

    table = pd.concat(tables, ignore_index=True)
    place = {
        "metric": order.rank(table["metric"], metrics),
        "supervision": order.rank(table["supervision"], order.SUPERVISIONS),
        "method": order.rank(table["method"], order.METHODS),
    }
    places = [table[name].astype("str").map(rank).rename(f"_{name}") for name, rank in place.items()]
    keys = [f"_{name}" for name in place]
    ordered = pd.concat([table, *places], axis="columns").sort_values(keys, kind="stable", ignore_index=True)
    return ordered[["study", "run", *(name for name in table if name not in ("study", "run"))]]


def _print(table: pd.DataFrame, runs: Runs, metric: str) -> None:
    """One metric: a line per supervision and method, and in it a column per run."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from analysis.tables import record

    known = {one.name: one for one in record.metrics(next(run for run in runs if len(run.per_time)))}[metric]
    title = f"{known.axis}: {known.better} is better; baseline → method, difference (95 % interval)"
    drawn = Table(title=escape(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    shown = {run.location: table[(table["study"] == run.study) & (table["run"] == run.name)] for run in runs}
    shown = {location: rows for location, rows in shown.items() if len(rows)}
    for heading in ("supervision", "method"):
        drawn.add_column(heading)
    for run in runs:
        if run.location in shown:
            drawn.add_column(escape(f"{run.study}\n{run.name}" + ("" if run.finished else f"\n({run.status})")))
    for supervision, method in table[["supervision", "method"]].drop_duplicates().itertuples(index=False):
        cells = []
        for rows in shown.values():
            mine = rows[(rows["supervision"] == supervision) & (rows["method"] == method)]
            cells.append(_cell({str(name): value for name, value in mine.iloc[0].items()}) if len(mine) else "–")
        drawn.add_row(*map(escape, (str(supervision), str(method), *cells)))
    console = Console(highlight=False)
    (console if console.is_terminal else Console(highlight=False, width=_WIDTH)).print(drawn)
    for rows in shown.values():
        first = rows.iloc[0]
        click.echo(f"{first['study']} {first['run']}: n = {int(rows['n'].max())}, {first['unit']}")
    click.echo()


def _cell(row: dict[str, Any]) -> str:
    """What one run says about one method."""
    import pandas as pd

    from analysis.wording import interval, number, signed
    from analysis.words import families

    few = ""
    if row["verdict"] == "cannot tell":
        needed = "" if pd.isna(row["n_needed"]) else f", {row['n_needed']} needed"
        few = f" (n = {row['n']}{needed})"
    verdict = f"{families.verdict(row)}{few}"
    if not row["n"]:
        return verdict
    change = f"{number(row['baseline_mean'])} → {number(row['method_mean'])}"
    time = "" if pd.isna(row["cost"]) else f", {number(row['cost'], 2)} × the time"
    return f"{change} {verdict}\n{signed(row['difference'])} ({interval(row['low'], row['high'])}){time}"


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""
    return exit_status(main, "python -m study.compare", arguments)


if __name__ == "__main__":
    sys.exit(command_line())
