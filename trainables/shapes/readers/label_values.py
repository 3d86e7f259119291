"""What counts as a label image: whole numbers, 0 outside, whatever type they are stored in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainables.shapes.bad_data import BadData

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MANY = 20
"""So many labels in a frame, and more, may be grey values."""
_DENSE = 1 << 16
"""Labels below are looked up in a list, larger ones among those that occur."""

_EXACT = 2.0**53
"""Floating point of this size and more does not hold every whole number."""
_ROUNDED, _MOST = 1e-6, 0.01
"""Share by which arithmetic may have changed a whole number, and the largest change."""


def whole_numbers(values: Array, where: str) -> Array:
    """A frame (z, y, x) or (y, x) of labels as integers: true is label 1, and floating point may be whole, or
    NaN, which is outside; raises BadData."""
    if values.ndim not in (2, 3):
        raise BadData(f"{where}: {values.ndim} axes {values.shape}; a frame is a volume (z, y, x) or a plane (y, x)")
    if values.dtype == bool:
        return values.astype("uint8")
    if values.dtype.kind == "f":
        values = _as_whole(values, where)
    if values.dtype.kind not in "ui":
        raise BadData(f"{where}: values of type {values.dtype}, but labels are whole numbers; give labels")
    if values.size and values.min() < 0:
        raise BadData(f"{where}: label {values.min()}, but labels are not negative; give labels")
    return values


def _as_whole(values: Array, where: str) -> Array:
    """Floating point as integers: NaN is outside every cell, as Fiji has it; raises BadData."""
    import numpy as np

    values = np.where(np.isnan(values), 0, values)
    with np.errstate(invalid="ignore"):
        whole = np.rint(values)
        allowed = np.minimum(_ROUNDED * np.maximum(1, np.abs(values)), _MOST)
        odd = ~((np.abs(values) < _EXACT) & (np.abs(values - whole) <= allowed))
    if odd.any():
        value = float(values[odd][0])
        raise BadData(
            f"{where}: it has the value {value:.9g}, but labels are whole numbers; give labels{_scaled(values)}"
        )
    return whole.astype("int64")


def _scaled(values: Array) -> str:
    """What to do with whole numbers over the largest of a type, as programs save that have images from 0 to 1."""
    import numpy as np

    for largest in (255, 65535):
        scaled = values * float(largest)
        if values.max() <= 1 and (np.abs(scaled - np.rint(scaled)) < 1e-3).all():
            return f", which these are over {largest}: save them multiplied by it, as whole numbers"
    return ""


def dense(labels: Array) -> tuple[Array, Array]:
    """The labels that occur, in rising order with 0 first, and the image of their places in that list."""
    import numpy as np

    largest = int(labels.max(initial=0))
    if largest < _DENSE:
        return np.arange(largest + 1), labels.astype("int32", copy=False)
    found, places = np.unique(labels, return_inverse=True)
    if found[0] != 0:
        found, places = np.concatenate([np.zeros(1, found.dtype), found]), places + 1
    return found, places.reshape(labels.shape).astype("int32")


def refuse_intensities(labels: Array, where: str) -> None:
    """BadData if most labelled neighbours differ, as the grey values of an image do, and labels of cells do not."""
    import numpy as np

    beside = (labels[..., 1:] > 0) & (labels[..., :-1] > 0)
    if not (pairs := int(beside.sum())) or int((labels[..., 1:] != labels[..., :-1])[beside].sum()) * 2 < pairs:
        return
    if (count := len(np.unique(labels))) > MANY:
        raise BadData(
            f"{where}: these look like grey values ({count} different ones, most neighbours differ), not labels; give "
            "the label images"
        )
