"""A Ray of one's own on a machine that others use too: on loopback only, with a token that only its processes have.

By default Ray listens on every network of the machine, and keeps its token in the home, where others may read it and
which a compute node may not be able to write.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from study.clusters import ray_internals

_EVERY = 2.0
"""Seconds between two looks."""
_GRACE = 5.0
"""Seconds in which a process ends by itself, if it can."""
_CONTROL = "gcs_server"
_ENDED = {
    _CONTROL: "Ray's control process has ended, perhaps for want of memory",
    "raylet": "Ray's node process has ended, perhaps for want of memory",
}
"""Kind of process → what is said of it; a node process ends with its control process, some time later."""


@contextmanager
def alone() -> Iterator[None]:
    """A Ray started inside binds 127.0.0.1 and asks for a token; a token or mode that the user has set stays."""
    if not os.environ.keys() & {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}:
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)  # kept for the process: Ray reads it once
    with ray_internals.clusters_off():
        yield


@contextmanager
def last_words(say: Callable[[str], None]) -> Iterator[Callable[[], None]]:
    """Inside, where the control process of a Ray of one's own has ended and this does not end by itself within some
    seconds, `say(why)` is called, in another thread, and the process ends with status 1.

    Whatever asks Ray something then waits in its library, which cannot be interrupted; a minute later that ends the
    process, without a word. Gives what is to be called before Ray is shut down: from then on its processes end because
    they are asked to, however long a busy machine takes for it.
    """
    left = threading.Event()

    def look() -> None:
        while not left.wait(_EVERY):
            if _CONTROL in ray_internals.ended_processes():
                if not left.wait(_GRACE):
                    _end(say)
                return

    def asked() -> None:
        if _CONTROL not in ray_internals.ended_processes():
            left.set()

    threading.Thread(target=look, daemon=True, name="last-words").start()
    try:
        yield asked
    finally:
        left.set()


def _end(say: Callable[[str], None]) -> None:
    try:
        say(_ENDED[_CONTROL])
    finally:
        ray_internals.kill_processes()
        os._exit(1)


class Watch:
    """Why a Ray of one's own cannot go on; empty while it can. May be asked often, and looks every two seconds.

    Ray itself waits for ever for a node process that has ended, and for its helper, with which the node process ends
    (the helper is what a system that is short of memory is likely to kill). Without its control process it ends whoever
    uses it, this process too, within a minute.
    """

    def __init__(self) -> None:
        self._next = 0.0
        self._ended = ""

    def __call__(self) -> str:
        if not self._ended and time.monotonic() > self._next:
            self._next = time.monotonic() + _EVERY
            ended = ray_internals.ended_processes()
            self._ended = next((said for kind, said in _ENDED.items() if kind in ended), "")
        return self._ended
