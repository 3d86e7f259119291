"""`python -m study.cluster`: files for `ray up` and `sbatch`, and whether such a file will do."""

from __future__ import annotations

import getpass
import os
import re
import shlex
import sys
from pathlib import Path

import click
from fsspec import available_protocols
from fsspec.utils import get_protocol

from study import catalog
from study.clusters import rendering
from study.errors import Mistake
from study.exit_status import exit_status
from study.storage.credentials import of_command, of_uri

_EPILOG = """\b
Examples:
  python -m study.cluster --check cluster.yaml
  python -m study.cluster --hosts lab1,lab2,lab3 --user me > lab.yaml
  python -m study.cluster --slurm bifurcation --nodes 2 --gpus 4 --study-arguments "--preset paper" > study.sh
"""


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--check", metavar="FILE", help="say what is wrong with a file for `ray up`")
@click.option("--hosts", metavar="A,B,C", help="a file for `ray up` with these hosts, the head first")
@click.option("--slurm", metavar="NAME", help="a script for `sbatch` that runs the study NAME")
@click.option("--python", default=sys.executable, help="python with this project, on every host  [default: this one]")
@click.option("--user", help="hosts: who logs in by SSH  [default: you]")
@click.option(
    "--key", metavar="FILE", help="hosts: private key for SSH, also given to the head  [default: yours in ~/.ssh]"
)
@click.option("--name", default="studies", help="hosts: name of the cluster  [default: studies]")
@click.option("--port", type=click.IntRange(1024, 65535), default=6379, help="hosts: port of Ray  [default: 6379]")
@click.option("--ray-arguments", default="", metavar="TEXT", help="hosts: further arguments of every `ray start`")
@click.option("--nodes", type=click.IntRange(1), default=1, help="slurm: how many nodes  [default: 1]")
@click.option("--cpus", type=click.IntRange(1), default=16, help="slurm: processors of each node  [default: 16]")
@click.option("--gpus", type=click.IntRange(0), default=0, help="slurm: GPUs of each node  [default: 0]")
@click.option("--time", default="04:00:00", help="slurm: time limit of one start  [default: 04:00:00]")
@click.option("--partition", help="slurm: partition")
@click.option("--account", help="slurm: account")
@click.option("--output", default="results", help="slurm: shared folder or object store  [default: ./results]")
@click.option("--study-arguments", default="", metavar="TEXT", help="slurm: arguments of python -m study.run")
def main(check: str | None, hosts: str | None, slurm: str | None, python: str, output: str, **given: object) -> int:
    """Write a file for `ray up` or `sbatch` to standard output, or check one. Give --check, --hosts or --slurm."""
    if sum(choice is not None for choice in (check, hosts, slurm)) != 1:
        raise Mistake("python -m study.cluster: give one of --check FILE, --hosts A,B,C and --slurm NAME")
    if check is not None:
        return _check(check)
    python = str(Path(python).absolute())
    for flag in ("ray_arguments", "study_arguments"):
        _split(flag, str(given[flag]))
    if hosts is not None:
        given["user"] = given["user"] or _own_name()
        chosen = {key: given[key] for key in ("user", "key", "name", "port", "ray_arguments")}
        if chosen["key"] is not None and not re.fullmatch(r"[\w./~+@-]+", str(chosen["key"])):
            raise Mistake(f"--key {chosen['key']}: not a path without spaces; name the private key for SSH")
        text = rendering.on_premises(hosts, python=python, file="FILE", **chosen)  # type: ignore[arg-type]
    else:
        catalog.module(str(slurm))
        arguments = str(given["study_arguments"])
        _check_study_arguments(str(slurm), arguments)
        if get_protocol(output) not in available_protocols():
            raise Mistake(f"--output {output}: no filesystem has that protocol; name a folder or an object store")
        chosen = {key: given[key] for key in ("nodes", "cpus", "gpus", "time", "partition", "account")}
        text = rendering.slurm(str(slurm), arguments, python=python, output=output, file="FILE", **chosen)  # type: ignore[arg-type]
    click.echo(text, nl=False)
    return 0


def _own_name() -> str:
    """Who runs this; Mistake for a user that the system has no name for, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise Mistake(f"--hosts: user {os.getuid()} has no name here; give the one that logs in with --user") from None


def _split(flag: str, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise Mistake(f"--{flag.replace('_', '-')} {text}: {error}; quote it as in a shell") from None


def _check_study_arguments(study: str, text: str) -> None:
    """Mistake unless `python -m study.run` would take them; what they mean is checked where it runs."""
    from study.run import main as run

    given = _split("study_arguments", text)
    if any(of_uri(argument) != argument for argument in given):
        raise Mistake(
            f"--study-arguments {of_command(given)}: credentials would be written into the script; leave them out, and "
            "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD where it runs"
        )
    if {"-h", "--help", "--list"} & set(given):
        raise Mistake(f"--study-arguments {text}: nothing would run; leave --help and --list out")
    try:
        run.make_context("python -m study.run", [study, *given])
    except click.ClickException as error:
        raise Mistake(f"--study-arguments {text}: {error.format_message()}") from None


def _check(file: str) -> int:
    from study.clusters import checks

    found = checks.problems(checks.read(file))
    if found:
        listed = "; ".join(found)
        raise Mistake(f"--check {file}: {listed}")
    click.echo(f"{file}: nothing is wrong with it")
    return 0


def command_line(arguments: list[str] | None = None) -> int:
    """The exit status; wrong input is one line on standard error and 2."""
    return exit_status(main, "python -m study.cluster", arguments)


if __name__ == "__main__":
    sys.exit(command_line())
