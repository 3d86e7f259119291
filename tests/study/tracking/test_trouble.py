"""What ends tracking, with one sentence, and not the study."""

from __future__ import annotations

import time
from http.server import ThreadingHTTPServer
from typing import Any

import pytest

from study import tracking
from study.tracking import server
from tests.study.tracking.answering import answering
from tests.study.tracking.written import curves, per_time, record, runs, trial

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")


def test_run_deleted_in_the_browser_ends_tracking_with_one_sentence(uri: str, client: Any) -> None:
    told: list[str] = []
    tracker = tracking.Tracker(uri, record("deleted-run"), on_trouble=told.append)
    tracker.log_study()
    (parent,) = runs(client, "tags.run = 'deleted-run'")
    client.delete_run(parent.info.run_id)
    tracker.log_study()
    assert not tracker.available
    tracker.log_trial(trial("t"), per_time("t"), curves("t"))
    tracker.log_artifacts({"absent": "/absent"})
    tracker.close()
    assert len(told) == 1
    assert "\n" not in told[0]
    assert runs(client, "tags.run = 'deleted-run'") == []


def test_server_that_goes_away_ends_tracking_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    told: list[str] = []
    with answering(200, b'{"experiments": []}') as (httpd, asked):
        address = f"http://user:secret@127.0.0.1:{httpd.server_port}"
        tracker = tracking.Tracker(address, record("away"), on_trouble=told.append)
        monkeypatch.setattr(server, "check_server", lambda uri: gone(uri, httpd))
        started = time.monotonic()
        tracker.log_study()
    tracker.log_trial(trial("t"), per_time("t"), curves("t"))
    assert time.monotonic() - started < 100, "MLflow's own client asks for four minutes"
    assert not tracker.available
    assert len(told) == 1
    assert "secret" not in told[0]
    assert str(httpd.server_port) in told[0]
    assert asked == []


def gone(_: str, httpd: ThreadingHTTPServer) -> None:
    """The server passes its check, and dies right after."""
    httpd.shutdown()
    httpd.server_close()
