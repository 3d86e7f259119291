"""A Ray that loses a process of its own: the run ends with one sentence, and goes on as if nothing had been."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.study.sleeping_runs import ONE_AT_A_TIME, finish, run_folder, start, tables, trace, until, with_database

SIZE = ["--preset", "short", "--trials", "2", "--replicates", "1", *ONE_AT_A_TIME]


def below(process: int) -> list[int]:
    """Processes that a process has started, and theirs."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = [process]
    for one in found:
        found += [child for child, parent in parents if parent == one]
    return found[1:]


def named(process: int, name: str) -> list[int]:
    """Those below a process whose command says `name`."""
    return [one for one in below(process) if name in _command(one)]


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:  # it has ended
        return ""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(start(with_database(folder), *SIZE))
    return folder


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("raylet/raylet", "Ray's node process has ended", marks=pytest.mark.slow),
        pytest.param("dashboard/agent.py", "Ray's node process has ended", marks=pytest.mark.slow),
        ("gcs/gcs_server", "Ray's control process has ended"),
    ],
)
def test_a_run_without_its_ray_ends_with_the_way_back_and_goes_on_from_there(name, said, undisturbed, tmp_path):
    process = start(with_database(tmp_path), *SIZE, "--set", "seconds=0.2")
    until(process, lambda: len(trace(tmp_path)) >= 3)
    (victim,) = named(process.pid, name)[:1]
    os.kill(victim, signal.SIGKILL)
    _, err = finish(process, 1)
    assert err.splitlines()[-1].startswith(f"unfinished ({said}, perhaps for want of memory); resume with: ")
    assert "Traceback" not in err
    assert not list(run_folder(tmp_path).glob("lock*"))
    epochs = len(trace(tmp_path))
    finish(start(tmp_path, "--resume", "last"))
    assert epochs < len(trace(tmp_path))
    for table, expected in tables(undisturbed).items():
        assert tables(tmp_path)[table].equals(expected)
