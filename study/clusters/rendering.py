"""Files for `ray up`, `sbatch` and `kubectl apply` from the templates in this folder."""

from __future__ import annotations

import re
import shlex
import socket
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from study.errors import Mistake

GRACE = 120
"""Seconds from Slurm's TERM to its KILL; a study needs a few to write its checkpoints."""
_SCRATCH = "/tmp/ray-$(id -u)"
RETRIES = 5
"""How often a job of Kubernetes is started again."""
_JOB = re.compile(r"[a-z]([a-z0-9-]{0,45}[a-z0-9])?")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_TIME = re.compile(r"(\d+-)?\d{1,2}(:\d{2}){0,2}|\d+")


def on_premises(
    hosts: str, *, user: str, key: str | None, python: str, name: str, port: int, ray_arguments: str, file: str
) -> str:
    """The file for `ray up` with Ray's provider for machines that are there already; raises Mistake.

    Args:
        hosts: names or addresses with commas between; the first is the head, all others are workers. Names are looked
            up here: Ray knows its nodes by address, and a Debian host calls itself 127.0.1.1.
        user: who logs in by SSH, on every host.
        key: private key for it, which `ray up` also gives to the head; None for the first usual one in ~/.ssh.
        python: of the environment with this project, at the same path on every host.
        name: of the cluster.
        port: of Ray on the head; another one for each cluster of a machine.
        ray_arguments: further arguments of every `ray start`.
        file: what the result will be called, for its comments.
    """
    found = [host.strip() for host in hosts.split(",") if host.strip()]
    for host in found:
        _checked("--hosts", host, "a host's name or address")
    if len(found) < 2 or len(set(found)) < len(found):
        raise Mistake(f"--hosts {hosts}: name two or more different hosts, the head first, with commas between")
    _checked("--user", user, "the name of a user")
    _checked("--name", name, "a name of letters, digits and -")
    token = f"~/.{name}/ray-token"
    return _render(
        "on-premises.yaml",
        bin=_folder(python),
        names=found,
        hosts=[_address(host) for host in found],
        user=user,
        key=key or _usual_key(),
        name=name,
        port=port,
        token=token,
        scratch=_SCRATCH,
        environment=f"RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH={token} RAY_TMPDIR={_SCRATCH} RAY_USAGE_STATS_ENABLED=0",
        ray_arguments=" " + " ".join(map(shlex.quote, shlex.split(ray_arguments))) if ray_arguments else "",
        file=file,
    )


def slurm(
    study: str,
    arguments: str,
    *,
    nodes: int,
    cpus: int,
    gpus: int,
    time: str,
    partition: str | None,
    account: str | None,
    python: str,
    output: str,
    file: str,
) -> str:
    """The script for `sbatch`; raises Mistake.

    Args:
        study: its name.
        arguments: of `python -m study.run` at the first start, as in a shell.
        nodes, cpus, gpus: how many nodes, and what of each.
        time: limit as Slurm writes it, such as 04:00:00 or 1-12:00:00.
        partition, account: of the queue; None for its defaults.
        python: of the environment with this project, at the same path on every node.
        output: folder that all nodes share, or an object store's URI.
        file: what the result will be called, for its comments.
    """
    if not _TIME.fullmatch(time):
        raise Mistake(f"--time {time}: not a time of Slurm; write it as 04:00:00 or 1-12:00:00")
    for flag, value in (("--partition", partition), ("--account", account)):
        if value is not None:
            _checked(flag, value, "a name")
    given = shlex.split(arguments)
    for flag in ("--address", "--output", "--resume"):
        if any(part.partition("=")[0] == flag for part in given):
            raise Mistake(f"--study-arguments {arguments}: the script gives {flag} itself; leave it out")
    return _render(
        "slurm.sh",
        study=study,
        name=f"study-{study}",
        arguments=shlex.join(given),
        nodes=nodes,
        cpus=cpus,
        gpus=gpus,
        time=time,
        partition=partition,
        account=account,
        python=shlex.quote(python),
        bin=_folder(python),
        output=shlex.quote(output if "://" in output else str(Path(output).absolute())),
        grace=GRACE,
        file=file,
    )


