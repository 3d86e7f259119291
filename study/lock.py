"""One writer for a run folder: `lock.json` holds host, process and heartbeat; a dead writer's lock is taken over."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import threading
import time
from typing import Any

from study.errors import Mistake
from study.run_folder import RunFolder
from trainables.files import read, write_atomically

_HEARTBEAT = 10.0
_STALE = 6 * _HEARTBEAT


class Lock:
    """A context manager; Mistake if another process is writing the run."""

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
        other = _holder(folder)
        if other is not None and _alive(other):
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
        holder = _holder(self._folder)
        return holder is not None and holder["token"] == self._owner["token"]

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
            except Mistake:  # somebody has overwritten it
                self.lost = True
                return

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()
        with contextlib.suppress(OSError, Mistake):  # told already; a dead lock is taken over
            if self._mine():
                self._folder.remove("lock.json")


def _holder(folder: RunFolder) -> dict[str, Any] | None:
    """Who holds the lock; Mistake if the lock does not say."""
    content = read(folder.file("lock.json"))
    if content is None:
        return None
    kinds = {"host": str, "process": int, "token": str, "heartbeat": float}
    try:
        holder: dict[str, Any] = json.loads(content)
        if all(isinstance(holder[name], kind) for name, kind in kinds.items()):
            return holder
    except (ValueError, TypeError, KeyError):
        pass  # said below
    raise Mistake(f"{folder.file('lock.json')} is damaged: remove it if no process writes run {folder.name}")


def _alive(holder: dict[str, Any]) -> bool:
    if holder["host"] == socket.gethostname():
        try:
            os.kill(holder["process"], 0)
        except OverflowError:  # no process has such a number
            return False
        except OSError as error:
            if error.errno == errno.ESRCH:  # no such process; a process of another user is one that lives
                return False
    return bool(time.time() - holder["heartbeat"] < _STALE)
