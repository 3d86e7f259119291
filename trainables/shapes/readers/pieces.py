"""A label in several pieces: the largest, all of them, or each a label of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Pieces = Literal["largest", "all", "split"]


def largest(mask: Array) -> Array:
    """The largest part of a mask connected through faces, edges and corners; the first of equals."""
    import numpy as np

    parts, count = _parts(mask)
    return mask if count <= 1 else parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))


def split(labels: Array) -> Array:
    """Every connected part of every label as a label of its own, numbered from 1."""
    import numpy as np
    from scipy.ndimage import find_objects

    from trainables.shapes.readers.label_values import dense

    _, places = dense(labels)
    found, total = np.zeros(labels.shape, "int32"), 0
    for place, slices in enumerate(find_objects(places), start=1):
        if slices is None:
            continue
        parts, count = _parts(places[slices] == place)
        found[slices][parts > 0] = parts[parts > 0] + total
        total += count
    return found


def _parts(mask: Array) -> tuple[Array, int]:
    import numpy as np
    from scipy.ndimage import label

    parts, count = label(mask, structure=np.ones(mask.ndim * (3,)))
    return parts, int(count)
