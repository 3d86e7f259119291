"""What the tests of tracking write, and how they read it back: with MLflow's own client and with plain SQLite."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

import numpy as np
import pandas as pd

from study import tracking
from study.tracking import database

CREATED = 1_750_000_000_000
METRICS = ("chamfer", "hausdorff", "dice")
ROLES = {0: "train", 1: "validation", 2: "test", 3: "validation", 4: "train"}


def record(run: str, **changes: Any) -> dict[str, Any]:
    return {
        "study": "bifurcation",
        "run": run,
        "status": "running",
        "created_ms": CREATED,
        "finished": None,
        "preset": "laptop",
        "seed": 7,
        "command": "python -m study.run bifurcation",
        "question": "Does transport help?",
        "methods": ["none", "sinkhorn"],
        "supervisions": ["sparse", "dense"],
        "baseline": "none",
        "objective": {"metric": "chamfer", "direction": "minimize", "role": "validation"},
        "metrics": [{"name": n, "label": n.title(), "unit": "", "better": "lower"} for n in METRICS],
        "replication_unit": "training noise of one sequence (seeds)",
        "trials_per_arm": 4,
        "replicates": 2,
        "versions": {"torch": "2.13.0"},
        "commit": "0123abc",
        **changes,
    }


def trial(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "study": "bifurcation",
        "run": "test",
        "trial": name,
        "phase": "confirm",
        "setting": "best",
        "method": "sinkhorn+barycenter",
        "supervision": "sparse",
        "number": -1,
        "state": "complete",
        "reason": "",
        "objective": 0.25,
        "epochs": 400,
        "replicates": 2,
        "seconds": 12.5,
        "started": "2025-06-15T15:07:00+00:00",
        "param.optimiser.learning_rate": 1e-3,
        "param.regularizers.sinkhorn.grid": 7.0,
        "param.regularizers.barycenter.beta": float("nan"),
        **changes,
    }


def per_time(name: str, sequences: tuple[str, ...] = ("bifurcation",), seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    keys = [(r, s, i) for r in range(2) for s in sequences for i in ROLES]
    rows = pd.DataFrame(keys, columns=["replicate", "sequence", "time_index"])
    rows["trial"], rows["seed"] = name, 100 + rows["replicate"]
    rows["time"], rows["role"] = rows["time_index"] / 4, rows["time_index"].map(ROLES)
    for metric in METRICS:
        rows[metric] = random.random(len(rows))
    rows["empty"], rows["components"], rows["bifurcation_time_error"] = False, 2, 0.1 + rows["replicate"]
    return rows


def curves(name: str) -> pd.DataFrame:
    epochs = np.arange(1, 401)
    table = [
        pd.DataFrame(
            {
                "trial": name,
                "replicate": replicate,
                "epoch": epochs,
                "loss": 1.0 / epochs + replicate,
                "sinkhorn": np.where(epochs > 80, 0.5, np.nan),
                "topology": np.nan,
            }
        )
        for replicate in range(2)
    ]
    return pd.concat(table, ignore_index=True)


def fail(message: str) -> None:
    raise AssertionError(message)


def Strict(uri: str, content: dict[str, Any]) -> tracking.Tracker:
    """A tracker whose trouble fails the test."""
    return tracking.Tracker(uri, content, on_trouble=fail)


def runs(client: Any, condition: str) -> list[Any]:
    experiment = client.get_experiment_by_name("bifurcation")
    found = client.search_runs([experiment.experiment_id], condition)
    return sorted(found, key=lambda run: run.info.run_name)


def history(client: Any, run: Any, metric: str) -> dict[int, float]:
    """Step to value; fails on two values for a step."""
    points = client.get_metric_history(run.info.run_id, metric)
    assert len({point.step for point in points}) == len(points)
    assert all(point.timestamp == CREATED + point.step for point in points)
    return {point.step: point.value for point in points}


def content(uri: str) -> dict[str, list[tuple]]:
    """All rows of the tables that logging writes, read without MLflow."""
    tables = ("experiments", "runs", "metrics", "latest_metrics", "params", "tags", "logged_models", "inputs")
    with contextlib.closing(sqlite3.connect(database.file_of(uri))) as connection:
        return {t: sorted(connection.execute(f"SELECT * FROM {t}").fetchall(), key=repr) for t in tables}
