"""Files for `ray up` and `sbatch` from the templates in this folder."""

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
