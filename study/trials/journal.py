"""Optuna's journal: the truth of the search, on a local disk, copied into the run folder every few seconds.

A run that is gone on with elsewhere has the copy alone: what it lacks is in the tables (`Search.settle`). A process
that is killed while it appends leaves a torn last line: opening cuts the journal back to its last newline.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from study.storage.run_folder import RunFolder
from trainables.files import write_atomically

_SECONDS = 5.0
"""Between two copies, at least, …"""
_SHARE = 0.05
"""… and so long that copying, which of a long journal takes its time, takes no more than this part of it."""


class Journal:
    """The journal file of a run and the storage on it."""

    def __init__(self, local: Path, folder: RunFolder) -> None:
        self._path, self._folder = local, folder
        self._next = 0.0
        copy = _whole_lines(folder.read("journal.log") or b"")
        mine = _whole_lines(local.read_bytes()) if local.exists() else b""
        # The local file is ahead of its copy, unless the run was begun on another machine.
        write_atomically(str(local), mine if mine.startswith(copy) else copy)
        for lock in local.parent.glob(f"{local.name}.lock*"):  # left by a process that was killed holding it
            os.remove(lock)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.storage = JournalStorage(_File(str(local), folder))

    def copy(self, now: bool = False) -> None:
        """Bring the run folder's copy up to date, if it is time, or in any case `now`."""
        began = time.monotonic()
        if now or began >= self._next:
            self._folder.write("journal.log", content=_whole_lines(self._path.read_bytes()))
            took = time.monotonic() - began
            self._next = began + max(_SECONDS, took / _SHARE)


class _File(JournalFileBackend):
    """Says where a line could not be written. It may be torn then, and must be the last: the run ends.

    Nothing is appended once another process has the run, which may go on with this very file.
    """

    def __init__(self, path: str, folder: RunFolder) -> None:
        super().__init__(path)
        self._folder = folder

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self._folder.fenced()
        try:
            super().append_logs(logs)
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), self._file_path) from error


def _whole_lines(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]
