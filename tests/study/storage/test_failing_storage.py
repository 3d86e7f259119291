"""Disks and stores that fail under a study: it stops with a sentence, and ends like one that was not disturbed."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
import torch

from tests.faults import FOR_EVER, Fault, environment
from tests.study.sleeping_runs import ONE_AT_A_TIME, files, finish, run_folder, start, tables, trace, until

SIZE = ["--preset", "short", "--trials", "3", "--replicates", "2", *ONE_AT_A_TIME]

PASSING = [
    Fault("write", "checkpoints/", 3, 2, "EBUSY", torn=True),
    Fault("write", "trials/", 2, 2, "Nonstandard", torn=True),
    Fault("rename", "journal.log", 2, 2, "ETIMEDOUT"),
    Fault("list", "trials", 1, 2, "ECONNRESET"),
    Fault("remove", "checkpoints/", 2, 1, "EIO"),
    Fault("write", "curves/", 1, FOR_EVER, "", seconds=0.1),
]
FULL = Fault("write", "per_time/search-", 5, FOR_EVER, "ENOSPC", torn=True)
READ_ONLY = Fault("write", "models/confirm-", 1, FOR_EVER, "EROFS", torn=True)
FORBIDDEN = Fault("rename", "figures/", 2, FOR_EVER, "EACCES")
AWAY = Fault("write", "trials/confirm-", 2, FOR_EVER, "Nonstandard", torn=True)


def on_store(folder: Path, *faults: Fault, arguments: list[str]) -> subprocess.Popen[str]:
    """A run whose output is on a filesystem that fails."""
    return start(folder, *arguments, STUDY_RESULTS=f"faults://{folder}/results", **environment(*faults))


def stopped(folder: Path, process: subprocess.Popen[str], said: str, where: str, remedy: str = "") -> list[str]:
    """What the printed command resumes with; all files are whole."""
    _, err = finish(process, 1)
    assert "Traceback" not in err
    last = err.splitlines()[-1]
    reason, _, command = last.partition("; resume with: python -m study.run sleeping ")
    assert reason.startswith(f"unfinished ({said}")
    assert f" at {where}" in reason
    assert reason.endswith(f"{remedy})")
    assert not list(run_folder(folder).glob("lock*"))
    every_file_is_whole(run_folder(folder))
    return shlex.split(command)


def every_file_is_whole(run: Path) -> None:
    """Under its own name. (What a failing store did not let us remove is called `.part`.)"""
    for path in (path for path in run.rglob("*") if path.is_file() and path.suffix != ".part"):
        content = path.read_bytes()
        match path.suffix:
            case ".json":
                json.loads(content)
            case ".parquet":
                assert len(pd.read_parquet(io.BytesIO(content)))
            case ".pt":
                torch.load(io.BytesIO(content), weights_only=True)
            case ".log":
                assert [json.loads(line) for line in content.splitlines()]
            case ".txt" | ".png" | ".html":
                assert content
            case suffix:
                raise AssertionError(f"{path}: a file of another kind, {suffix}")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(start(folder, *SIZE))
    return folder


def ends_like(folder: Path, undisturbed: Path, process: subprocess.Popen[str]) -> None:
    out, err = finish(process)
    assert [line.split(":")[0] for line in out.splitlines()] == ["answer", "results", "mlflow"]
    assert "warning" not in err
    expected, found = tables(undisturbed), tables(folder)
    for name, table in expected.items():
        assert len(table), name
        pd.testing.assert_frame_equal(found[name], table, check_exact=True, obj=name)
    assert files(folder) == files(undisturbed)


@pytest.mark.slow
def test_a_study_survives_a_store_that_fails_in_every_phase(undisturbed, tmp_path):
    """What passes is not noticed; what does not, stops the study, which goes on when the store is well again."""
    store = f"faults://{tmp_path}/results/sleeping/"
    process = on_store(tmp_path, *PASSING, FULL, arguments=SIZE)
    resume = stopped(tmp_path, process, "No space left on device", store, "; make room")
    process = on_store(tmp_path, READ_ONLY, arguments=resume)
    resume = stopped(tmp_path, process, "Read-only file system", store)
    process = on_store(tmp_path, FORBIDDEN, arguments=resume)
    resume = stopped(tmp_path, process, "Permission denied", store)
    ends_like(tmp_path, undisturbed, on_store(tmp_path, arguments=resume))


@pytest.mark.slow
def test_a_store_that_stays_away_stops_the_study_after_some_seconds(undisturbed, tmp_path):
    process = on_store(tmp_path, AWAY, arguments=SIZE)
    resume = stopped(tmp_path, process, "Nonstandard: 503 Slow Down", f"faults://{tmp_path}/results/sleeping/")
    ends_like(tmp_path, undisturbed, on_store(tmp_path, arguments=resume))


def test_a_store_that_fails_at_the_start_leaves_nothing(tmp_path):
    process = on_store(tmp_path, Fault("write", "lock-", 1, FOR_EVER, "ENOSPC"), arguments=SIZE)
    _, err = finish(process, 2)
    assert len(err.splitlines()) == 1
    assert err.startswith(f"error: run faults://{tmp_path}/results/sleeping/")
    assert "cannot be begun: No space left on device" in err
    assert not list(tmp_path.glob("results/sleeping/*"))
    assert not (tmp_path / "mlflow.db").exists()


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of 16 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk can be mounted here: {error}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no page free."""
    ballast = disk / "ballast"
    with suppress(OSError), open(ballast, "ab", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return ballast


@pytest.mark.slow
def test_a_run_on_a_disk_that_runs_full_goes_on_when_there_is_room(undisturbed, small_disk, tmp_path):
    output = ["--output", str(small_disk / "results")]
    (tmp_path / "results").symlink_to(small_disk / "results")
    process = start(tmp_path, *SIZE, *output, "--set", "seconds=0.02")
    until(process, lambda: len(trace(tmp_path)) >= 12)
    while process.poll() is None:
        fill(small_disk)
        time.sleep(0.05)
    resume = stopped(tmp_path, process, "No space left on device", str(small_disk), "; make room")
    os.remove(small_disk / "ballast")
    ends_like(tmp_path, undisturbed, start(tmp_path, *resume, *output))


@pytest.mark.slow
def test_a_journal_on_a_disk_that_runs_full_goes_on_when_there_is_room(undisturbed, small_disk, tmp_path):
    state = {"STUDY_STATE": str(small_disk)}
    process = start(tmp_path, *SIZE, "--set", "seconds=0.02", **state)
    until(process, lambda: len(trace(tmp_path)) >= 12)
    while process.poll() is None:
        fill(small_disk)
        time.sleep(0.05)
    resume = stopped(tmp_path, process, "No space left on device", str(small_disk), "; make room")
    os.remove(small_disk / "ballast")
    ends_like(tmp_path, undisturbed, start(tmp_path, *resume, **state))
