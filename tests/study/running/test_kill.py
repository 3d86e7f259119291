"""SIGKILL at named moments: the run that is resumed ends like one that was not, in its tables and in MLflow."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pandas as pd
import pytest

from tests.study.killing import MOMENTS, VARIABLE
from tests.study.sleeping_runs import ONE_AT_A_TIME, files, finish, run_folder, start, tables, tracked, with_database

IN_TURN = (
    "after a trial's row, before Optuna is told",
    "after a model",
    "amid the figures",
)
"""In search, confirm and report: the default run kills one run three times."""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    finish(start(with_database(folder), *ONE_AT_A_TIME))
    return folder


def resume_and_compare(folder: Path, uninterrupted: Path) -> None:
    out, err = finish(start(folder, "--resume", "last"))
    assert [line.split(":")[0] for line in out.splitlines()] == ["answer", "results", "mlflow"]
    assert "warning" not in err
    assert "Traceback" not in err
    expected, found = tables(uninterrupted), tables(folder)
    for name, table in expected.items():
        assert len(table), name
        pd.testing.assert_frame_equal(found[name], table, check_exact=True, obj=name)
    assert tracked(folder) == tracked(uninterrupted)
    assert files(folder) == files(uninterrupted)
    assert len(list(run_folder(folder).parent.iterdir())) == 1
    assert list((folder / "state").glob("*/*")) == []


def test_a_run_killed_in_search_confirm_and_report_ends_like_one_that_was_not(uninterrupted, tmp_path):
    with_database(tmp_path)
    for session, moment in enumerate(IN_TURN):
        resuming = ["--resume", "last"] if session else ONE_AT_A_TIME
        finish(start(tmp_path, *resuming, **{VARIABLE: moment}), -signal.SIGKILL)
        shutil.rmtree(tmp_path / "state")  # as if it went on elsewhere: the run folder alone is there
    resume_and_compare(tmp_path, uninterrupted)


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_once_ends_like_one_that_was_not(moment, uninterrupted, tmp_path):
    finish(start(tmp_path, *ONE_AT_A_TIME, **{VARIABLE: moment}), -signal.SIGKILL)
    resume_and_compare(tmp_path, uninterrupted)
