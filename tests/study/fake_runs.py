"""Run folders in every state that a run can be in, sound and damaged, written as a study writes them, without a run."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.testing.runs import Plan, change, study_record, write
from study.catalog import load

METHODS = ("none", "sinkhorn", "linear-blend")


@lru_cache
def _recorded() -> dict[str, Any]:
    """What a record holds beside what `analysis.testing.runs` writes, so that the run can be resumed."""
    study = load("bifurcation", "smoke")
    choices = {"preset": "smoke", "trials": None, "replicates": None, "seed": None, "changes": [], "data": None}
    return {
        "configuration": study.model_dump(mode="json"),
        "choices": choices,
        "search_trials": 8,
        "tracking_uri": None,
    }


def run(results: Path, name: str, **wishes: Any) -> Path:
    """A sound run of a small bifurcation study; `wishes` are of `analysis.testing.runs.Plan`."""
    plan = Plan(run=name, methods=METHODS, trials=2, replicates=2, **wishes)
    folder = write(results / plan.study / name, plan)
    change(folder, **_recorded())
    return folder


def locked(folder: Path, process: int, heartbeat: float | None = None) -> None:
    """Let a process of this machine hold the folder's lock."""
    holder = {"host": socket.gethostname(), "process": process, "token": "t", "heartbeat": heartbeat or time.time()}
    (folder / "lock.json").write_text(json.dumps(holder))


def _begun(folder: Path, status: str = "running") -> None:
    """As it is in the first seconds: a record, and nothing else."""
    plan = Plan(run=folder.name, methods=METHODS)
    shutil.rmtree(folder)
    folder.mkdir()
    record = study_record(plan) | _recorded() | {"status": status, "finished": None, "durations": {"total": 3.0}}
    (folder / "study.json").write_text(json.dumps(record))


def _starting(folder: Path) -> None:
    _begun(folder)
    locked(folder, os.getpid())


def _all_failed(folder: Path) -> None:
    _begun(folder, "unfinished")
    row = {"trial": "search-none-sparse-0000", "phase": "search", "setting": "search", "method": "none", "number": 0}
    row |= {"supervision": "sparse", "state": "failed", "objective": float("nan"), "reason": "x", "replicates": 1}
    (folder / "trials").mkdir()
    (folder / "trials" / f"{row['trial']}.json").write_text(json.dumps(row))


def _searching(folder: Path) -> None:
    _apart(folder, "search")
    change(folder, status="running", durations={"search": 0.0})


def _confirming(folder: Path) -> None:
    _apart(folder, "search", "confirm-none-sparse-best")
    change(folder, status="unfinished", durations={"search": 9.0})


def _apart(folder: Path, *kept: str) -> None:
    """Only trials whose name begins so, each in files of its own."""
    shutil.rmtree(folder)
    write(folder, Plan(run=folder.name, methods=METHODS, trials=2, replicates=2, compacted=False))
    change(folder, **_recorded())
    for file in folder.rglob("*-*.*"):
        if not file.name.startswith(kept):
            file.unlink()


def _moved(folder: Path) -> None:
    shutil.move(folder, folder.parent / "elsewhere")


def _read_only(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def _table(folder: Path, **columns: Any) -> None:
    table = pd.read_parquet(folder / "trials.parquet")
    for name, values in columns.items():
        table[name] = [values] * len(table)
    table.dropna(axis="columns", how="all").to_parquet(folder / "trials.parquet")


def _text(file: str, content: str) -> Callable[[Path], None]:
    def put(folder: Path) -> None:
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(content)

    return put


def _record(**fields: Any) -> Callable[[Path], None]:
    return lambda folder: change(folder, **fields)


def _in_place_of(file: str, put: Callable[[Path], None]) -> Callable[[Path], None]:
    def replace(folder: Path) -> None:
        (folder / file).unlink()
        put(folder / file)

    return replace


def _elsewhere(file: str) -> Callable[[Path], None]:
    """The file, or folder, lies outside of the run folder, and a link is in its place."""

    def move(folder: Path) -> None:
        outside = folder.parents[2] / "outside"
        outside.mkdir(exist_ok=True)
        (folder / file).parent.mkdir(exist_ok=True)
        kept = Path(shutil.move(folder / file, outside / f"{folder.name}-{Path(file).name}"))
        (folder / file).symlink_to(kept)

    return move


SOUND: dict[str, Callable[[Path], None]] = {
    "finished": lambda folder: None,
    "starting": _starting,
    "begun": _begun,
    "stopped before a trial": lambda folder: _begun(folder, "unfinished"),
    "all trials failed": _all_failed,
    "amid the search": _searching,
    "amid the confirmation": _confirming,
    "before the report": _record(status="running", durations={"search": 9.0, "confirm": 9.0}),
    "moved": _moved,
    "read-only": _read_only,
}
"""State → what makes it of a finished run."""

DAMAGED: dict[str, Callable[[Path], None]] = {
    "torn trials": _text("trials.parquet", "PAR1 torn"),
    "no trials in the table": lambda folder: _table(folder, trial=None),
    "trials in words": lambda folder: _table(folder, objective="much"),
    "trials as lists": lambda folder: _table(folder, method=["a", "b"]),
    "a trial that is no object": _text("trials/search-x.json", "[1, 2]"),
    "a torn trial": _text("trials/search-x.json", '{"trial": '),
    "a trial that says nothing": _text("trials/search-x.json", "{}"),
    "torn rows": _text("per_time/confirm.parquet", "PAR1 torn"),
    "torn curves": _text("curves/search.parquet", ""),
    "torn surfaces": _text("surfaces/confirm.parquet", "PAR1"),
    "a record that is nested": _text("study.json", '{"study": ' + "[" * 100_000),
    "created on no day": _record(created="yesterday"),
    "methods as a number": _record(methods=7),
    "metrics without names": _record(metrics=[{"label": "x"}, 3]),
    "durations as a text": _record(durations="long"),
    "an objective in words": _record(objective="small"),
    "no configuration": _record(configuration=[]),
    "no choices": _record(choices=None),
    "a name that leaves the folder": _record(run="../../elsewhere"),
    "a study that leaves the folder": _record(study="/tmp/elsewhere"),
    "a damaged lock": _text("lock.json", "{"),
    "a lock of no process": lambda folder: locked(folder, 2**70),
    "a lock that is a pipe": lambda folder: os.mkfifo(folder / "lock.json"),
    "a record that is a pipe": _in_place_of("study.json", os.mkfifo),
    "a record without an end": _in_place_of("study.json", lambda file: file.symlink_to("/dev/zero")),
    "a record that is a folder": _in_place_of("study.json", Path.mkdir),
    "a record that leads nowhere": _in_place_of("study.json", lambda file: file.symlink_to("nowhere")),
    "a record that lies elsewhere": _elsewhere("study.json"),
    "a record of a newer version": _record(schema=99),
    "trials that lie elsewhere": _elsewhere("trials.parquet"),
    "rows that lie elsewhere": _elsewhere("per_time"),
    "a trial that is a pipe": _in_place_of("trials.parquet", os.mkfifo),
    "a method that leaves the folder": lambda folder: _table(folder, method="../../../elsewhere"),
}
STATES = SOUND | DAMAGED
