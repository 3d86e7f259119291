"""One writer for a run folder. `lock-0001.json` says who: host, process and heartbeat; the number counts takeovers.

Taking the lock is making the file of the next number, which only one of several can do; a dead writer's lock is taken
over so. Before every write the owner looks whether its number is still the last: a writer that was silent for too long,
as on a computer that slept, and was taken over, writes no more. `lock.json` is that of earlier versions.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import socket
import threading
import time
from typing import Any

from analysis.tables import door
from study.errors import Interrupted, Mistake
from study.storage.run_folder import RunFolder
from trainables.files import create, overwrite

TAKEN_OVER = "another process has taken the run over"
_HEARTBEAT = 10.0
_STALE = 6 * _HEARTBEAT
_SKEW = 600.0
"""Seconds by which another host's clock may be ahead; a heartbeat from further on tells nothing."""
_SETTLING = 1.0
"""Seconds after which a store that cannot make a file for one process only shows to all whose it has become."""
_LENGTH = 256
"""Bytes of a lock's file, which is overwritten in place."""
_ATTEMPTS = 3


class Lock:
    """A context manager; Mistake if another process is writing the run."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._owner = {"host": socket.gethostname(), "process": os.getpid(), "token": os.urandom(8).hex()}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="run-folder-lock")
        self._number = 0
        self.lost = False
        """Whether another writer has taken over, because this process was silent for too long."""

    @staticmethod
    def refuse_if_held(folder: RunFolder) -> None:
        """Raise Mistake if another process is writing the run."""
        _refuse(folder, _claims(folder))

    def __enter__(self) -> Lock:
        try:
            self._take()
        except BaseException:
            self._release()
            raise
        self._folder.fence = self.check
        self._thread.start()
        return self

    def _take(self) -> None:
        dead = _claims(self._folder)
        _refuse(self._folder, dead)
        self._number = max(dead, default=0) + 1
        made = create(self._folder.file(_name(self._number)), self._content())
        if not self._folder.local:
            time.sleep(_SETTLING)
        # Of two processes that came at one moment, whatever they had seen before, at least one sees the other now.
        now = _claims(self._folder)
        mine = now.pop(self._number, None)
        ours = made and mine is not None and mine["token"] == self._owner["token"]
        if not ours or any(dead.get(number) != holder for number, holder in now.items()):
            _refuse(self._folder, now if mine is None or ours else now | {self._number: mine})
            raise Mistake(f"run {self._folder.name} was taken by another process at this moment: wait for it to end")
        for number in now:
            self._folder.remove(_name(number))

    def check(self) -> None:
        """Interrupted if another process has taken the run over; called before every write."""
        self.lost = self.lost or not self._mine()
        if self.lost:
            raise Interrupted(1, TAKEN_OVER)

    def _mine(self) -> bool:
        return self._named() and not self._folder.exists(_name(self._number + 1))

    def _named(self) -> bool:
        """Whether the file of our number names us."""
        try:
            holder = _holder(self._folder, self._number)
        except Mistake:  # somebody has overwritten it
            return False
        return holder is not None and holder["token"] == self._owner["token"]

    def _content(self) -> bytes:
        return json.dumps(self._owner | {"heartbeat": time.time()}).encode().ljust(_LENGTH)

    def _beat(self) -> None:
        while not self._stop.wait(_HEARTBEAT):
            try:
                self.lost = self.lost or not self._mine()
                if self.lost:
                    return
                overwrite(self._folder.file(_name(self._number)), self._content())
            except OSError:  # a full disk is met, and reported, by the tables; the next beat may succeed
                continue

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()
        self._release()

    def _release(self) -> None:
        self._folder.fence = None
        with contextlib.suppress(OSError):  # told already; a dead lock is taken over
            if self._named():
                self._folder.remove(_name(self._number))


def _name(number: int) -> str:
    return f"lock-{number:04d}.json" if number else "lock.json"


def _claims(folder: RunFolder) -> dict[int, dict[str, Any]]:
    """Number → who has claimed the run with it; Mistake if a lock does not say."""
    found = {}
    for name in folder.names("", ".json"):
        match = re.fullmatch(r"lock(?:-(\d+))?", name)
        if match and (holder := _holder(folder, int(match[1] or 0))) is not None:
            found[int(match[1] or 0)] = holder
    return found


def _holder(folder: RunFolder, number: int) -> dict[str, Any] | None:
    """Who holds the lock of that number; None if nobody has; Mistake if it does not say."""
    kinds = {"host": str, "process": int, "token": str, "heartbeat": float}
    for attempt in range(_ATTEMPTS):
        content = folder.read(_name(number), most=door.ROW)
        if content is None:
            return None
        with contextlib.suppress(ValueError, TypeError, KeyError):
            holder: dict[str, Any] = json.loads(content)
            if all(isinstance(holder[name], kind) for name, kind in kinds.items()):
                return holder
        if attempt < _ATTEMPTS - 1:
            time.sleep(0.05)  # it may be written at this moment
    raise Mistake(f"{folder.file(_name(number))} is damaged: remove it if no process writes run {folder.name}")


def _refuse(folder: RunFolder, claims: dict[int, dict[str, Any]]) -> None:
    for holder in claims.values():
        if _alive(holder):
            raise Mistake(
                f"run {folder.name} is being written by process {holder['process']} on {holder['host']}: "
                "wait for it to end, or stop it"
            )


def _alive(holder: dict[str, Any]) -> bool:
    if holder["host"] == socket.gethostname():
        try:
            os.kill(holder["process"], 0)
        except OverflowError:  # no process has such a number
            return False
        except OSError as error:
            if error.errno == errno.ESRCH:  # no such process; a process of another user is one that lives
                return False
    return bool(-_SKEW < time.time() - holder["heartbeat"] < _STALE)
