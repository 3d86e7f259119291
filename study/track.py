"""`python -m study.track RUN`: brings MLflow up to date with a run's tables, after MLflow was away or lost."""

from __future__ import annotations

import os
import sys

import click

from analysis.tables.soundness import DamagedTable
from study import tracking
from study.errors import Mistake, of_storage
from study.exit_status import exit_status
from study.running import environment
from study.storage.lock import Lock
from study.storage.opening import open_run
from study.storage.places import default_output
from study.storage.run_folder import RunFolder

_EPILOG = """\b
What MLflow has already is left as it is: a second time changes nothing.

\b
Examples:
  python -m study.track bifurcation                          the newest finished run
  python -m study.track results/bifurcation/20260101-120000  a run, finished or not
  python -m study.track bifurcation --tracking-uri http://127.0.0.1:5000
"""
_NEEDED = {"study", "run", "created_ms", "methods", "supervisions", "metrics", "objective"}
_WITHIN = {"objective": {"metric", "direction", "role"}, "configuration": {"methods"}}
"""What MLflow is told of a record, and of parts of it."""


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("run", metavar="RUN")
@click.option(
    "--results", default=default_output, metavar="DIR-or-URI", help="run folders  [default: results, or $STUDY_RESULTS]"
)
@click.option("--tracking-uri", metavar="URI", help="MLflow  [default: the one that the run was tracked in]")
def main(run: str, results: str, tracking_uri: str | None) -> int:
    """Write to MLflow what it lacks of a run: the study, every trial that has ended, figures, tables and models.

    RUN is a study (its newest finished run) or a run folder's path or URI.
    """
    environment.check()
    folder = _open(run, results)
    Lock.refuse_if_held(folder)
    uri = _tracking_uri(tracking_uri, folder)
    try:
        with Lock(folder):
            count, troubles = bring_up_to_date(uri, folder)
    except OSError as error:
        raise Mistake(f"RUN {run}: {of_storage(error)}; a run's folder is locked while MLflow is written") from None
    if troubles:
        click.echo(f"unfinished: {troubles[0]}; when MLflow is back, run the same command again", err=True)
        return 1
    click.echo(f"run {folder.url}: MLflow has all {count} trials that have ended")
    click.echo(f"mlflow: {tracking.how_to_look(uri)}")
    return 0


def _open(name: str, results: str) -> RunFolder:
    run = open_run(name, results, tables=["trials", "per_time", "curves"])
    missing = sorted(_NEEDED - set(run.record))
    if missing:
        raise Mistake(f"RUN {name}: its study.json lacks {missing[0]}; restore it, or name another run")
    for part, names in _WITHIN.items():
        for key in sorted(names - set(run.record.get(part, {}))):
            raise Mistake(f"RUN {name}: {part} of its study.json lacks {key}; restore it, or name another run")
    folder = RunFolder(run.location)
    _check_models(folder)
    return folder


def _check_models(folder: RunFolder) -> None:
    """DamagedTable where a model, of which MLflow gets a copy, is no regular file of this folder."""
    if not folder.local:  # where nothing leads elsewhere, and reading costs
        return
    for trial in folder.names("models", ".pt"):
        if folder.read("models", f"{trial}.pt") is None:
            raise DamagedTable(f"{folder.file('models', f'{trial}.pt')}: it leads to no file")


def _tracking_uri(given: str | None, folder: RunFolder) -> str:
    """The checked URI, independent of the working directory; Mistake if MLflow cannot be written there."""
    try:
        uri = given or tracking.recorded_uri(folder.read_record()) or tracking.default_uri()
    except ValueError as error:
        raise Mistake(str(error)) from None
    if "***" in uri:
        raise Mistake(f"the credentials of tracking URI {uri} were not kept: give the URI again with --tracking-uri")
    try:
        doubt = tracking.check(uri)
    except ValueError as error:
        raise Mistake(str(error)) from None
    if doubt:
        click.echo(f"note: {doubt}", err=True)
    tracking.remember_uri(uri)
    return tracking.absolute(uri)


def bring_up_to_date(uri: str, folder: RunFolder) -> tuple[int, list[str]]:
    """How many trials have ended, and what went wrong."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from study.tracking.beside import Tracking

    record, troubles = folder.read_record(), list[str]()
    with Tracking(uri, record, folder, troubles.append) as beside:
        if record.get("status") == "finished":
            beside.report()
    return len(folder.trials()), troubles


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""
    return exit_status(
        main, "python -m study.track", arguments, lambda: "no run is named: python -m study.track RUN, where RUN is a "
        "study or a run folder's path or URI",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(command_line())
