"""`python -m study.run NAME`: search, confirm and report a study, or take up a run where it was left."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any, NoReturn

import click

from study import catalog
from study.data import reader_options
from study.errors import Interrupted, Mistake, of_storage
from study.exit_status import exit_status, leave, tolerate_lost_console
from study.running.plan import DEFAULT_PRESET, Options, Plan, plan
from study.storage.places import default_output, discard

if TYPE_CHECKING:
    from rich.console import Console

    from study.design.study import Study
    from study.running.driver import Driver

_EPILOG = """\b
Examples:
  python -m study.run bifurcation                            on this machine
  python -m study.run bifurcation --preset paper --address auto
  python -m study.run bifurcation --methods sinkhorn,barycenter --supervisions sparse
  python -m study.run bifurcation --set regularizers.sinkhorn.alpha=0.3 --trials 8
  python -m study.run bifurcation --resume last              after a crash
  python -m study.run bifurcation --resume last --trials 20  more of the same
"""


def _list(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        for name in catalog.names():
            first = (catalog.module(name).__doc__ or "").strip().splitlines()[0]
            click.echo(f"{name:24}{first}")
        context.exit()


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("name")
@click.argument("more", nargs=-1)
@click.option("--preset", help=f"laptop, smoke, paper, or one that the study adds  [default: {DEFAULT_PRESET}]")
@click.option("--trials", type=click.IntRange(1), help="search trials per arm, in total (also when resuming)")
@click.option("--replicates", type=click.IntRange(1), help="replicates of each confirmed configuration")
@click.option("--seed", type=click.IntRange(0), help="seed of the whole study  [default: 0]")
@click.option(
    "--output", default=default_output, metavar="DIR-or-URI", help="run folders  [default: results, or $STUDY_RESULTS]"
)
@click.option("--tracking-uri", metavar="URI", help="MLflow  [default: sqlite:///mlflow.db, or $MLFLOW_TRACKING_URI]")
@click.option("--address", metavar="RAY", help="Ray: HOST:PORT, auto or local  [default: local, or $RAY_ADDRESS]")
@click.option(
    "--methods",
    metavar="NAME,…",
    help="only these methods, and the baseline; or all; one named twice runs again with other seeds  "
    "[default: the study's usual ones]",
)
@click.option("--supervisions", metavar="NAME,…", help="only these supervisions  [default: all]")
@click.option("--data", metavar="PATH…", help="a recording or images, for studies that take some (see --list)")
@reader_options.flags(
    tracks="only these tracks of the recording  [default: all full-length ones]",
    skip_bad="leave out sequences that cannot be used; the report lists them",
)
@click.option("--bands", metavar="N[,N,N]", help="images of several bands: the one to take, or three as red,green,blue")
@click.option("--cpus", type=click.IntRange(1), help="processors of this machine to use  [default: all that it may]")
@click.option("--resume", metavar="last|RUN", help="take up a run where it was left, or extend it with --trials")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="change the configuration; may be repeated")
@click.option("--time-limit", metavar="TIME", help="stop cleanly after this time, such as 90s, 45m or 3h")
@click.option("--dry-run", is_flag=True, help="check everything, print what would run, and stop")
@click.option("--prices", metavar="FILE", help="with --dry-run: node types and prices of a file such as cluster.yaml")
@click.option("--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="list the studies")
def main(dry_run: bool, prices: str | None, changes: tuple[str, ...], more: tuple[str, ...], **given: Any) -> int:
    """Run the study NAME: search each method's settings, confirm the best with replicates, report what helps.

    Results go to results/NAME/<run>/ (tables, figures, report.html) and to MLflow.
    """
    if prices is not None and not dry_run:
        raise Mistake(f"--prices {prices}: only --dry-run says what a study costs; add it, or leave --prices out")
    if more and given["data"] is None:
        raise click.UsageError(f"Got unexpected extra argument ({more[0]})")
    checked = plan(Options(changes=list(changes), more_data=more, **given))
    if checked.doubt:
        click.echo(f"note: {checked.doubt}", err=True)
    if dry_run:
        _describe(checked, prices)
        return 0
    return _run(checked)


def _describe(checked: Plan, prices: str | None) -> None:
    from study.design.ranges import describe
    from study.running.estimate import costs, estimate, sentences

    study = checked.study
    arms = study.arms()
    found = estimate(study, checked.options.output)
    priced = [*sentences(found), *(costs(found, prices) if prices is not None else [])]
    click.echo(f"{study.name}: {study.question}")
    for sentence in _of_data(study):
        click.echo(sentence)
    for arm in arms:
        click.echo(f"  {arm.method}, {arm.supervision}: {study.arm_trials(arm)} search trials")
    searched = {path for arm in arms if study.arm_trials(arm) > 1 for path in study.arm_space(arm)}
    for path, distribution in study.space.items():
        if path in searched:
            click.echo(f"  {path} in {describe(distribution)}")
    click.echo(
        f"{found.search_trials} search trials of {study.search_replicates} "
        f"replicate{'s' if study.search_replicates > 1 else ''} each, then up to "
        f"{found.confirmations} confirmations of {study.replicates} replicates"
    )
    for sentence in priced:
        click.echo(sentence)
    if checked.cpus is not None:
        at_once = max(1, checked.cpus // study.resources.cpus)
        click.echo(f"on this machine {at_once} trial{'s' if at_once > 1 else ''} at once{checked.cpus_said}")


def _of_data(study: Study) -> list[str]:
    """What was understood of a recording or of images, and what must be known of them."""
    left_out = [f"left out: {label}, {why}" for label, why in study.data.get("left_out", {}).items()]
    notes = [f"note: {note}" for note in study.data.get("notes", [])]
    return [*([study.data["understood"]] if "understood" in study.data else []), *notes, *left_out]


def _run(checked: Plan) -> int:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from rich.console import Console

    from study.running.driver import Driver
    from study.storage.credentials import of_uri, without_credentials
    from study.tracking import how_to_look, remember_uri

    remember_uri(checked.tracking_uri)
    console = Console(stderr=True)
    driver, stopped = Driver(checked, console), None
    for sentence in [] if checked.resumed else _of_data(checked.study):
        _tell(console, sentence)
    try:
        answer = driver.run()
    except OSError as error:  # a full disk, a store that fails: what was written is whole
        if not driver.resumable:
            discard(driver.folder)
            raise Mistake(f"run {driver.folder.url} cannot be begun: {of_storage(error)}") from None
        stopped = Interrupted(1, of_storage(error))
    except Interrupted as interrupted:
        stopped = interrupted
    except KeyboardInterrupt:  # the second signal: at once
        if not driver.record.values:
            raise
        stopped = Interrupted(driver.stop.status or 130)
    behind = driver.tracking is not None and driver.tracking.behind
    if stopped is not None:
        command = ["python", "-m", "study.run", driver.study.name, "--resume", driver.folder.url]
        for flag, given in (("--address", checked.options.address), ("--tracking-uri", checked.options.tracking_uri)):
            command += [flag, of_uri(given)] if given else []
        command += ["--cpus", str(checked.options.cpus)] if checked.options.cpus else []
        why = f" ({without_credentials(stopped.reason)})" if stopped.reason else ""
        if behind:
            _tell(console, f"MLflow is behind; resuming brings it up to date, and so does: {_tracking(driver)}")
        _tell(console, f"unfinished{why}; resume with: {shlex.join(command)}")
        return stopped.status
    click.echo(f"answer: {answer}")
    click.echo(f"results: {driver.folder.url} (report.html)")
    look = how_to_look(checked.tracking_uri)
    click.echo(f"mlflow: {f'is behind; bring it up to date with: {_tracking(driver)}' if behind else look}")
    return 1 if driver.all_failed else 0


def _tell(console: Console, sentence: str) -> None:
    console.print(sentence, highlight=False, soft_wrap=True, markup=False)


def _tracking(driver: Driver) -> str:
    """The command that brings MLflow up to date."""
    uri = driver.record.values["tracking_uri"]
    given = ["--tracking-uri", uri] if "***" in uri else []
    return shlex.join(["python", "-m", "study.track", driver.folder.url, *given])


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""

    def missing() -> str:
        return f"no study is named; choose among {', '.join(catalog.names())}, or see --help"

    return exit_status(main, "python -m study.run", arguments, missing)


def script() -> NoReturn:
    """The command as a process of its own."""
    tolerate_lost_console()
    leave(command_line())


if __name__ == "__main__":
    script()
