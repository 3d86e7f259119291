"""Which of several arrays in a file are the labels, by their names, and which say how large a voxel is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

LABELS = (
    "labels", "label", "masks", "mask", "segmentation", "segmentations", "seg", "instances", "label_image",
    "exported_data", "tracked", "tracked_labels",
)  # fmt: skip
"""Names of arrays of labels."""
IMAGES = ("raw", "image", "images", "img", "intensity", "intensities", "signal", "data", "volume", "x")
"""Names of arrays that lie beside them."""
VOXEL = ("voxel", "voxel_size", "voxelsize", "spacing", "scale", "pixel_size", "element_size_um")
"""Names of arrays that hold the size of a voxel, in µm and in the order of the axes of space."""


def chosen(names: Iterable[str]) -> str | None:
    """The one array that may be labels, or is called so (the last part of its name) beside others that are called
    images; none where several could be."""
    found = list(names)
    if len(found) == 1:
        return found[0]
    called = [name for name in found if _last(name) in LABELS]
    others = [name for name in found if name not in called]
    return called[0] if len(called) == 1 and all(_last(name) in IMAGES for name in others) else None


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1].lower()


def by_number(names: Sequence[str]) -> dict[int, str] | None:
    """Frame number → name, in order, of names that differ in one number alone; none where they do not."""
    numbers = {name: [int(n) for n in re.findall(r"\d+", name)] for name in names}
    if len(names) < 2 or len({re.sub(r"\d+", "#", name) for name in names}) != 1:
        return None
    changing = [i for i, column in enumerate(zip(*numbers.values(), strict=True)) if len(set(column)) > 1]
    if len(changing) != 1:
        return None
    found = {numbers[name][changing[0]]: name for name in names}
    return {number: found[number] for number in sorted(found)} if len(found) == len(names) else None


def size_of(values: Sequence[float], axes: int) -> tuple[float, ...] | None:
    """Values as the size of a voxel of so many axes of space, or none."""
    sizes = tuple(float(value) for value in values)
    return sizes if len(sizes) == axes and all(0 < size < float("inf") for size in sizes) else None
