"""The door of a run folder: what is read from it is a regular file, of a size that fits, and lies inside it.

A run folder may come from anybody. A pipe in it would be waited for, a device read without end, and a link would show
whoever opens the folder what only he may read.
"""

from __future__ import annotations

import os
import posixpath
import stat
from typing import Any

MEBIBYTE = 2**20
RECORD = 32 * MEBIBYTE
"""Most bytes of `study.json`; the largest so far has 200 kB."""
ROW = 4 * MEBIBYTE
"""Most bytes of the row of one trial, and of a lock."""
TABLE = 4096 * MEBIBYTE
"""Most bytes of a table, of a model, of a checkpoint, of the journal."""


class Refused(ValueError):
    """What is there is not what may be read; the message goes on after the name of the file."""


def content(filesystem: Any, folder: str, name: str, most: int) -> bytes:
    """The bytes of the file `name`, a path below `folder`. Raises :class:`Refused`, or ``OSError`` where it cannot be
    read (``FileNotFoundError`` where there is none)."""
    path = posixpath.join(folder, name)
    if "file" not in filesystem.protocol:
        size = filesystem.info(path).get("size")
        _bound(size or 0, most)
        return bytes(filesystem.cat_file(path))
    refuse_outside(folder, name)
    if os.path.islink(path) and not os.path.exists(path):
        raise Refused("it is a link that leads nowhere")
    return regular(path, most)


def refuse_outside(folder: str, name: str) -> None:
    """Raise :class:`Refused` where `name`, of a file that may not be there yet, leads out of a local folder."""
    root = os.path.realpath(folder)
    real = os.path.realpath(os.path.join(folder, name))
    if real != root and not real.startswith(f"{root.rstrip(os.sep)}{os.sep}"):
        raise Refused("it leads out of the run folder through a link; put the file itself there")


def regular(path: str, most: int) -> bytes:
    """The bytes of a local file. Raises :class:`Refused` or ``OSError``; waits for nothing."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode):
            raise Refused(f"it is no file but a {_KINDS.get(stat.S_IFMT(found.st_mode), 'device')}")
        _bound(found.st_size, most)
        with open(number, "rb", closefd=False) as file:
            return file.read(found.st_size)
    finally:
        os.close(number)


_KINDS = {stat.S_IFDIR: "folder", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}


def _bound(size: int, most: int) -> None:
    if size > most:
        raise Refused(f"it has {size / MEBIBYTE:.0f} MiB, and such a file has at most {most // MEBIBYTE}")
