"""Named moments at which a run is killed: SIGKILL to the driver's process group when a function is called.

`$STUDY_TEST_KILL` names a moment; `$STUDY_TEST_SIGNAL` another signal, which only the driver hears. The function is
wrapped in the driver and in its workers, so that the program itself has no hooks for this.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

VARIABLE = "STUDY_TEST_KILL"
SIGNAL = "STUDY_TEST_SIGNAL"
_GROUP = "STUDY_TEST_GROUP"
WRITE = "trainables.files:write_atomically"


@dataclass(frozen=True)
class Moment:
    """Before or after the `count`-th call of `function`, `module:name`, in which `argument` is part of an argument.

    `within`: in a write, before the file gets its name; in an append to the journal, when half a line is written.
    """

    when: Literal["before", "within", "after"]
    function: str
    argument: str = ""
    count: int = 1


def _write(when: Literal["before", "within", "after"], file: str, count: int = 1) -> Moment:
    return Moment(when, WRITE, file, count)


_APPEND = "optuna.storages.journal:JournalFileBackend.append_logs"
_CLIENT = "mlflow:MlflowClient"

MOMENTS: dict[str, Moment] = {
    # search
    "after the first study.json": _write("after", "study.json"),
    "amid the tables of MLflow's database": Moment(
        "after", "alembic.runtime.migration:HeadMaintainer.update_to_step", "", 20
    ),
    "before MLflow's database gets its name": Moment("before", "os:link", "mlflow.db"),
    "amid a line of the journal": Moment("within", _APPEND, "", 16),
    "after a trial was asked for": Moment("after", "study.trials.search:Search.next", "", 4),
    "before a checkpoint in the search": _write("before", "checkpoints/search-", 5),
    "amid a checkpoint in the search": _write("within", "checkpoints/search-", 6),
    "after a checkpoint in the search": _write("after", "checkpoints/search-", 7),
    "amid rows of times": _write("within", "per_time/search-", 4),
    "after rows of times": _write("after", "per_time/search-", 5),
    "before a trial's row": _write("before", "trials/search-", 5),
    "after a trial's row, before Optuna is told": _write("after", "trials/search-", 6),
    "after Optuna is told, before the journal is copied": _write("before", "journal.log"),
    "after the journal is copied": _write("after", "journal.log", 2),
    "after an MLflow run was made, before its metrics": Moment("after", f"{_CLIENT}.create_run", "search-", 4),
    "amid the metrics of MLflow": Moment("after", f"{_CLIENT}.log_batch", "", 6),
    "after a compacted table, before its parts go": _write("after", "per_time/search.parquet"),
    "amid the end of a compaction's parts": Moment("after", "study.storage.run_folder:RunFolder.remove", "curves", 3),
    "after the compacted trials, before their parts go": _write("after", "trials.parquet"),
    # confirm
    "before a model": _write("before", "models/confirm-", 2),
    "after a model": _write("after", "models/confirm-", 2),
    "after a checkpoint in the confirmation": _write("after", "checkpoints/confirm-", 3),
    "after the rows of a copied confirmation": _write("after", "per_time/confirm-none-dense-published"),
    "amid the compaction of the confirmation": _write("within", "surfaces/confirm.parquet"),
    # report
    "amid the figures": _write("after", "figures/", 2),
    "before report.html": _write("before", "report.html"),
    "after report.html, before study.json says finished": _write("after", "report.html"),
    "before the artifacts of MLflow": Moment("before", f"{_CLIENT}.log_artifacts"),
    "after the artifacts of MLflow": Moment("after", f"{_CLIENT}.log_artifacts"),
    "amid a model of MLflow": Moment("before", f"{_CLIENT}.finalize_logged_model", "", 2),
    "before the last study.json": _write("before", "study.json", 7),
}


def install_in_driver() -> None:
    """Wrap the function of the moment that the environment names."""
    if name := os.environ.get(VARIABLE):
        os.environ[_GROUP] = str(os.getpgid(0))
        _install(MOMENTS[name])


def install_in_worker() -> None:
    """The same in a process of the driver's that trains and writes."""
    if (name := os.environ.get(VARIABLE)) and MOMENTS[name].function == WRITE:
        _install(MOMENTS[name])


def _install(moment: Moment) -> None:
    """Once is enough. The function is replaced in every module that has it."""
    if moment.when == "within" and moment.function == WRITE:
        moment = Moment("before", "os:replace", moment.argument, moment.count)
    module, _, path = moment.function.partition(":")
    *owners, attribute = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    original = getattr(owner, attribute)
    if getattr(original, "kills", False):
        return
    wrapped = _wrap(original, moment)
    wrapped.kills = True  # type: ignore[attr-defined]
    setattr(owner, attribute, wrapped)
    if not owners:
        for other in list(sys.modules.values()):
            if getattr(other, "__dict__", {}).get(attribute) is original:
                setattr(other, attribute, wrapped)


def _wrap(original: Callable[..., Any], moment: Moment) -> Callable[..., Any]:
    calls = 0

    def wrapped(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        mine = any(moment.argument in str(argument) for argument in (*arguments, *named.values()))
        calls += mine
        last = mine and calls == moment.count
        if last and moment.when == "before":
            _kill()
        if last and moment.when == "within":
            _tear(*arguments)
            _kill()
        result = original(*arguments, **named)
        if last and moment.when == "after":
            _kill()
        return result

    return wrapped


def _tear(journal: Any, logs: list[dict[str, Any]]) -> None:
    """Append half of the first line."""
    line = json.dumps(logs[0], separators=(",", ":"))
    with open(journal._file_path, "a") as file:
        file.write(line[: len(line) // 2])


def _kill() -> None:
    if number := os.environ.get(SIGNAL):
        os.kill(os.getpid(), int(number))
        return
    os.killpg(int(os.environ[_GROUP]), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)  # a worker may be of another group
