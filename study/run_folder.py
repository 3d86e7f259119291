"""The run folder `results/<study>/<run>/`: tables, record, models, and the lock that keeps it to one writer.

Any filesystem that fsspec reaches. Every file is written whole or not at all. While a phase runs, each trial has files
of its own; when it ends they are compacted into one per table and phase.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import socket
import threading
import time
from typing import Any

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from study.errors import Mistake
from trainables.files import read, write_atomically

_HEARTBEAT = 10.0
_STALE = 6 * _HEARTBEAT
TABLES = ("per_time", "curves", "surfaces")
"""Tables of many rows a trial; a trial may have none in some of them."""


class RunFolder:
    """Names, reads and writes what a run keeps. `url` is the folder's path or URI."""

    def __init__(self, url: str) -> None:
        self.filesystem, self.path = fsspec.core.url_to_fs(url)
        local = "file" in self.filesystem.protocol
        self.url = self.path if local else url.rstrip("/")
        self.local = local

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.rstrip("/").rsplit("/", 1)[-1]

    @property
    def parent(self) -> str:
        """Path of the folder that holds the study's runs."""
        return self.path.rstrip("/").rsplit("/", 1)[0]

    def file(self, *parts: str) -> str:
        """URI of a file in the folder."""
        return "/".join([self.url, *parts])

    def exists(self, *parts: str) -> bool:
        """Whether a file of that name is there."""
        return bool(self.filesystem.exists("/".join([self.path, *parts])))

    def names(self, folder: str, suffix: str) -> list[str]:
        """Names, without the suffix, of the files in a subfolder."""
        found = self.filesystem.glob(f"{self.path}/{folder}/*{suffix}")
        return sorted(str(path).rsplit("/", 1)[-1].removesuffix(suffix) for path in found)

    def remove(self, *parts: str) -> None:
        """Remove a file or subfolder if it is there."""
        path = "/".join([self.path, *parts])
        if self.filesystem.exists(path):
            self.filesystem.rm(path, recursive=True)

    def sweep(self) -> None:
        """Remove scratch, checkpoints, and what a killed process left half-written."""
        for path in [*self.filesystem.glob(f"{self.path}/*.part"), *self.filesystem.glob(f"{self.path}/*/*.part")]:
            with contextlib.suppress(FileNotFoundError):  # the lock's heartbeat has just finished its own
                self.filesystem.rm(path)
        for folder in ("checkpoints", ".scratch"):
            self.remove(folder)

    # study.json

    def read_record(self) -> dict[str, Any]:
        """The content of study.json; Mistake if this is no run."""
        content = read(self.file("study.json"))
        if content is None:
            raise Mistake(f"{self.url} is no run: it has no study.json; name a run folder")
        try:
            record: dict[str, Any] = json.loads(content)
        except ValueError:
            raise Mistake(f"{self.file('study.json')} is not JSON: restore it, or start a new run") from None
        if not isinstance(record, dict):
            raise Mistake(f"{self.file('study.json')} holds no object: restore it, or start a new run")
        return record

    def write_record(self, record: dict[str, Any]) -> None:
        """Replace study.json."""
        write_atomically(self.file("study.json"), json.dumps(record, indent=1, ensure_ascii=False).encode())

    # rows of trials

    def write_table(self, table: str, trial: str, content: bytes) -> None:
        """Write a trial's rows, Arrow bytes, to `table`, one of `TABLES`."""
        rows = pa.ipc.open_stream(content).read_all()
        write_atomically(self.file(table, f"{trial}.parquet"), _parquet(rows))

    def write_frame(self, table: str, trial: str, rows: pd.DataFrame) -> None:
        """Write a trial's rows to `table`."""
        write_atomically(
            self.file(table, f"{trial}.parquet"), _parquet(pa.Table.from_pandas(rows, preserve_index=False))
        )

    def write_error(self, trial: str, traceback: str) -> None:
        """Keep the traceback of a trial that failed, for whoever looks for the cause."""
        write_atomically(self.file("errors", f"{trial}.txt"), traceback.encode())

    def write_trial(self, row: dict[str, Any]) -> None:
        """Write the row of a trial that has ended: from now on it is not run again."""
        write_atomically(self.file("trials", f"{row['trial']}.json"), json.dumps(row, ensure_ascii=False).encode())

    def trials(self) -> dict[str, dict[str, Any]]:
        """Rows of all trials that have ended, by trial id."""
        rows: dict[str, dict[str, Any]] = {}
        content = read(self.file("trials.parquet"))
        if content is not None:
            rows |= {row["trial"]: row for row in pq.read_table(io.BytesIO(content)).to_pylist()}
        for name in self.names("trials", ".json"):
            rows[name] = json.loads(read(self.file("trials", f"{name}.json")) or b"{}")
        return rows

    def rows_of(self, table: str, trial: str, phase: str) -> pd.DataFrame:
        """A trial's rows of a table, whether compacted or not; empty if it has none."""
        own = read(self.file(table, f"{trial}.parquet"))
        if own is not None:
            return pd.read_parquet(io.BytesIO(own))
        together = read(self.file(table, f"{phase}.parquet"))
        if together is None:
            return pd.DataFrame()
        return pd.read_parquet(io.BytesIO(together), filters=[("trial", "==", trial)])

    def forget(self, trial: str) -> None:
        """Remove everything of a trial that is to be run again."""
        files = {".json": ["trials"], ".parquet": [*TABLES], ".pt": ["models", "checkpoints"]}
        for folder, suffix in ((folder, suffix) for suffix, folders in files.items() for folder in folders):
            self.remove(folder, trial + suffix)
        phase = trial.split("-")[0]
        for table in TABLES:
            before = read(self.file(table, f"{phase}.parquet"))
            if before is not None:
                old = pq.read_table(io.BytesIO(before))
                others = old.filter([str(name) != trial for name in old["trial"].to_pylist()])
                write_atomically(self.file(table, f"{phase}.parquet"), _parquet(others))
        rows = self.trials()
        if rows.pop(trial, None) is not None:
            self._write_trials(rows)

    def compact(self, phase: str) -> None:
        """Put the per-trial files of a phase's tables together, the trials' rows into trials.parquet."""
        rows = self.trials()
        for table in TABLES:
            mine = [n for n in self.names(table, ".parquet") if n.startswith(f"{phase}-")]
            if not mine:
                continue
            parts = {n: pq.read_table(io.BytesIO(read(self.file(table, f"{n}.parquet")) or b"")) for n in mine}
            before = read(self.file(table, f"{phase}.parquet"))
            kept = []
            if before is not None:
                old = pq.read_table(io.BytesIO(before))
                kept.append(old.filter([str(t) not in parts and str(t) in rows for t in old["trial"].to_pylist()]))
            together = pa.concat_tables([*kept, *parts.values()], promote_options="permissive")
            write_atomically(self.file(table, f"{phase}.parquet"), _parquet(together.sort_by("trial")))
            for name in mine:
                self.remove(table, f"{name}.parquet")
        self._write_trials(rows)
        self.remove("trials")

    def _write_trials(self, rows: dict[str, dict[str, Any]]) -> None:
        if rows:
            frame = pd.DataFrame([rows[name] for name in sorted(rows)])
            write_atomically(self.file("trials.parquet"), _parquet(pa.Table.from_pandas(frame, preserve_index=False)))


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


