"""A filesystem that fails on purpose: `faults:///a/local/folder`, for fsspec and all that uses it.

    with faults.injected(Fault("write", "per_time/", count=2, times=3, error="EBUSY")):
        write_atomically("faults:///tmp/r/per_time/a.parquet", content)   # the second to fourth write there fail

In another process the faults of $STUDY_TEST_FAULTS (JSON, see `environment`) hold; each process counts for itself. A
rename is not atomic with a write, files appear when they are opened, and a torn write leaves half of its content: the
least that a filesystem can promise.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import fsspec
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

VARIABLE = "STUDY_TEST_FAULTS"
PROTOCOL = "faults"
FOR_EVER = 10**9


class Nonstandard(Exception):
    """What a store's library raises that is no OSError, as botocore's and gcsfs's do."""


@dataclass
class Fault:
    """The `count`-th to `count + times - 1`-th operation on a path that contains `path` fails, or is slow."""

    operation: Literal["read", "write", "rename", "list", "remove"]
    path: str = ""
    count: int = 1
    times: int = 1
    error: str = "EIO"
    """Name of an errno; `Nonstandard`; or empty: it succeeds after `seconds`."""
    torn: bool = False
    """Half of the content is written before a write fails."""
    seconds: float = 0.0
    met: int = field(default=0, compare=False)

    def hit(self, operation: str, path: str) -> bool:
        """Count an operation; whether it is to fail."""
        if operation != self.operation or self.path not in path:
            return False
        self.met += 1
        return self.count <= self.met < self.count + self.times

    def strike(self, path: str) -> None:
        time.sleep(self.seconds)
        if self.error == "Nonstandard":
            raise Nonstandard(f"503 Slow Down: {path}")
        if self.error:
            number = getattr(errno, self.error)
            raise OSError(number, os.strerror(number))


def environment(*faults: Fault) -> dict[str, str]:
    """What tells another process to fail."""
    return {VARIABLE: json.dumps([asdict(fault) for fault in faults])}


_lock = threading.Lock()
_faults: list[Fault] = [Fault(**fault) for fault in json.loads(os.environ.get(VARIABLE, "[]"))]


@contextmanager
def injected(*faults: Fault) -> Iterator[tuple[Fault, ...]]:
    """Let operations of this process fail."""
    _faults.extend(faults)
    try:
        yield faults
    finally:
        _faults[:] = [fault for fault in _faults if all(fault is not other for other in faults)]


def _met(operation: str, path: str) -> Fault | None:
    with _lock:
        return next((fault for fault in [*_faults] if fault.hit(operation, path)), None)


def _fail(operation: str, path: str) -> None:
    if fault := _met(operation, path):
        fault.strike(path)


class FaultyFileSystem(LocalFileSystem):
    """The local disk under another name."""

    protocol = PROTOCOL
    local_file = False
    # As every filesystem has them: they take any failure for an absent file.
    exists, isfile, isdir = AbstractFileSystem.exists, AbstractFileSystem.isfile, AbstractFileSystem.isdir

    @classmethod
    def _strip_protocol(cls, path: Any) -> str:
        return LocalFileSystem._strip_protocol(str(path).removeprefix(f"{PROTOCOL}://"))

    def unstrip_protocol(self, name: str) -> str:
        return f"{PROTOCOL}://{self._strip_protocol(name)}"

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **kwargs: Any) -> None:
        path = self._strip_protocol(path)
        fault = _met("write", path)
        with open(path, "wb") as file:
            if fault is not None:
                file.write(value[: len(value) // 2] if fault.torn else b"")
                fault.strike(path)
                file.seek(0)
            file.write(value)

    def _open(self, path: str, mode: str = "rb", *arguments: Any, **kwargs: Any) -> Any:
        if mode != "rb":
            raise NotImplementedError("the platform writes by pipe_file")
        _fail("read", path)
        return super()._open(path, mode, *arguments, **kwargs)

    def mv(self, path1: str, path2: str, **kwargs: Any) -> None:
        _fail("rename", path2)
        super().mv(path1, path2, **kwargs)

    def info(self, path: Any, **kwargs: Any) -> dict[str, Any]:
        _fail("list", str(path))
        return super().info(path, **kwargs)

    def ls(self, path: str, detail: bool = False, **kwargs: Any) -> list[Any]:
        _fail("list", self._strip_protocol(path))
        with os.scandir(self._strip_protocol(path)) as found:
            names = [entry.path for entry in found]
        return [LocalFileSystem.info(self, name) for name in names] if detail else names

    def rm_file(self, path: str) -> None:
        _fail("remove", path)
        super().rm_file(path)

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        path = self._strip_protocol(path)
        _fail("remove", path)
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)


fsspec.register_implementation(PROTOCOL, FaultyFileSystem, clobber=True)
