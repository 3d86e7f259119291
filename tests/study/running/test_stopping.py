"""Stopping a run: signals, the time limit, a second writer. What was computed is kept, and the way back is printed."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest
import torch

from tests.study.killing import SIGNAL, VARIABLE
from tests.study.sleeping_runs import ONE_AT_A_TIME, finish, run_folder, start, tables, trace, until, with_database

SIZE = ["--preset", "short", "--trials", "2", "--replicates", "1", *ONE_AT_A_TIME]


def unfinished(folder: Path, err: str, reason: str = "") -> None:
    """The last line says how to go on, and the record that it is needed."""
    why = f" ({reason})" if reason else ""
    assert err.splitlines()[-1].startswith(f"unfinished{why}; resume with: python -m study.run sleeping --resume ")
    assert str(run_folder(folder)) in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not list(run_folder(folder).glob("lock*"))
    record = json.loads((run_folder(folder) / "study.json").read_text())
    assert (record["status"], record["finished"]) == ("unfinished", None)


def trained(folder: Path) -> list[tuple[float, float, int, int]]:
    return [(line["offset"], line["depth"], line["seed"], line["epoch"]) for line in trace(folder)]


def checkpointed(folder: Path) -> int:
    """The epoch of the one checkpoint."""
    (checkpoint,) = (run_folder(folder) / "checkpoints").iterdir()
    return int(torch.load(checkpoint, weights_only=True)["epoch"])


def test_a_run_that_is_stopped_in_every_way_loses_no_epoch_and_trains_none_twice(tmp_path):
    # SIGINT, amid a trial; before it, a second writer
    process = start(with_database(tmp_path), *SIZE, "--set", "seconds=0.2")
    until(process, lambda: len(trace(tmp_path)) >= 3)
    _, err = finish(start(tmp_path, "--resume", "last"), 2)
    assert err.startswith(f"error: run {run_folder(tmp_path).name} is being written by process {process.pid} on ")
    assert len(err.splitlines()) == 1
    process.send_signal(signal.SIGINT)
    _, err = finish(process, 130)
    unfinished(tmp_path, err)
    assert checkpointed(tmp_path) == trained(tmp_path)[-1][-1]
    # the time limit
    _, err = finish(start(tmp_path, "--resume", "last", "--time-limit", "1s"), 0)
    unfinished(tmp_path, err, "the time limit is reached")
    # SIGTERM while the report is made
    signalled = {VARIABLE: "amid the figures", SIGNAL: str(int(signal.SIGTERM))}
    _, err = finish(start(tmp_path, "--resume", "last", **signalled), 143)
    unfinished(tmp_path, err)
    assert not (run_folder(tmp_path) / "report.html").exists()
    out, _ = finish(start(tmp_path, "--resume", "last"))
    assert out.startswith("answer: ")
    assert set(tables(tmp_path)["trials"].state) <= {"complete", "pruned"}
    assert len(trained(tmp_path)) == len(set(trained(tmp_path)))


def stop_at_once(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGHUP)  # as of a terminal that closes
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1.5)  # an epoch takes much longer
    process.send_signal(signal.SIGINT)


@pytest.fixture
def _hang_ups():
    """Heard by what is started here, also where the tests themselves were started by nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_hang_ups")
def test_a_second_signal_does_not_wait_for_the_epoch(tmp_path):
    process = start(with_database(tmp_path), *SIZE, "--set", "seconds=3000")
    until(process, lambda: "search: 0 of" in process.stderr.readline())
    stop_at_once(process)
    _, err = finish(process, 129)
    assert err.splitlines()[-1].startswith("unfinished; resume with: ")
    assert "Traceback" not in err
    assert not list(run_folder(tmp_path).glob("lock*"))
