"""Label images in TIFF files, volumes or planes: what `tifffile` and `imagecodecs` read, with the axes that the
file names."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.size import refuse_huge
from trainables.shapes.readers.tiff_axes import arranged, named, order_of
from trainables.shapes.readers.tiff_series import Stored, refuse_part, stored_in

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SUFFIXES = (".tif", ".tiff", ".btf", ".tf2", ".tf8")


def library() -> Any:
    """tifffile; what is wrong with a file is told once, by us."""
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    return tifffile


def read_array(path: Path) -> Array:
    """The array of a TIFF file with whatever axes it has; raises BadData."""
    try:
        with library().TiffFile(path) as file:
            _check_complete(file.pages, range(len(file.pages)))
            series = file.series[0]
            refuse_huge(series.shape, series.dtype.itemsize, path)
            return series.asarray()
    except (BadData, MemoryError):
        raise
    except Exception as error:  # what a decoder raises on a broken file is not documented
        raise BadData(f"{path}: {_unread(error)}") from None


def read_volume(path: Path, axes: str | None = None) -> Array:
    """One frame (z, y, x), or (y, x): a file of its own, or of an OME-TIFF of several files; raises BadData.

    `axes`: a letter for each, where the file's own names are wrong.
    """
    try:
        with library().TiffFile(path, _multifile=False) as file:
            stored = stored_in(file, path)
            _check_complete(file.pages, range(len(file.pages)))
            order = order_of(named(stored.axes, axes, path), stored.shape, False, path)
            refuse_huge(stored.shape, stored.item_bytes, path)
            return arranged(stored.read(), order)
    except (BadData, MemoryError):
        raise
    except Exception as error:
        raise BadData(f"{path}: {_unread(error)}") from None


def read_frame(path: Path, frame: int, axes: str | None = None) -> Array:
    """Frame `frame`, (z, y, x) or (y, x), of a file with time; only its pages are read. Raises BadData."""
    try:
        with library().TiffFile(path) as file:
            stored = stored_in(file, path)
            order = order_of(named(stored.axes, axes, path), stored.shape, True, path)
            one = list(stored.shape)
            one[order[0]] = 1
            if len(stored.series) > 1 and order[0] == 0:
                series = stored.series[frame]
                _check_complete(series.pages, range(len(series.pages)))
                refuse_huge(one, stored.item_bytes, path)
                return arranged(series.asarray().reshape(one), order)[0]
            pages = _pages_of(stored, order[0], frame)
            if pages is None:
                for series in stored.series:
                    _check_complete(series.pages, range(len(series.pages)))
                refuse_huge(stored.shape, stored.item_bytes, path)
                return arranged(stored.read(), order)[frame]
            series = stored.series[0]
            _check_complete(series.pages, pages)
            refuse_huge(one, stored.item_bytes, path)
            return arranged(series.asarray(key=pages).reshape(one), order)[0]
    except (BadData, MemoryError):
        raise
    except Exception as error:
        raise BadData(f"{path}, frame {frame}: {_unread(error)}") from None


def frames_in(path: Path, axes: str | None = None) -> int:
    """Number of frames in a TIFF file with time, without reading it; raises BadData."""
    try:
        with library().TiffFile(path) as file:
            refuse_part(file, path)
            stored = stored_in(file, path)
            return stored.shape[order_of(named(stored.axes, axes, path), stored.shape, True, path)[0]]
    except BadData:
        raise
    except Exception as error:
        raise BadData(f"{path}: {_unread(error)}") from None


def axes_in(path: Path) -> tuple[str, tuple[int, ...]]:
    """A letter for each axis of a file, and their lengths; raises BadData."""
    try:
        with library().TiffFile(path) as file:
            stored = stored_in(file, path)
            return stored.axes, stored.shape
    except BadData:
        raise
    except Exception as error:
        raise BadData(f"{path}: {_unread(error)}") from None


def has_time(path: Path) -> bool:
    """Whether a file names an axis of time, or has more axes than one frame; raises BadData."""
    axes, shape = axes_in(path)
    return "T" in axes or sum(length > 1 for length in shape) > 3


def _pages_of(stored: Stored, time: int, frame: int) -> list[int] | None:
    """The pages of one frame, in order; none where a page is not one plane."""
    import numpy as np

    lead, count = stored.shape[:-2], len(stored.series[0].pages)
    if len(stored.series) > 1 or count != math.prod(lead) or time >= len(lead):
        return None
    return [int(page) for page in np.arange(count).reshape(lead).take(frame, axis=time).ravel()]


def _check_complete(pages: Any, numbers: Any) -> None:
    """Decoders may fill what is missing with zeros: the file must be as long as its directory says."""
    for number in numbers:
        if pages[number] is None:
            raise BadData(f"{pages.parent.filehandle.path}: plane {number} lies in another file, which is not there")
        page = pages[number].aspage()
        handle = page.parent.filehandle
        end = max(a + b for a, b in zip(page.dataoffsets, page.databytecounts, strict=True))
        if end > handle.size:
            raise BadData(
                f"{handle.path}: truncated, page {number} should reach to byte {end} of {handle.size}; copy it again"
            )


def _unread(error: Exception) -> str:
    """Why a file cannot be read, and what to do."""
    said = str(error) or type(error).__name__
    if "requires the" in said or "COMPRESSION" in said:
        return f"compressed in a way that cannot be read ({said}); install what is named, or save it with Deflate"
    return f"cannot be read as TIFF ({said}); it is damaged or no TIFF, copy it again"
