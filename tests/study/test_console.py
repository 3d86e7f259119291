"""A console that is closed or full: what was to be said is lost, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from study.running.stop import Stop
from tests.study import fake_runs

ROOT = Path(__file__).parents[2]
GOES_ON = """
import os, sys
from study.exit_status import tolerate_lost_console
tolerate_lost_console()
for _ in range(3):
    print("x" * 100_000)
    print("y" * 100_000, file=sys.stderr, flush=True)
open("alive", "w").write(" ".join(str(number) for number in range(3) if os.path.exists(f"/proc/self/fd/{number}")))
"""
LOST = {"full": ">/dev/full 2>/dev/full", "closed": ">&- 2>&- <&-", "a pipe that nobody reads": "2>&1 | true"}


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHON": sys.executable, "GOES_ON": GOES_ON}
    bash = ["bash", "-o", "pipefail", "-c", line]
    return subprocess.run(bash, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("lost", LOST)
def test_a_process_goes_on_without_its_console(lost, tmp_path):
    done = shell(f'"$PYTHON" -c "$GOES_ON" {LOST[lost]}', tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "alive").read_text() == "0 1 2", "what is opened later does not become the console"


def test_a_study_begins_by_bearing_with_it(tmp_path):
    done = shell(f'"$PYTHON" -m study.run --list {LOST["closed"]}', tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_can_only_be_read_is_not_done_where_it_cannot(tmp_path):
    fake_runs.run(tmp_path / "results", "20260101-120000-aaaa")
    full = shell('"$PYTHON" -m study.status >/dev/full', tmp_path)
    assert (full.returncode, full.stderr.count("\n")) == (1, 1)
    assert full.stderr.startswith("error: standard output cannot be written (No space left on device)")
    closed = shell('"$PYTHON" -m study.status | true', tmp_path)
    assert (closed.returncode, closed.stderr) == (1, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_a_wish_to_stop_and_the_second_does_not_wait(number):
    stop = Stop(None)
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with stop.listening():
            assert not stop()
            signal.raise_signal(number)
            assert (stop(), stop.status) == (True, 128 + number)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_under_nohup_a_terminal_that_closes_is_not_heard():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Stop(None).listening() as _:
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
