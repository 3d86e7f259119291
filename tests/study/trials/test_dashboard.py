"""optuna-dashboard opens a run's journal while the run writes it: the optional extra ``dashboard``."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest


def dashboard_of(journal: Path) -> Any:
    """The application that ``optuna-dashboard JOURNAL`` serves; skipped where it is not installed."""
    pytest.importorskip("optuna_dashboard", reason="optuna-dashboard is not installed (pip install '.[dashboard]')")
    from optuna_dashboard import wsgi
    from optuna_dashboard._storage_url import get_storage

    return wsgi(get_storage(str(journal)))


def asked(dashboard: Any, path: str, query: str = "") -> Any:
    """What it answers to a browser that asks for ``path``."""
    said: list[str] = []
    address = {"SERVER_NAME": "localhost", "SERVER_PORT": "8080", "wsgi.url_scheme": "http", "PATH_INFO": path}
    address["QUERY_STRING"] = query
    streams = {"wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr}
    body = b"".join(dashboard({"REQUEST_METHOD": "GET", **address, **streams}, lambda status, *_: said.append(status)))
    assert said[0].startswith("200"), said
    return json.loads(body)


def test_the_journal_of_a_run_opens_in_it_and_is_followed_while_the_run_goes_on(bench: Any) -> None:
    bench.study.trials = 2
    bench.run(bench.open())
    dashboard = dashboard_of(Path(bench.folder.file("journal.log")))
    studies = {
        study["study_name"].split("/")[-1]: study["study_id"]
        for study in asked(dashboard, "/api/studies")["study_summaries"]
    }
    assert set(studies) == {str(arm) for arm in bench.study.arms()}

    def trials(of: Any) -> int:
        return len(asked(of, f"/api/studies/{studies['sinkhorn-sparse']}", "after=0")["trials"])

    assert trials(dashboard_of(Path(bench.folder.file("journal.log")))) == 2
    bench.study.trials = 4
    bench.run(bench.open())
    assert trials(dashboard) == 4, "what was opened before the run went on"
