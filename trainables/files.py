"""Files that are whole or absent, on any filesystem that fsspec reaches, and patience where it fails for a moment.

A failure that may pass by itself (a connection, a busy store) is waited out for some seconds; one that will not (a full
disk, a missing permission) is raised at once. Either way an OSError says what failed and where.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import io
import os
import random
import shutil
import stat
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from functools import lru_cache
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


_OURS = "shape-sequence-studies"


def cache_folder() -> Path:
    """`shape-sequence-studies` under $STUDY_CACHE or the user's cache folder; what is in it can always be made again.

    A folder of our own in either: what else lies there is others'.
    """
    base = os.environ.get("STUDY_CACHE") or os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(base) / _OURS
    try:
        if base.startswith("~"):
            raise FileNotFoundError(errno.ENOENT, "a user without a home", base)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:  # no home, or one that cannot be written to: containers, compute nodes, service accounts
        return own_temporary_folder("cache")
    return folder


def own_temporary_folder(what: str) -> Path:
    """A folder of this user's under the temporary folder, which nobody else may enter; where another user has one of
    that name, or could have put something into it, one that lasts as long as this process: what is in it would become
    our results."""
    folder = Path(tempfile.gettempdir()) / f"{_OURS}-{what}-{os.getuid()}"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or not folder.is_dir():
        return _folder_of_this_process()
    told = folder.stat()
    if told.st_uid != os.getuid() or told.st_mode & 0o022:
        return _folder_of_this_process()
    return folder


@lru_cache
def _folder_of_this_process() -> Path:
    folder = tempfile.mkdtemp(prefix=f"{_OURS}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def cached(kind: str, name: str, content: bytes) -> str:
    """A file with this content in a subfolder `kind` of the cache.

    Where the cache is full or cannot be written, in a folder that lasts as long as this process; OSError if not there
    either.
    """
    try:
        return _put(cache_folder() / kind / name, content)
    except OSError:
        return _put(_folder_of_this_process() / kind / name, content)


def _put(file: Path, content: bytes) -> str:
    if not file.exists() or file.read_bytes() != content:
        write_atomically(str(file), content)
    return str(file)


def remembered(kind: str, name: str) -> bytes | None:
    """What `remember` has put into the cache; None where there is nothing, or nothing that can be read."""
    try:
        return (cache_folder() / kind / name).read_bytes()
    except OSError:
        return None


def remember(kind: str, name: str, content: bytes) -> None:
    """Put a result into the cache, so that it need not be computed again; a cache that fails costs that time only."""
    with contextlib.suppress(OSError):
        write_atomically(str(cache_folder() / kind / name), content)


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


def create(url: str, content: bytes) -> bool:
    """Make a file, unless there is one of that name: whether it is ours.

    On a local disk of several processes exactly one makes it, and it appears whole. A store keeps to that as far as it
    can: some look first and write then.
    """
    filesystem, path = fsspec.core.url_to_fs(url)
    local = is_local(filesystem)
    if not local and not is_object_store(filesystem):
        filesystem.makedirs(os.path.dirname(path), exist_ok=True)

    def make() -> bool:
        try:
            if local:
                _link(path, content)
            else:
                filesystem.pipe_file(path, content, mode="create")
        except FileExistsError:
            return read(url) == content  # an attempt whose answer was lost may have made it
        return True

    return patiently(make, url, local)


def _link(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.{uuid.uuid4().hex[:8]}.part"
    try:
        _write_on_disk(None, temporary, content)
        try:
            os.link(temporary, path)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
                raise
            with open(path, "xb") as file:  # a file system without hard links: it may be seen half-written
                file.write(content)
    finally:
        with contextlib.suppress(OSError):
            os.remove(temporary)


def overwrite(url: str, content: bytes) -> None:
    """Replace the content of a file by one of equal length; on a local disk FileNotFoundError if there is none."""
    filesystem, path = fsspec.core.url_to_fs(url)
    if not is_local(filesystem):
        write_atomically(url, content)
        return
    with open(path, "r+b") as file:
        file.write(content)


def read(url: str) -> bytes | None:
    """The content of a file, None if there is none. Raises OSError as `patiently` does."""
    filesystem, path = fsspec.core.url_to_fs(url)
    local = is_local(filesystem)
    get = _regular if local else filesystem.cat_file
    try:
        return bytes(patiently(lambda: get(path), url, local))
    except FileNotFoundError:
        return None


def _regular(path: str) -> bytes:
    """The content of a file of this machine; OSError for a pipe, which would be waited for, and a device."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", path)
        return file.read()
