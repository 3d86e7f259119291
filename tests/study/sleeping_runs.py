"""Starting the sleeping study as a user starts a study, and reading what a run has left: tables and MLflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

import analysis

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.study.run_sleeping", "sleeping"]
ONE_AT_A_TIME = ["--set", f"resources.cpus={len(os.sched_getaffinity(0))}"]
PATIENCE = 400.0
CLOCKS = ["run", "started", "seconds"]
"""Columns in which runs of the same study differ."""


@lru_cache
def _database() -> bytes:
    """An MLflow database without a run, as `study.tracking` makes it."""
    from study.tracking.database import create

    with tempfile.TemporaryDirectory() as folder:
        create(Path(folder) / "mlflow.db")
        return (Path(folder) / "mlflow.db").read_bytes()


def with_database(folder: Path) -> Path:
    """The same folder, in which a database of MLflow's is ready: its tables are made once a process, not by each run.
    That a run makes it is seen where a run is started without."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mlflow.db").write_bytes(_database())
    return folder


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A run in `folder`, in a process group of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {k: v for k, v in os.environ.items() if k not in ("RAY_ADDRESS", "STUDY_RESULTS")}
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    own = {"PYTHONPATH": path, "STUDY_STATE": str(folder / "state"), "SLEEPING_TRACE": str(folder / "trace")}
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=kept | own | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], status: int = 0) -> tuple[str, str]:
    """Wait for the end; the exit status must be `status`. Returns what was written to standard output and error."""
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == status, f"exit status {process.returncode}\n{out}\n{err}"
    return out, err


def until(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Wait for a condition while the process lives."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def run_folder(folder: Path) -> Path:
    """The one run folder with a record."""
    (found,) = folder.glob("results/sleeping/*/study.json")
    return found.parent


def trace(folder: Path) -> list[dict[str, Any]]:
    """Every epoch that was trained, in order."""
    path = folder / "trace"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    """The run's tables without clocks."""
    run = analysis.load(str(run_folder(folder)))
    found = {name: getattr(run, name) for name in ("trials", "per_time", "curves", "surfaces")}
    for column in ("vertices", "faces"):
        found["surfaces"][column] = [tuple(array) for array in found["surfaces"][column]]
    return {name: table.drop(columns=CLOCKS, errors="ignore") for name, table in found.items()}


def files(folder: Path) -> set[str]:
    """Names of the files in the run folder."""
    root = run_folder(folder)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def tracked(folder: Path, uri: str | None = None) -> dict[str, Any]:
    """What MLflow shows, by run name, without clocks and identifiers; the run that holds the others is `parent`."""
    from mlflow import MlflowClient

    client = MlflowClient(uri or f"sqlite:///{folder}/mlflow.db")
    (experiment,) = client.search_experiments(filter_string="name = 'sleeping'")
    where = [experiment.experiment_id]
    name = run_folder(folder).name
    runs = client.search_runs(where, max_results=5000)
    found: dict[str, Any] = {}
    for run in runs:
        own = "parent" if run.info.run_name == name else str(run.info.run_name)
        assert own not in found, f"{own} is there twice"
        named = ("run", "commit", "content", "model", "mlflow.parentRunId")
        tags = {k: v for k, v in run.data.tags.items() if k not in named}
        tags = {k: v for k, v in tags.items() if not k.startswith("mlflow.source") and k != "mlflow.runName"}
        created = json.loads((run_folder(folder) / "study.json").read_text())["created_ms"]
        metrics = {
            key: sorted(
                (m.step, m.value, m.timestamp - created) for m in client.get_metric_history(run.info.run_id, key)
            )
            for key in run.data.metrics
        }
        found[own] = {"parameters": run.data.params, "tags": tags, "metrics": metrics, "status": run.info.status}
        if own == "parent":
            found[own]["artifacts"] = sorted(_artifacts(client, run.info.run_id, ""))
    parents = {run.data.tags.get("mlflow.parentRunId") for run in runs} - {None}
    assert parents <= {run.info.run_id for run in runs}, "a child has lost its parent"
    models = client.search_logged_models(where, max_results=500)
    found["models"] = sorted((model.name, str(model.status), model.tags["trial"]) for model in models)
    return found


def _artifacts(client: Any, run: str, path: str) -> list[str]:
    found = []
    for entry in client.list_artifacts(run, path):
        found += _artifacts(client, run, entry.path) if entry.is_dir else [entry.path]
    return found
