"""Files that are whole or absent: atomic writes on any filesystem that fsspec reaches, and the cache folder."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import fsspec


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


def write_atomically(url: str, content: bytes | Callable[[BinaryIO], Any]) -> None:
    """Write bytes, or what `content(file)` writes, so that a reader finds the old file or the new, never a torn one.

    On a local disk: temporary name, fsync, rename. On an object store an upload is visible only when it is complete.
    """
    filesystem, path = fsspec.core.url_to_fs(url)
    local = "file" in filesystem.protocol if isinstance(filesystem.protocol, tuple) else filesystem.protocol == "file"
    filesystem.makedirs(os.path.dirname(path), exist_ok=True)
    if not local:
        with filesystem.open(path, "wb") as file:
            file.write(content) if isinstance(content, bytes) else content(file)
        return
    temporary = f"{path}.{uuid.uuid4().hex[:8]}.part"
    try:
        with open(temporary, "wb") as file:
            file.write(content) if isinstance(content, bytes) else content(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)


def read(url: str) -> bytes | None:
    """The content of a file, None if there is none."""
    filesystem, path = fsspec.core.url_to_fs(url)
    try:
        with filesystem.open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
