"""What a recording would take of the memory, told before it is read: a file of some kilobytes may name any size."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trainables.machine import memory
from trainables.shapes.bad_data import BadData

_COPIES = 2
"""Arrays of its size, at least, that reading a frame and finding its shapes takes."""
_LITTLE = 1 << 24
"""Bytes for which nobody has to be asked: what is left is read from a dozen files."""


def refuse_huge(shape: Sequence[int], item_bytes: int, where: object) -> None:
    """BadData if an array of that shape, of so many bytes a value, does not fit into what memory is left."""
    needed = float(math.prod(int(n) for n in shape)) * item_bytes
    if needed * _COPIES > _LITTLE and needed * _COPIES > (left := memory()):
        sizes = " × ".join(map(str, shape))
        raise BadData(
            f"{where}: {sizes} values take {needed / 1e9:.1f} GB each time they are held, and {left / 1e9:.1f} GB of "
            "memory are left; give a smaller part, or fewer voxels"
        )
