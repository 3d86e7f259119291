"""The check of a tracking address, before anything is trained."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from study import tracking
from study.tracking import database, server
from tests.study.tracking.answering import answering

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")
PROJECT = Path(__file__).parents[3]


def refusal(uri: str) -> str:
    with pytest.raises(ValueError) as caught:
        tracking.check(uri)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "secret" not in sentence
    assert ": " in sentence
    return sentence


def test_default_is_what_a_bare_mlflow_ui_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.tracking._tracking_service.utils import _get_default_tracking_uri

    monkeypatch.chdir(tmp_path)
    assert tracking.default_uri() == _get_default_tracking_uri() == "sqlite:///mlflow.db"
    assert tracking.how_to_look(tracking.default_uri()) == "mlflow ui"
    assert tracking.how_to_look(f"sqlite:///{tmp_path}/mlflow.db") == "mlflow ui"
    elsewhere = tracking.how_to_look("sqlite:////data/mlflow.db")
    assert elsewhere == "mlflow ui --backend-store-uri sqlite:////data/mlflow.db"
    assert tracking.how_to_look("https://me:secret@host/mlflow") == "open https://host/mlflow"
    (tmp_path / "mlruns" / "0").mkdir(parents=True)
    (tmp_path / "mlruns" / "0" / "meta.yaml").touch()
    assert _get_default_tracking_uri() != tracking.default_uri()
    assert tracking.how_to_look(tracking.default_uri()).endswith("--backend-store-uri sqlite:///mlflow.db")


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("", "retired plain folders"),
        ("mlruns", "retired plain folders"),
        ("file:///tmp/mlruns", "retired plain folders"),
        ("sqlite://", "names no file"),
        ("sqlite:mlflow.db", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("htp://host:5000", "unknown scheme 'htp'"),
        ("http://", "no valid host"),
        ("http://me:secret@", "no valid host"),
        ("http://host:port", "malformed host or port"),
        ("http://me:secret@[host", "malformed host or port"),
        ("http://127.0.0.1:5000/#/experiments/1", "use the server's, http://127.0.0.1:5000"),
        ("postgresql://me:secret@127.0.0.1:9/db", "tracking database postgresql://127.0.0.1:9/db"),
    ],
)
def test_malformed_address_is_refused(uri: str, words: str) -> None:
    assert words in refusal(uri)


def test_unusable_files_are_refused_and_nothing_is_made(tmp_path: Path, uri: str) -> None:
    def at(name: str) -> str:
        return f"sqlite:///{tmp_path / name}"

    (tmp_path / "text.db").write_text("not a database, but long enough to be one " * 100)
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE cells (id)")
    shutil.copy(database.file_of(uri), tmp_path / "older.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "older.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '181f10493468'")
        connection.commit()
    (tmp_path / "empty.db").touch()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert "is not a SQLite database" in refusal(at("text.db"))
    assert "something else than MLflow" in refusal(at("other.db"))
    assert "mlflow db upgrade" in refusal(at("older.db"))
    assert "is a folder" in refusal(f"sqlite:///{tmp_path}")
    assert "is a file" in refusal(at("text.db/mlflow.db"))
    tracking.check(uri)
    tracking.check(at("empty.db"))
    tracking.check(at("new/folder/mlflow.db"))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The administrator may write anywhere, and tests may run as such: the permission is taken away here.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    assert f"no permission in {tmp_path}" in refusal(f"sqlite:///{tmp_path}/sub/mlflow.db")


def test_unreachable_server_is_refused_within_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow's own client asks for four minutes, which is what a busy machine is told apart from."""
    assert server.PATIENCE < 5
    monkeypatch.setattr(server, "PATIENCE", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://me:secret@127.0.0.1:{free.getsockname()[1]}"
        started = time.monotonic()
        assert "cannot be reached" in refusal(closed)
        assert time.monotonic() - started < 100
        free.listen()  # connects, and never answers
        started = time.monotonic()
        assert "did not answer" in refusal(closed) or "cannot be reached" in refusal(closed)
        assert time.monotonic() - started < 100


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"<html>hello</html>", "not as MLflow does"),
        (200, b"[1]", "not as MLflow does"),
        (401, b"", "MLFLOW_TRACKING_USERNAME"),
        (403, b"", "--allowed-hosts"),
        (404, b"", "check address and port"),
        (500, b"", "status 500"),
    ],
)
def test_server_that_is_not_usable_is_refused(status: int, body: bytes, words: str) -> None:
    with answering(status, body) as (httpd, _):
        assert words in refusal(f"http://me:secret@127.0.0.1:{httpd.server_port}/mlflow")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MLFLOW_TRACKING_AUTH", "my-plugin"),
        ("MLFLOW_TRACKING_AWS_SIGV4", "true"),
        ("MLFLOW_TRACKING_CLIENT_CERT_PATH", "me.pem"),
    ],
)
def test_where_mlflow_authenticates_itself_by_other_means_a_refusal_is_a_doubt(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    for status, body in ((401, b""), (403, b""), (200, b"<html>log in</html>")):
        with answering(status, body) as (httpd, _):
            doubt = tracking.check(f"http://me:secret@127.0.0.1:{httpd.server_port}/mlflow")
        assert name in doubt
        assert "which was not tried" in doubt
        assert "secret" not in doubt
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert "cannot be reached" in refusal(f"http://127.0.0.1:{free.getsockname()[1]}")
    with answering(200, b'{"experiments": []}') as (httpd, _):
        assert tracking.check(f"http://127.0.0.1:{httpd.server_port}") == ""


def test_what_only_a_plug_in_reaches_is_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    for uri in ("databricks", "databricks://profile"):
        assert "reached by a plug-in" in tracking.check(uri)
        assert tracking.absolute(uri) == uri
        assert tracking.how_to_look(uri) == f"open MLflow at {uri}"
    azure, amazon = "azureml://west.api.azureml.ms/mlflow", "arn:aws:sagemaker:us-east-1:1:mlflow-tracking-server/x"
    assert "install azureml-mlflow" in refusal(azure)
    assert "install sagemaker-mlflow" in refusal(amazon)
    there = {"azureml", "arn"}
    monkeypatch.setattr("study.tracking.probe.entry_points", lambda group, name: [name] if name in there else [])
    assert "reached by a plug-in" in tracking.check(azure)
    assert "reached by a plug-in" in tracking.check(amazon)
    assert "unknown scheme 'ftp'" in refusal("ftp://x")


def test_server_is_asked_with_the_credentials_of_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "token")
    with answering(200, b'{"experiments": []}') as (httpd, asked):
        tracking.check(f"http://127.0.0.1:{httpd.server_port}/mlflow/")
        tracking.check(f"http://me:secret@127.0.0.1:{httpd.server_port}")
    assert asked == [
        ("/mlflow/api/2.0/mlflow/experiments/search?max_results=1", "Bearer token"),
        ("/api/2.0/mlflow/experiments/search?max_results=1", "Basic bWU6c2VjcmV0"),
    ]


def test_checking_imports_no_heavy_library(tmp_path: Path) -> None:
    code = (
        "import sys; from study import tracking; tracking.check('sqlite:///' + sys.argv[1]);"
        "print([name for name in ('mlflow', 'torch', 'ray', 'optuna', 'sqlalchemy') if name in sys.modules])"
    )
    (tmp_path / "empty.db").touch()
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "empty.db")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
