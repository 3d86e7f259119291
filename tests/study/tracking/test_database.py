"""How the database comes to be, whoever is killed while it does."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from study import tracking
from study.tracking import database

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")
PROJECT = Path(__file__).parents[3]


def test_killed_creation_leaves_no_database(tmp_path: Path) -> None:
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    home.mkdir()
    scratch.mkdir()
    create = "import sys, pathlib; from study.tracking import database; database.create(pathlib.Path(sys.argv[1]))"
    process = subprocess.Popen(
        [sys.executable, "-c", create, str(home / "mlflow.db")],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(scratch), "MLFLOW_DISABLE_TELEMETRY": "true"},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list(scratch.glob("*/draft.db")):
        assert process.poll() is None, "the database was made elsewhere"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(home.iterdir()) == []


KILLED_WRITER = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 5")  # the change spills into the file before it is committed
connection.execute("BEGIN IMMEDIATE")
connection.execute("CREATE TABLE half_done (filler TEXT)")
connection.executemany("INSERT INTO half_done VALUES (?)", [("x" * 4000,)] * 200)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_half_done_is_rolled_back(uri: str) -> None:
    file = database.file_of(uri)
    before = database.tables(file)
    subprocess.run([sys.executable, "-c", KILLED_WRITER, str(file)], check=False)
    assert file.with_name(f"{file.name}-journal").stat().st_size > 0
    tracking.check(uri)
    assert database.tables(file) == before


def test_finished_database_never_replaces_another_creators(uri: str, tmp_path: Path) -> None:
    draft, file = tmp_path / "draft.db", tmp_path / "mlflow.db"
    shutil.copy(database.file_of(uri), draft)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE experiments (mark)")
    database._publish(draft, file)
    assert database.tables(file) == {"experiments"}
    file.write_bytes(b"")
    database._publish(draft, file)
    assert database.tables(file) == database.tables(draft)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["draft.db", "mlflow.db"]
