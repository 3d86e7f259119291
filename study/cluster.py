"""`python -m study.cluster`: files for `ray up`, `sbatch` and KubeRay, and whether such a file will do."""

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
from study.storage import written_files
from study.storage.credentials import of_command, of_uri

_EPILOG = """\b
Examples:
  python -m study.cluster --check cluster.yaml
  python -m study.cluster --hosts lab1,lab2,lab3 --user me > lab.yaml
  python -m study.cluster --slurm bifurcation --nodes 2 --gpus 4 --study-arguments "--preset paper" > study.sh
  python -m study.cluster --kubernetes bifurcation --image registry/studies:1 --output s3://bucket/results > job.yaml
"""


@click.command(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--check", metavar="FILE", help="say what is wrong with a file for `ray up`, or with a RayJob")
@click.option("--hosts", metavar="A,B,C", help="a file for `ray up` with these hosts, the head first")
@click.option("--slurm", metavar="NAME", help="a script for `sbatch` that runs the study NAME")
@click.option("--kubernetes", metavar="NAME", help="a RayJob for KubeRay that runs the study NAME")
@click.option("--python", default=sys.executable, help="python with this project, on every host  [default: this one]")
@click.option("--user", help="hosts: who logs in by SSH  [default: you]")
@click.option(
    "--key", metavar="FILE", help="hosts: private key for SSH, also given to the head  [default: yours in ~/.ssh]"
)
@click.option("--name", help="of the cluster of hosts, or of the job and its run  [default: studies; study-NAME]")
@click.option("--port", type=click.IntRange(1024, 65535), default=6379, help="hosts: port of Ray  [default: 6379]")
@click.option("--ray-arguments", default="", metavar="TEXT", help="hosts: further arguments of every `ray start`")
@click.option("--nodes", type=click.IntRange(1), default=1, help="how many nodes; kubernetes: at most  [default: 1]")
@click.option("--cpus", type=click.IntRange(1), default=16, help="processors of each node  [default: 16]")
@click.option("--gpus", type=click.IntRange(0), default=0, help="GPUs of each node  [default: 0]")
@click.option("--time", default="04:00:00", help="slurm: time limit of one start  [default: 04:00:00]")
@click.option("--partition", help="slurm: partition")
@click.option("--account", help="slurm: account")
@click.option("--image", help="kubernetes: with this project, such as study/clusters/Dockerfile makes")
@click.option("--memory", default="16Gi", help="kubernetes: memory of each node  [default: 16Gi]")
@click.option("--claim", help="kubernetes: volume claim that all pods may write, for the results; else a store")
@click.option("--tracking-uri", metavar="URI", help="kubernetes: MLflow's server")
@click.option("--secret", default="studies", help="kubernetes: with credentials in variables  [default: studies]")
@click.option("--output", default="results", help="shared folder or object store  [default: ./results]")
@click.option("--study-arguments", default="", metavar="TEXT", help="arguments of python -m study.run")
def main(
    check: str | None, hosts: str | None, slurm: str | None, kubernetes: str | None, python: str, output: str,
    **given: object,
) -> int:  # fmt: skip
    """Write a file for `ray up`, `sbatch` or `kubectl apply` to standard output, or check one.

    Give --check, --hosts, --slurm or --kubernetes.
    """
    if sum(choice is not None for choice in (check, hosts, slurm, kubernetes)) != 1:
        raise Mistake(
            "python -m study.cluster: give one of --check FILE, --hosts A,B,C, --slurm NAME and --kubernetes NAME"
        )
    if check is not None:
        return _check(check)
    python = str(Path(python).absolute())
    for flag in ("ray_arguments", "study_arguments"):
        _split(flag, str(given[flag]))
    if hosts is not None:
        given["user"], given["name"] = given["user"] or _own_name(), given["name"] or "studies"
        chosen = {key: given[key] for key in ("user", "key", "name", "port", "ray_arguments")}
        if chosen["key"] is not None and not re.fullmatch(r"[\w./~+@-]+", str(chosen["key"])):
            raise Mistake(f"--key {chosen['key']}: not a path without spaces; name the private key for SSH")
        text = rendering.on_premises(hosts, python=python, file="FILE", **chosen)  # type: ignore[arg-type]
    else:
        study, arguments = str(slurm or kubernetes), str(given["study_arguments"])
        catalog.module(study)
        _check_study_arguments(study, arguments)
        if get_protocol(output) not in available_protocols():
            raise Mistake(f"--output {output}: no filesystem has that protocol; name a folder or an object store")
        if kubernetes is not None:
            click.echo(_job(study, arguments, output, given), nl=False)
            return 0
        chosen = {key: given[key] for key in ("nodes", "cpus", "gpus", "time", "partition", "account")}
        text = rendering.slurm(study, arguments, python=python, output=output, file="FILE", **chosen)  # type: ignore[arg-type]
    click.echo(text, nl=False)
    return 0


def _job(study: str, arguments: str, output: str, given: dict[str, object]) -> str:
    if given["image"] is None:
        raise Mistake(
            "--image is missing: build one with study/clusters/Dockerfile, and name it as the cluster reaches it"
        )
    uri = given["tracking_uri"]
    if uri is not None and of_uri(str(uri)) != uri:
        raise Mistake(
            f"--tracking-uri {of_uri(str(uri))}: credentials would be written into the file; put "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD into the secret"
        )
    keys = ("name", "image", "nodes", "cpus", "gpus", "memory", "claim", "tracking_uri", "secret")
    return rendering.kubernetes(
        study,
        arguments,
        output=output,
        file="job.yaml",
        **{key: given[key] for key in keys},  # type: ignore[arg-type]
    )


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
    from study.clusters import checks, kuberay

    content = written_files.values(file, f"--check {file}")
    if not kuberay.is_job(content) and not checks.is_cluster(content):
        raise Mistake(f"--check {file}: {checks.NO_CLUSTER}")
    found = kuberay.problems(content) if kuberay.is_job(content) else checks.problems(content)
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
