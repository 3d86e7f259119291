"""Whether a run is to stop: told by SIGINT, SIGTERM or SIGHUP, at its time limit, taken over, or without its Ray."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from study.storage.lock import TAKEN_OVER, Lock

_SIGN = "stopping: what is running writes its checkpoints, which takes some seconds; once more stops at once"
_CLEAR = "\r\033[K"
"""Of a terminal: the line that a display of progress has begun."""


class Stop:
    """Asked between two steps; true once the run is to end."""

    def __init__(self, seconds: float | None) -> None:
        self.status: int | None = None
        self.reason = ""
        self.lock: Lock | None = None
        self.watch: Callable[[], str] = str
        """Why what the run needs cannot go on; empty while it can."""
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def __call__(self) -> bool:
        if self.status is None and self._deadline is not None and time.monotonic() > self._deadline:
            self.status, self.reason = 0, "the time limit is reached"
        if self.status is None and self.lost:
            self.status, self.reason = 1, TAKEN_OVER
        if self.status is None and (trouble := self.watch()):
            self.status, self.reason = 1, trouble
        return self.status is not None

    @property
    def lost(self) -> bool:
        """Whether the run is another process's by now."""
        return self.lock is not None and self.lock.lost

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Turn the signals into a wish to stop, the second one into an immediate end.

        Only a process's first thread hears signals: in another nothing is listened to.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
            wanted.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._hear) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: object) -> None:
        if self.status:
            raise KeyboardInterrupt
        self.status = 128 + number
        with suppress(OSError):  # nobody may read it any more; not print(), which may be what was interrupted
            os.write(2, f"{_CLEAR if os.isatty(2) else ''}{_SIGN}\n".encode())
