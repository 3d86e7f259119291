"""A Ray of one's own on a machine that others use too: on loopback only, with a token that only its processes have.

By default Ray listens on every network of the machine, and keeps its token in the home, where others may read it and
which a compute node may not be able to write.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from study.clusters import ray_internals

_EVERY = 2.0
"""Seconds between two looks."""


@contextmanager
def alone() -> Iterator[None]:
    """A Ray started inside binds 127.0.0.1 and asks for a token; a token or mode that the user has set stays."""
    if not os.environ.keys() & {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}:
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)  # kept for the process: Ray reads it once
    with ray_internals.clusters_off():
        yield


class Watch:
    """Why a Ray of one's own cannot go on; empty while it can. May be asked often, and looks every two seconds.

    Ray itself waits for ever for a node process that has ended, and for its helper, with which the node process ends
    (the helper is what a system that is short of memory is likely to kill).
    """

    def __init__(self) -> None:
        self._next = 0.0
        self._ended = ""

    def __call__(self) -> str:
        if not self._ended and time.monotonic() > self._next:
            self._next = time.monotonic() + _EVERY
            if "raylet" in ray_internals.ended_processes():
                self._ended = "Ray's node process has ended, perhaps for want of memory"
        return self._ended
