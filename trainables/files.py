"""Files that are whole or absent, on any filesystem that fsspec reaches, and patience where it fails for a moment.

A failure that may pass by itself (a connection, a busy store) is waited out for some seconds; one that will not (a full
disk, a missing permission) is raised at once. Either way an OSError says what failed and where.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import random
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import fsspec

T = TypeVar("T")

WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between attempts; varied, so that many workers do not come back at the same moment."""
FULL = {errno.ENOSPC, errno.EDQUOT}
_LASTING = FULL | {
    *(errno.ENOENT, errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY),
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.EFBIG, errno.EINVAL),
}
"""What does not pass by itself within seconds."""
_NUMBERS = {
    FileNotFoundError: errno.ENOENT,
    PermissionError: errno.EACCES,
    FileExistsError: errno.EEXIST,
    IsADirectoryError: errno.EISDIR,
    NotADirectoryError: errno.ENOTDIR,
    TimeoutError: errno.ETIMEDOUT,
}
"""Of errors that a library has raised without a number."""
_UPLOADED_WHOLE = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "oci", "memory"}
"""Protocols of object stores: an upload is visible when it is complete, and a rename would be a copy."""


def cache_folder() -> Path:
    """$STUDY_CACHE, or `shape-sequence-studies` under the user's cache folder; results can always be made again."""
    chosen = os.environ.get("STUDY_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(base) / "shape-sequence-studies"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:  # a home that cannot be written to: compute nodes, service accounts
        folder = Path(tempfile.gettempdir()) / f"shape-sequence-studies-cache-{os.getuid()}"
    return folder


def patiently(action: Callable[[], T], where: str, local: bool = True) -> T:
    """The value of `action()`, which asks a filesystem, and may be called again when that fails.

    Args:
        where: what the error names.
        local: whether it is a local disk; other filesystems' libraries may raise anything.

    Raises:
        OSError: with number, reason and `where`; after some seconds, unless it will not pass by itself.
    """
    for wait in (*WAITS, None):
        try:
            return action()
        except Exception as error:
            if local and not isinstance(error, OSError):
                raise
            failure = _located(error, where)
            if wait is None or failure.errno in _LASTING:
                raise failure from error
        time.sleep(wait * random.uniform(0.5, 1.5))
    raise AssertionError("the last attempt returns or raises")


def _located(error: Exception, where: str) -> OSError:
    """An error that has a number, a reason and a place. (Python makes FileNotFoundError of ENOENT, and so on.)"""
    if not isinstance(error, OSError):
        return OSError(errno.EIO, f"{type(error).__name__}: {' '.join(str(error).split())}", where)
    number = error.errno or next((n for kind, n in _NUMBERS.items() if isinstance(error, kind)), errno.EIO)
    reason = error.strerror or (os.strerror(number) if number != errno.EIO else f"{type(error).__name__}: {error}")
    return OSError(number, " ".join(str(reason).split()), where)


def is_local(filesystem: Any) -> bool:
    """Whether an fsspec filesystem is this machine's own."""
    return "file" in _protocols(filesystem)


def is_object_store(filesystem: Any) -> bool:
    """Whether an upload appears when it is complete, and there are no folders to be made."""
    return bool(_protocols(filesystem) & _UPLOADED_WHOLE)


def within(seconds: float, action: Callable[[], T]) -> T:
    """The value of `action()`, or what it raises; TimeoutError when time is up, wherever it hangs."""
    answers: list[T] = []
    failures: list[Exception] = []

    def act() -> None:
        try:
            answers.append(action())
        except Exception as error:  # raised again below, in the caller's thread
            failures.append(error)

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not answers:
        raise TimeoutError(f"no answer within {seconds:.0f} s")
    return answers[0]


def _protocols(filesystem: Any) -> set[str]:
    protocol = filesystem.protocol
    return {protocol} if isinstance(protocol, str) else set(protocol)


def write_atomically(url: str, content: bytes | Callable[[BinaryIO], Any]) -> None:
    """Write bytes, or what `content(file)` writes, so that a reader finds the old file or the new, never a torn one.

    Temporary name, then rename (on a local disk with an fsync before it); on an object store an upload is visible
    only when it is complete. Raises OSError as `patiently` does.
    """
    if not isinstance(content, bytes):
        buffer = io.BytesIO()
        content(buffer)
        content = buffer.getvalue()
    whole = content
    filesystem, path = fsspec.core.url_to_fs(url)
    local = is_local(filesystem)
    write = _write_on_disk if local else _upload
    patiently(lambda: write(filesystem, path, whole), url, local)


def _write_on_disk(filesystem: Any, path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.{uuid.uuid4().hex[:8]}.part"
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):  # it has its name by now, or the disk is unwell
            os.remove(temporary)


def _upload(filesystem: Any, path: str, content: bytes) -> None:
    if is_object_store(filesystem):
        filesystem.pipe_file(path, content)
        return
    filesystem.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.{uuid.uuid4().hex[:8]}.part"
    try:
        filesystem.pipe_file(temporary, content)
        filesystem.mv(temporary, path)
    except BaseException:
        with contextlib.suppress(Exception):  # the store is unwell; the run folder is swept at the end
            filesystem.rm_file(temporary)
        raise


def read(url: str) -> bytes | None:
    """The content of a file, None if there is none. Raises OSError as `patiently` does."""
    filesystem, path = fsspec.core.url_to_fs(url)
    try:
        return bytes(patiently(lambda: filesystem.cat_file(path), url, is_local(filesystem)))
    except FileNotFoundError:
        return None
