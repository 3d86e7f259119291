"""Label volumes in TIFF files, and the size of their voxels."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import Triple

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SUFFIXES = (".tif", ".tiff")
VOXEL_FILE = "voxel_size.txt"
_MICROMETRES = {"µm": 1.0, "μm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0, "nm": 1e-3, "mm": 1e3}


def _library() -> Any:
    """tifffile; what is wrong with a file is told once, by us."""
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    return tifffile


def read_volume(path: Path, frame: int | None = None) -> Array:
    """The array of a TIFF file, or only frame `frame` of one with the axes (t, z, y, x); raises BadData."""
    tifffile = _library()
    try:
        with tifffile.TiffFile(path) as file:
            series = file.series[0]
            whole = len(series.pages) * series.shape[-2] * series.shape[-1] == _size(series.shape)
            if frame is None or len(series.shape) != 4 or not whole:
                _check_complete(file, range(len(file.pages)))
                values = series.asarray()
                return values if frame is None or values.ndim != 4 else values[frame]
            depth = series.shape[1]
            pages = range(frame * depth, (frame + 1) * depth)
            _check_complete(file, pages)
            return series.asarray(key=pages).reshape(series.shape[1:])
    except BadData:
        raise
    except Exception as error:  # what a decoder raises on a broken file is not documented
        where = str(path) if frame is None else f"{path}, frame {frame}"
        raise BadData(f"{where}: cannot be read as TIFF ({error}); the file is damaged, copy it again") from None


def shape_of(path: Path) -> tuple[int, ...]:
    """Shape of the array of a TIFF file, without reading it; raises BadData."""
    tifffile = _library()
    try:
        with tifffile.TiffFile(path) as file:
            return tuple(int(n) for n in file.series[0].shape)
    except Exception as error:
        raise BadData(f"{path}: cannot be read as TIFF ({error}); the file is damaged, copy it again") from None


def voxel_beside(folder: Path) -> Triple | None:
    """Voxel size (z, y, x) in µm from `voxel_size.txt` in a folder, if there is one; raises BadData."""
    file = folder / VOXEL_FILE
    if not file.exists():
        return None
    try:
        z, y, x = (float(word) for word in file.read_text().split())
    except ValueError:
        z = y = x = -1.0
    if not 0 < min(z, y, x) <= max(z, y, x) < float("inf"):
        raise BadData(f"{file}: not three positive numbers; write the size of a voxel as z y x in µm")
    return z, y, x


def voxel_in(path: Path) -> Triple | None:
    """Voxel size (z, y, x) in µm from a TIFF's OME or ImageJ metadata; None if they do not say all three."""
    tifffile = _library()
    try:
        with tifffile.TiffFile(path) as file:
            sizes = _from_ome(file.ome_metadata or "") or _from_imagej(file)
    except Exception:  # what is wrong with the file is told when it is read
        return None
    return sizes if sizes and all(0 < size < float("inf") for size in sizes) else None


def _from_ome(xml: str) -> Triple | None:
    sizes = []
    for axis in "ZYX":
        size = re.search(rf'PhysicalSize{axis}="([^"]+)"', xml)
        unit = re.search(rf'PhysicalSize{axis}Unit="([^"]+)"', xml)
        factor = _MICROMETRES.get(unit[1] if unit else "µm")
        if not size or factor is None:
            return None
        sizes.append(float(size[1]) * factor)
    return sizes[0], sizes[1], sizes[2]


def _from_imagej(file: Any) -> Triple | None:
    metadata = file.imagej_metadata or {}
    factor = _MICROMETRES.get(str(metadata.get("unit", "")).replace("\\u00B5", "µ"))
    tags = file.pages[0].tags
    if factor is None or "spacing" not in metadata or "XResolution" not in tags or "YResolution" not in tags:
        return None
    (x, per_x), (y, per_y) = tags["XResolution"].value, tags["YResolution"].value
    return float(metadata["spacing"]) * factor, per_y / y * factor, per_x / x * factor


def _check_complete(file: Any, pages: Any) -> None:
    """Decoders may fill what is missing with zeros: the file must be as long as its directory says."""
    size = file.filehandle.size
    for index in pages:
        page = file.pages[index].aspage()
        ends = [a + b for a, b in zip(page.dataoffsets, page.databytecounts, strict=True)]
        if max(ends) > size:
            raise BadData(
                f"{file.filehandle.path}: truncated, page {index} should reach to byte {max(ends)} of {size}; "
                "copy it again"
            )


def _size(shape: tuple[int, ...]) -> int:
    total = 1
    for n in shape:
        total *= int(n)
    return total
