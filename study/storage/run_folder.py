"""The run folder `results/<study>/<run>/`: tables, record and models.

Any filesystem that fsspec reaches. Every file is written whole or not at all. While a phase runs, a trial has files of
its own; when it ends, and after some hundreds of trials, they are compacted into one per table and phase.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
from collections.abc import Callable
from typing import Any, TypeVar

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.tables import door, units
from analysis.tables.settings import of_today
from analysis.tables.soundness import DamagedTable, damage
from study.errors import Mistake, first_line
from study.storage.credentials import without_credentials
from trainables.files import is_local, patiently, write_atomically

T = TypeVar("T")

TABLES = ("per_time", "curves", "surfaces", "ensembles")
"""Tables of many rows a trial; a trial may have none in some of them."""


class RunFolder:
    """Names, reads and writes what a run keeps. `url` is the folder's path or URI."""

    def __init__(self, url: str) -> None:
        self.filesystem, self.path = fsspec.core.url_to_fs(url)
        self.local = is_local(self.filesystem)
        self.url = self.path if self.local else url.rstrip("/")
        self.fence: Callable[[], None] | None = None
        """Asked before every write: the lock's, while it is held."""

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

    # fsspec's own `exists` and `glob` take any failure for an absent file, so that a table would seem to be empty.

    def exists(self, *parts: str) -> bool:
        """Whether a file of that name is there; OSError if that cannot be known."""
        path = "/".join([self.path, *parts])
        try:
            self._patiently(lambda: self.filesystem.info(path), *parts)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def names(self, folder: str, suffix: str) -> list[str]:
        """Names, without the suffix, of the files in a subfolder; OSError if that cannot be known."""
        path = "/".join(part for part in (self.path, folder) if part)

        def listed() -> list[str]:
            self.filesystem.invalidate_cache(path)
            return [str(found) for found in self.filesystem.ls(path, detail=False)]

        try:
            found = self._patiently(listed, folder)
        except FileNotFoundError:
            return []
        return sorted(
            os.path.basename(path.rstrip("/")).removesuffix(suffix) for path in found if path.endswith(suffix)
        )

    def read(self, *parts: str, most: int = door.TABLE) -> bytes | None:
        """The content of a file, None if there is none.

        DamagedTable if it is no regular file of at most so many bytes, or lies elsewhere; OSError if it cannot be read.
        """

        def content() -> bytes | door.Refused:
            try:
                return door.content(self.filesystem, self.path, "/".join(parts), most)
            except door.Refused as error:  # whatever patience there is
                return error

        try:
            found = self._patiently(content, *parts)
        except FileNotFoundError:
            return None
        if isinstance(found, door.Refused):
            raise DamagedTable(f"{self.file(*parts)}: {found}")
        return found

    def inside(self, *parts: str) -> str:
        """`file`, of one that lies in the folder; DamagedTable if a link leads elsewhere."""
        if self.local:
            try:
                door.refuse_outside(self.path, "/".join(parts))
            except door.Refused as error:
                raise DamagedTable(f"{self.file(*parts)}: {error}") from error
        return self.file(*parts)

    def write(self, *parts: str, content: bytes) -> None:
        """Write a file, whole or not at all; Interrupted if another process has taken the run over, DamagedTable if
        its folder is a link that leads elsewhere."""
        self.fenced()
        self.inside(*parts[:-1])
        write_atomically(self.file(*parts), content)

    def fenced(self) -> None:
        """Interrupted if this process has held the run's lock and another has taken the run over."""
        if self.fence is not None:
            self.fence()

    def remove(self, *parts: str) -> None:
        """Remove a file or subfolder, or without parts the run folder itself, if it is there; as `write`."""
        self.fenced()
        self.inside(*parts[:-1])
        if self.exists(*parts):
            self._remove("/".join([self.path, *parts]))

    def _remove(self, path: str) -> None:
        def gone() -> None:
            with contextlib.suppress(FileNotFoundError):  # somebody was quicker, or an answer was lost
                self.filesystem.rm(path, recursive=True)
            if self.local:
                return
            with contextlib.suppress(FileNotFoundError):  # stores list first, and what they cannot list they leave
                self.filesystem.info(path)
                raise OSError(errno.EIO, "it is still there")

        self._patiently(gone, path.removeprefix(f"{self.path}/"))

    def _patiently(self, action: Callable[[], T], *parts: str) -> T:
        return patiently(action, self.file(*parts), self.local)

    def sweep(self) -> None:
        """Remove scratch, checkpoints, and what a killed process left half-written."""
        for path in [*self.filesystem.glob(f"{self.path}/*.part"), *self.filesystem.glob(f"{self.path}/*/*.part")]:
            self.inside(*str(path).removeprefix(f"{self.path}/").split("/")[:-1])
            self._remove(str(path))
        for folder in ("checkpoints", ".scratch"):
            self.remove(folder)

    # study.json

    def read_record(self) -> dict[str, Any]:
        """The content of study.json; Mistake if this is no run."""
        content = self.read("study.json", most=door.RECORD)
        if content is None:
            raise Mistake(f"{self.url} is no run: it has no study.json; name a run folder")
        try:
            record: dict[str, Any] = json.loads(content)
        except (ValueError, RecursionError):
            raise Mistake(f"{self.file('study.json')} is not JSON: restore it, or start a new run") from None
        if not isinstance(record, dict):
            raise Mistake(f"{self.file('study.json')} holds no object: restore it, or start a new run")
        if damaged := damage(record):
            raise Mistake(f"{self.file('study.json')} {damaged}, or start a new run")
        return record

    def write_record(self, record: dict[str, Any]) -> None:
        """Replace study.json."""
        self.write("study.json", content=json.dumps(record, indent=1, ensure_ascii=False).encode())

    # rows of trials

    def write_table(self, table: str, trial: str, content: bytes) -> None:
        """Write a trial's rows, Arrow bytes, to `table`, one of `TABLES`."""
        rows = pa.ipc.open_stream(content).read_all()
        self.write(table, f"{trial}.parquet", content=_parquet(rows))

    def write_frame(self, table: str, trial: str, rows: pd.DataFrame) -> None:
        """Write a trial's rows to `table`."""
        self.write(table, f"{trial}.parquet", content=_parquet(pa.Table.from_pandas(rows, preserve_index=False)))

    def write_error(self, trial: str, traceback: str) -> None:
        """Keep the traceback of a trial that failed, for whoever looks for the cause."""
        self.write("errors", f"{trial}.txt", content=without_credentials(traceback).encode())

    def write_trial(self, row: dict[str, Any]) -> None:
        """Write the row of a trial that has ended: from now on it is not run again."""
        self.write("trials", f"{row['trial']}.json", content=json.dumps(row, ensure_ascii=False).encode())

    def trials(self) -> dict[str, dict[str, Any]]:
        """Rows of all trials that have ended, by trial id."""
        rows: dict[str, dict[str, Any]] = {}
        if (together := self._table("trials.parquet")) is not None:
            rows |= {row["trial"]: row for row in together.to_pylist()}
        for name in self.names("trials", ".json"):
            own = self.read("trials", f"{name}.json", most=door.ROW)
            if own is not None:
                rows[name] = json.loads(own)
        for row in rows.values():
            if "setting" in row:
                row["setting"] = of_today(row["setting"])
        return rows

    def rows_of(self, table: str, trial: str, phase: str) -> pd.DataFrame:
        """A trial's rows of a table, whether compacted or not; empty if it has none."""
        if (own := self._table(table, f"{trial}.parquet")) is not None:
            return own.to_pandas()
        if (together := self._table(table, f"{phase}.parquet", filters=[("trial", "==", trial)])) is not None:
            return together.to_pandas()
        return pd.DataFrame()

    def _table(self, *parts: str, filters: Any = None) -> pa.Table | None:
        """A table's file, None if there is none; DamagedTable if it is none of Parquet."""
        content = self.read(*parts)
        if content is None:
            return None
        try:
            return pq.read_table(io.BytesIO(content), filters=filters)
        except (pa.ArrowException, OSError) as error:
            raise DamagedTable(f"{self.file(*parts)} is no table ({first_line(error)})") from error

    def forget(self, trial: str) -> None:
        """Remove everything of a trial that is to be run again."""
        files = {".json": ["trials"], ".parquet": [*TABLES], ".pt": ["models", "checkpoints"]}
        for folder, suffix in ((folder, suffix) for suffix, folders in files.items() for folder in folders):
            self.remove(folder, trial + suffix)
        phase = trial.split("-")[0]
        for table in TABLES:
            if (old := self._table(table, f"{phase}.parquet")) is not None:
                others = old.filter([str(name) != trial for name in old["trial"].to_pylist()])
                self.write(table, f"{phase}.parquet", content=_parquet(others))
        rows = self.trials()
        if rows.pop(trial, None) is not None:
            self._write_trials(rows)

    def compact(self, phase: str) -> None:
        """Put the files of a phase's trials that have ended together, the trials' rows into trials.parquet."""
        rows = self.trials()
        for table in TABLES:
            mine = [n for n in self.names(table, ".parquet") if n.startswith(f"{phase}-") and n in rows]
            if not mine:
                continue
            parts = {n: part for n in mine if (part := self._table(table, f"{n}.parquet")) is not None}
            kept = []
            if (old := self._table(table, f"{phase}.parquet")) is not None:
                named = old["trial"].cast(pa.string())
                anew, known = (pc.is_in(named, value_set=pa.array(names, pa.string())) for names in (mine, [*rows]))
                kept.append(old.filter(pc.and_not(known, anew)))
            together = pa.concat_tables([*kept, *parts.values()], promote_options="permissive")
            described = units.described(together.sort_by("trial"), self._units())
            self.write(table, f"{phase}.parquet", content=_parquet(described))
            for name in mine:
                self.remove(table, f"{name}.parquet")
        self._write_trials(rows)
        self.remove("trials")

    def _write_trials(self, rows: dict[str, dict[str, Any]]) -> None:
        if rows:
            frame = pd.DataFrame([rows[name] for name in sorted(rows)])
            table = units.described(pa.Table.from_pandas(frame, preserve_index=False), self._units())
            self.write("trials.parquet", content=_parquet(table))

    def _units(self) -> dict[str, str]:
        """Units of the columns of compacted tables, which their schemas tell whoever reads them without the record."""
        content = self.read("study.json", most=door.RECORD)
        return units.of_record(json.loads(content)) if content is not None else {}


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()
