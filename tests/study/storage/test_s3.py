"""A run folder in a bucket: S3's protocol on loopback, a run that is killed, and gone on with from the bucket alone; a
store that is killed, and comes back."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import analysis
from tests.study.killing import VARIABLE
from tests.study.sleeping_runs import CLOCKS, ONE_AT_A_TIME, PATIENCE, ROOT, finish, start, until

MISSING = [name for name in ("s3fs", "moto") if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"absent: {', '.join(MISSING)} (pip install s3fs 'moto[server]')"),
]


class Store:
    """A store with an empty bucket `studies`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
        self.environment = keys | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}"}
        """What a program needs to reach it."""
        self.start()

    def start(self) -> None:
        with open(self._folder / "log", "a") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "tests.study.storage.s3_server", str(self.port), str(self._folder / "changes")],
                stdout=log, stderr=log, cwd=ROOT,
            )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self._server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)

    def kill(self) -> None:
        self._server.kill()
        self._server.wait()


ASKED = ["--preset", "short", *ONE_AT_A_TIME]
SLOWLY = ["--set", "seconds=0.2"]
"""Slept in each epoch: what a trial reports does not depend on it."""


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    import s3fs

    store = Store(tmp_path_factory.mktemp("store"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in store.environment.items():
            patch.setenv(name, value)
        try:
            s3fs.S3FileSystem().mkdir("studies")
            yield store
        finally:
            store.kill()


@pytest.fixture(scope="module")
def whole(bucket: Store, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Tables of a run that nothing disturbed."""
    finish(start(tmp_path_factory.mktemp("whole"), *ASKED, "--output", "s3://studies/whole"))
    return tables("s3://studies/whole")


def tables(location: str) -> dict[str, pd.DataFrame]:
    (run,) = analysis.runs(location)
    assert run.finished
    found = {name: getattr(run, name) for name in ("trials", "per_time", "curves")}
    return {name: table.drop(columns=CLOCKS, errors="ignore") for name, table in found.items()}


def same(expected: dict[str, pd.DataFrame], found: dict[str, pd.DataFrame]) -> None:
    for name, table in expected.items():
        assert len(table)
        pd.testing.assert_frame_equal(found[name], table, check_exact=True, obj=name)


def test_a_run_in_a_bucket_goes_on_from_the_bucket_alone(bucket, whole, tmp_path):
    there = ["--output", "s3://studies/killed"]
    killed = start(tmp_path / "killed", *ASKED, *there, **{VARIABLE: "after a trial's row, before Optuna is told"})
    finish(killed, -signal.SIGKILL)
    shutil.rmtree(tmp_path / "killed")  # another machine
    out, err = finish(start(tmp_path / "another", "--resume", "last", *there))
    assert "Traceback" not in err
    assert "s3://studies/killed/sleeping/" in out
    same(whole, tables("s3://studies/killed"))


def rows(location: str) -> int:
    """Trials that have ended, of those that are not yet put together."""
    import s3fs

    store = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
    try:
        return len(store.glob(f"{location}/*/*/trials/*"))
    except FileNotFoundError:  # nothing is there yet
        return 0


def test_a_store_that_is_killed_and_comes_back_within_seconds_costs_seconds(bucket, whole, tmp_path):
    """It is killed while trials end, and the run goes on by itself."""
    location = "studies/restarted"
    run = start(tmp_path, *ASKED, *SLOWLY, "--output", f"s3://{location}")
    for wanted in (1, 3):
        until(run, lambda least=wanted: rows(location) >= least)
        bucket.kill()
        time.sleep(2)
        bucket.start()
    _, err = finish(run)
    assert "Traceback" not in err
    same(whole, tables(f"s3://{location}"))


def test_a_store_that_is_away_is_one_sentence(bucket, tmp_path):
    elsewhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    _, err = finish(start(Path(tmp_path), "--output", "s3://studies/away", **elsewhere), 2)
    (line,) = [line for line in err.splitlines() if not line.startswith("note: ")]
    assert line.startswith("error: --output s3://studies/away: a file cannot be written there (")


def test_a_store_that_stays_away_ends_the_run_with_the_way_back(bucket, whole, tmp_path):
    """After some patience; when it is there again, the run goes on."""
    location = "studies/gone"
    run = start(tmp_path, *ASKED, *SLOWLY, "--output", f"s3://{location}")
    until(run, lambda: rows(location) >= 1)
    bucket.kill()
    _, err = finish(run, 1)
    bucket.start()
    assert "Traceback" not in err
    assert f"resume with: python -m study.run sleeping --resume s3://{location}/sleeping/" in err
    finish(start(tmp_path, "--resume", "last", "--output", f"s3://{location}"))
    same(whole, tables(f"s3://{location}"))