def kubernetes(
    study: str,
    arguments: str,
    *,
    name: str | None,
    image: str,
    nodes: int,
    cpus: int,
    gpus: int,
    memory: str,
    output: str,
    claim: str | None,
    tracking_uri: str | None,
    secret: str,
    file: str,
) -> str:
    """A RayJob for KubeRay; raises Mistake.

    Args:
        study: its name.
        arguments: of `python -m study.run` at the first start, as in a shell.
        name: of the job and of the run, by which it is gone on with.
        image: with this project, such as `Dockerfile` beside this file makes.
        nodes, cpus, gpus, memory: how many workers at most, and what of each.
        output: an object store's URI, or, with a `claim`, where the volume is mounted.
        claim: a volume that all pods may write, for the results; then all workers are there from the beginning.
        tracking_uri: MLflow's server; None for none, so that a database lies on the head, and is lost with it.
        secret: with variables of the environment, such as credentials of the store.
        file: what the result will be called, for its comments.
    """
    name = name or f"study-{study}"
    if not _JOB.fullmatch(name):
        raise Mistake(f"--name {name}: not a name of a job; write it with up to 47 small letters, digits and -")
    for flag, value, pattern, what in (
        ("--image", image, r"[a-z0-9][\w.:/@-]+", "an image such as registry/studies:1"),
        ("--memory", memory, r"\d+(Gi|Mi|G|M)", "an amount such as 16Gi"),
        ("--claim", claim or "a", r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", "the name of a volume claim"),
        ("--secret", secret, r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", "the name of a secret"),
    ):
        if not re.fullmatch(pattern, value):
            raise Mistake(f"{flag} {value}: not {what}")
    if ("://" in output) == (claim is not None) or (claim is not None and not output.startswith("/")):
        raise Mistake(
            f"--output {output}: pods have no folder in common; name an object store, or --claim with the path at "
            "which that volume is to be mounted, such as /results"
        )
    first = _of_job(arguments, output, tracking_uri)
    both = ["--address", "auto", *(["--tracking-uri", tracking_uri] if tracking_uri else [])]
    words = ["python", "-m", "study.clusters.going_on", study, name, output, *both, *(["--", *first] if first else [])]
    return _render(
        "rayjob.yaml",
        name=name,
        entrypoint=" ".join(words),
        image=image,
        nodes=nodes,
        cpus=cpus,
        gpus=gpus,
        memory=memory,
        output=output,
        claim=claim,
        secret=secret,
        grows="" if claim else f"CPU={nodes * cpus}" + (f",GPU={nodes * gpus}" if gpus else ""),
        version=_version_of_ray(),
        retries=RETRIES,
        file=file,
    )


def _of_job(arguments: str, output: str, tracking_uri: str | None) -> list[str]:
    """The arguments of the first start. KubeRay hands the command through shells that take quotes off; so none of its
    words may need any."""
    given = shlex.split(arguments)
    for flag in ("--address", "--output", "--resume", "--name", "--tracking-uri"):
        if any(part.partition("=")[0] == flag for part in given):
            raise Mistake(f"--study-arguments {arguments}: the job gives {flag} itself; leave it out")
    for word in [*given, output, tracking_uri or "-"]:
        if not re.fullmatch(r"[\w./:=,@%+-]+", word):
            raise Mistake(
                f"{word}: blanks, quotes and other signs do not reach a job whole; write them into a file that the "
                "image has, and name that with --config"
            )
    return given


def _version_of_ray() -> str:
    from importlib.metadata import version

    return version("ray")


def _render(template: str, **values: object) -> str:
    # The results are YAML and shell, not HTML: nothing is escaped, so what users give is checked or quoted above.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template(template).render(**values)


def _address(host: str) -> str:
    try:
        found = socket.gethostbyname(host)
    except OSError:
        raise Mistake(f"--hosts {host}: no host of this name is known here; give its address") from None
    if found.startswith("127."):
        raise Mistake(
            f"--hosts {host}: is {found} here, which other hosts cannot reach; give its address in the network"
        )
    return found


def _usual_key() -> str:
    for name in ("id_ed25519", "id_ecdsa", "id_rsa"):
        if Path("~/.ssh", name).expanduser().is_file():
            return f"~/.ssh/{name}"
    raise Mistake("--key: there is no private key in ~/.ssh; name the one that opens the hosts, the head needs it too")


def _folder(python: str) -> str:
    folder = str(Path(python).parent)
    if not re.fullmatch(r"/[\w./+-]*", folder):
        raise Mistake(f"--python {python}: not an absolute path without spaces; name the environment's python")
    return folder


def _checked(flag: str, value: str, what: str) -> None:
    if not _NAME.fullmatch(value):
        raise Mistake(f"{flag} {value}: not {what}; write it with letters, digits, . and -")
