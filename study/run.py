"""`python -m study.run NAME`: search, confirm and report a study, or take up a run where it was left."""

from __future__ import annotations

import shlex
from typing import Any, NoReturn

import click

from study import catalog
from study.errors import Interrupted, Mistake
from study.exit_status import exit_status, leave, tolerate_lost_console
from study.running import options
from study.running.config_file import as_yaml, read_config
from study.running.perform import of_data, perform, tell
from study.running.plan import Plan, plan
from study.storage.credentials import of_uri

_EPILOG = """\b
Examples:
  python -m study.run bifurcation                            on this machine
  python -m study.run bifurcation --preset paper --address auto
  python -m study.run bifurcation --methods sinkhorn,barycenter --supervisions sparse
  python -m study.run bifurcation --set regularizers.sinkhorn.alpha=0.3 --trials 8
  python -m study.run bifurcation --resume last              after a crash
  python -m study.run bifurcation --resume last --trials 20  more of the same
  python -m study.run bifurcation --trials 8 --print-config > study.yaml
  python -m study.run --config study.yaml
"""


def _list(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        for name in catalog.names():
            try:
                first = (catalog.module(name).__doc__ or "").strip().partition("\n")[0]
            except Mistake as error:
                first = str(error)
            click.echo(f"{name:24}{first}")
        context.exit()


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("study", metavar="NAME", required=False)
@click.argument("more", nargs=-1)
@options.flags
@click.option("--config", metavar="FILE", help="a .yaml or .toml file that says what flags and --set say; flags win")
@click.option("--print-config", is_flag=True, help="print what was asked for as such a file, and stop")
@click.option("--dry-run", is_flag=True, help="check everything, print what would run, and stop")
@click.option("--prices", metavar="FILE", help="with --dry-run: node types and prices of a file such as cluster.yaml")
@click.option("--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="list the studies")
def main(
    study: str | None, more: tuple[str, ...], config: str | None, print_config: bool, dry_run: bool,
    prices: str | None, **given: Any,
) -> int:  # fmt: skip
    """Run the study NAME: search each method's settings, confirm the best with replicates, report what helps.

    Results go to results/NAME/<run>/ (tables, figures, report.html) and to MLflow.
    """
    if prices is not None and not dry_run:
        raise Mistake(f"--prices {prices}: only --dry-run says what a study costs; add it, or leave --prices out")
    if more and given["data"] is None:
        raise click.UsageError(f"Got unexpected extra argument ({more[0]})")
    named, asked = read_config(config) if config is not None else (None, {})
    asked = options.merged(asked, options.of_flags(given, more))
    if (study := study or named) is None:
        raise Mistake(f"no study is named; choose among {', '.join(catalog.names())}, or see --help")
    checked = _checked(options.options(study, asked))
    if checked.doubt:
        click.echo(f"note: {checked.doubt}", err=True)
    if print_config:
        click.echo(as_yaml(options.written(checked.options)), nl=False)
        return 0
    if dry_run:
        _describe(checked, prices)
        return 0
    return _run(checked)


def _checked(asked: options.Options) -> Plan:
    """The plan. A terminal shows meanwhile that something is done: shapes made for the first time take long."""
    from rich.console import Console

    with Console(stderr=True).status(f"checking {asked.study}: every shape that it compares"):
        return plan(asked)


def _describe(checked: Plan, prices: str | None) -> None:
    from study.design.ranges import describe
    from study.running.estimate import costs, estimate, sentences

    study = checked.study
    arms = study.arms()
    found = estimate(study, checked.options.output)
    priced = [*sentences(found), *(costs(found, prices) if prices is not None else [])]
    click.echo(f"{study.name}: {study.question}")
    for sentence in of_data(study):
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


def _run(checked: Plan) -> int:
    from rich.console import Console

    console = Console(stderr=True)
    try:
        done = perform(checked, console, lambda stopped: _unfinished(checked, stopped))
    except Interrupted as stopped:
        tell(console, _unfinished(checked, stopped))
        return stopped.status
    for method, reason in done.failed.items():
        tell(console, f"failed: every trial of {method}: {reason} (tracebacks: {done.folder.file('errors')})")
    click.echo(f"answer: {done.answer}")
    click.echo(f"results: {done.folder.url} (report.html)")
    click.echo(f"mlflow: {done.mlflow}")
    return 1 if done.failed else 0


def _unfinished(checked: Plan, stopped: Interrupted) -> str:
    """The last line of a run that was stopped."""
    again = f"; resume with: {_resuming(checked, stopped.run)}" if stopped.run else ": nothing was begun"
    return f"unfinished{stopped.why}{again}"


def _resuming(checked: Plan, run: str) -> str:
    """The command that takes the run up."""
    command = ["python", "-m", "study.run", checked.study.name, "--resume", run]
    for flag, given in (("--address", checked.options.address), ("--tracking-uri", checked.options.tracking_uri)):
        command += [flag, of_uri(given)] if given else []
    command += ["--cpus", str(checked.options.cpus)] if checked.options.cpus else []
    return shlex.join(command)


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""
    return exit_status(main, "python -m study.run", arguments)


def script() -> NoReturn:
    """The command as a process of its own."""
    tolerate_lost_console()
    leave(command_line())


if __name__ == "__main__":
    script()
