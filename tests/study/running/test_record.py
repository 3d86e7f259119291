"""Durations of a run, and what is said when it is another process's by now."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from study.errors import Interrupted
from study.running.driver import Driver
from study.running.record import RunRecord


def test_durations_are_of_no_clock_that_is_set():
    """Of two intervals of work the second is an hour before the first."""
    record = RunRecord(SimpleNamespace(began=time.monotonic() - 10.0), None)
    record.values = {"sessions": [{}]}
    record.busy, record.durations = [(3600.0, 3604.0), (0.0, 3.0)], {"search": 9.0}
    record.account()
    told = record.values["durations"]
    assert told["total"] == pytest.approx(10.0, abs=5.0)
    assert told["overhead"] == pytest.approx(told["total"] - 7.0)
    assert 0 <= told["overhead_fraction"] < 1


def test_whatever_fails_once_the_run_is_taken_over_is_no_news():
    """Optuna's journal, whose lock the other process has removed, for one."""

    def taken_over() -> None:
        raise Interrupted(1, "another process has taken the run over")

    driver = object.__new__(Driver)
    driver.folder = SimpleNamespace(fenced=taken_over)
    with pytest.raises(Interrupted, match="taken the run over"), driver._unfinished_if_storage_fails():
        raise RuntimeError("Error: did not possess lock")
    driver.folder = SimpleNamespace(fenced=lambda: None)
    with pytest.raises(RuntimeError), driver._unfinished_if_storage_fails():
        raise RuntimeError("something else")
