"""Files that no reader should open: pipes and devices, which would be waited for or read without end, and names that
are not of the encoding in which tables are written."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from trainables.shapes.bad_data import BadData

_DEPTH = 3
"""Folders below each other in which the files of a recording lie, at most."""
_KINDS = {stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket", stat.S_IFCHR: "device", stat.S_IFBLK: "device"}


def refuse_odd(place: Path) -> None:
    """Raise BadData if a file is odd, or one in a folder and those below it; what lies in a Zarr folder is its
    library's."""
    for path in _below(place, _DEPTH):
        if not encoded(path.name):
            raise BadData(f"{path}: its name is not UTF-8, as tables and figures are; rename it")
        try:
            kind = stat.S_IFMT(path.stat().st_mode)
        except OSError:  # a link that leads nowhere, or nothing to be read: told by who needs it
            continue
        if kind in _KINDS:
            raise BadData(f"{path}: no file but a {_KINDS[kind]}; put the file itself there")


def encoded(name: str) -> bool:
    """Whether a name can be written; of bytes that are not, Python makes a text that cannot."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _below(place: Path, depth: int) -> Iterator[Path]:
    yield place
    if depth and place.is_dir() and place.suffix.lower() != ".zarr":
        for child in sorted(place.iterdir()):
            yield from _below(child, depth - 1)