class Lock:
    """One writer for a run folder: host, process and heartbeat in `lock.json`; a dead writer's lock is taken over."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._owner = {"host": socket.gethostname(), "process": os.getpid(), "token": os.urandom(8).hex()}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="run-folder-lock")
        self.lost = False
        """Whether another writer has taken over, because this process was silent for too long."""

    @staticmethod
    def refuse_if_held(folder: RunFolder) -> None:
        """Raise Mistake if another process is writing the run."""
        holder = read(folder.file("lock.json"))
        if holder is not None and _alive(other := json.loads(holder)):
            raise Mistake(
                f"run {folder.name} is being written by process {other['process']} on {other['host']}: "
                "wait for it to end, or stop it"
            )

    def __enter__(self) -> Lock:
        self.refuse_if_held(self._folder)
        self._write()
        self._thread.start()
        return self

    def _mine(self) -> bool:
        content = read(self._folder.file("lock.json"))
        return content is not None and json.loads(content)["token"] == self._owner["token"]

    def _write(self) -> None:
        write_atomically(self._folder.file("lock.json"), json.dumps(self._owner | {"heartbeat": time.time()}).encode())

    def _beat(self) -> None:
        while not self._stop.wait(_HEARTBEAT):
            try:
                self.lost = not self._mine()
                if self.lost:
                    return
                self._write()
            except OSError:  # a full disk is met, and reported, by the tables; the next beat may succeed
                continue

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._mine():
            self._folder.remove("lock.json")


def _alive(holder: dict[str, Any]) -> bool:
    if holder["host"] == socket.gethostname():
        try:
            os.kill(holder["process"], 0)
        except OSError as error:
            if error.errno == errno.ESRCH:  # no such process; a process of another user is one that lives
                return False
    return bool(time.time() - holder["heartbeat"] < _STALE)
