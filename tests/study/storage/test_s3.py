"""A run folder in a bucket: S3's protocol on loopback, a run that is killed, and gone on with from the bucket alone."""

from __future__ import annotations

import importlib.util
import os
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
from tests.study.sleeping_runs import CLOCKS, ONE_AT_A_TIME, PATIENCE, finish, start

MISSING = [name for name in ("s3fs", "moto") if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"absent: {', '.join(MISSING)} (pip install s3fs 'moto[server]')"),
]


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A store with an empty bucket `studies`: what a program needs in its environment to reach it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    environment = keys | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    log = open(tmp_path_factory.mktemp("moto") / "log", "w")  # noqa: SIM115
    server = subprocess.Popen(
        [sys.executable, "-c", f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"],
        stdout=log, stderr=log,
    )  # fmt: skip
    before = {name: os.environ.get(name) for name in environment}
    os.environ |= environment
    try:
        _make_bucket(port, server)
        yield environment
    finally:
        server.kill()
        server.wait()
        log.close()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _make_bucket(port: int, server: subprocess.Popen[bytes]) -> None:
    import s3fs

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
    s3fs.S3FileSystem().mkdir("studies")


def tables(location: str) -> dict[str, pd.DataFrame]:
    (run,) = analysis.runs(location)
    assert run.finished
    found = {name: getattr(run, name) for name in ("trials", "per_time", "curves")}
    return {name: table.drop(columns=CLOCKS, errors="ignore") for name, table in found.items()}


def test_a_run_in_a_bucket_goes_on_from_the_bucket_alone(bucket, tmp_path):
    asked = ["--preset", "short", *ONE_AT_A_TIME]
    finish(start(tmp_path / "whole", *asked, "--output", "s3://studies/whole"))
    there = ["--output", "s3://studies/killed"]
    killed = start(tmp_path / "killed", *asked, *there, **{VARIABLE: "after a trial's row, before Optuna is told"})
    finish(killed, -signal.SIGKILL)
    shutil.rmtree(tmp_path / "killed")  # another machine
    out, err = finish(start(tmp_path / "another", "--resume", "last", *there))
    assert "Traceback" not in err
    assert "s3://studies/killed/sleeping/" in out
    expected, found = tables("s3://studies/whole"), tables("s3://studies/killed")
    for name, table in expected.items():
        assert len(table)
        pd.testing.assert_frame_equal(found[name], table, check_exact=True, obj=name)


def test_a_store_that_is_away_is_one_sentence(bucket, tmp_path):
    elsewhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    _, err = finish(start(Path(tmp_path), "--output", "s3://studies/away", **elsewhere), 2)
    (line,) = [line for line in err.splitlines() if not line.startswith("note: ")]
    assert line.startswith("error: --output s3://studies/away: a file cannot be written there (")
