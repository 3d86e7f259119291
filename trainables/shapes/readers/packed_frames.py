"""Frames that were read, packed: every track of a recording asks for all frames, and a file is read once for all.

Label volumes are mostly the same number again and again: packed they take 2 % of their room, and are unpacked in less
time than their file is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_MOST = 1 << 28
"""Bytes that are kept, packed."""
_LARGEST = 1 << 31
"""Bytes from which a frame is too large for the packer."""


class PackedFrames:
    """The first frames that are asked for, as many as there is room for: no later one drives an earlier one out, since
    all are asked for in turn, again and again."""

    def __init__(self, most: int = _MOST) -> None:
        self._left = most
        self._kept: dict[int, tuple[bytes, str, tuple[int, ...]]] = {}

    def get(self, number: int, read: Callable[[int], Array]) -> Array:
        """What `read(number)` gives, a new array."""
        import numpy as np

        if number in self._kept:
            packed, kind, shape = self._kept[number]
            again = np.empty(shape, kind)
            _packer().decode(packed, again)
            return again
        values = read(number)
        if self._left > 0 and values.nbytes < _LARGEST:
            packed = bytes(_packer().encode(np.ascontiguousarray(values)))
            if len(packed) <= self._left:
                self._kept[number] = packed, values.dtype.str, values.shape
                self._left -= len(packed)
        return values


def _packer() -> Any:
    from numcodecs import Blosc

    return Blosc("lz4", clevel=1)
