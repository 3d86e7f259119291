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

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SUFFIXES = (".tif", ".tiff")


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
            series = file.series[0]
            _check_complete(file.pages, range(len(file.pages)))
            order = order_of(named(series.axes, axes, path), series.shape, False, path)
            refuse_huge(series.shape, series.dtype.itemsize, path)
            return arranged(series.asarray(), order)
    except (BadData, MemoryError):
        raise
    except Exception as error:
        raise BadData(f"{path}: {_unread(error)}") from None


def read_frame(path: Path, frame: int, axes: str | None = None) -> Array:
    """Frame `frame`, (z, y, x) or (y, x), of a file with time; only its pages are read. Raises BadData."""
    try:
        with library().TiffFile(path) as file:
            series = file.series[0]
            order = order_of(named(series.axes, axes, path), series.shape, True, path)
            pages = _pages_of(series, order[0], frame)
            if pages is None:
                _check_complete(series.pages, range(len(series.pages)))
                refuse_huge(series.shape, series.dtype.itemsize, path)
                return arranged(series.asarray(), order)[frame]
            _check_complete(series.pages, pages)
            one = list(series.shape)
            one[order[0]] = 1
            refuse_huge(one, series.dtype.itemsize, path)
            values = series.asarray(key=pages).reshape(one)
            return arranged(values, order)[0]
    except (BadData, MemoryError):
        raise
    except Exception as error:
        raise BadData(f"{path}, frame {frame}: {_unread(error)}") from None


def frames_in(path: Path, axes: str | None = None) -> int:
    """Number of frames in a TIFF file with time, without reading it; raises BadData."""
    try:
        with library().TiffFile(path) as file:
            series = file.series[0]
            shape = tuple(int(n) for n in series.shape)
            return shape[order_of(named(series.axes, axes, path), shape, True, path)[0]]
    except BadData:
        raise
    except Exception as error:
        raise BadData(f"{path}: {_unread(error)}") from None


def _pages_of(series: Any, time: int, frame: int) -> list[int] | None:
    """The pages of one frame, in order; none where a page is not one plane."""
    import numpy as np

    lead = series.shape[:-2]
    if len(series.pages) != math.prod(lead) or time >= len(lead):
        return None
    return [int(page) for page in np.arange(len(series.pages)).reshape(lead).take(frame, axis=time).ravel()]


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
