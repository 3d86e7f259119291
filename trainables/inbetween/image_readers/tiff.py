"""TIFF files, with the georeference of GeoTIFF and the no-data value of GDAL."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from trainables.inbetween.image_readers.base import ImageReader
from trainables.inbetween.pictures import Array
from trainables.shapes.bad_data import BadData

_GEOREFERENCE = (33550, 33922, 34264, 34735, 34736, 34737)
"""GeoTIFF: pixel scale, tie points, transformation, and the three tags of keys."""
_NO_DATA = 42113
"""GDAL's tag of the value that means no data."""


class Tiff(ImageReader):
    """The pages of a TIFF file, NaN where its no-data value is; overviews and masks are no pages."""

    name: ClassVar[str] = "tiff"
    suffixes: ClassVar[tuple[str, ...]] = (".tif", ".tiff")

    @classmethod
    def read(cls, file: Path) -> tuple[list[Array], dict[str, Any]]:
        import tifffile

        try:
            with tifffile.TiffFile(file) as opened:
                full = [
                    page for page in (page.aspage() for page in opened.pages) if not (page.is_reduced or page.is_mask)
                ]
                pages = [np.asarray(page.asarray()) for page in full]
                known = opened.pages[0].aspage().tags
                tags = {str(code): _plain(known[code].value) for code in _GEOREFERENCE if code in known}
                missing = float(str(known[_NO_DATA].value).strip("\0 ")) if _NO_DATA in known else None
        except Exception as error:  # what a decoder raises on a broken file is not documented
            raise BadData(f"{file}: cannot be read as TIFF ({error}); the file is damaged, copy it again") from None
        if missing is not None:
            # Integers are scaled by their type later: what is missing must be known before.
            pages = [_masked(page, missing) for page in pages]
        return pages, tags

    @classmethod
    def written(cls, frames: Array, folder: Path) -> list[Path]:
        import tifffile

        (folder / "pages").mkdir()
        for number, frame in enumerate(frames):
            tifffile.imwrite(folder / "pages" / f"t{number}.tif", frame)
        tifffile.imwrite(folder / "stack.tiff", frames, compression="zlib", photometric="minisblack")
        return [folder / "pages", folder / "stack.tiff"]


def _masked(page: Array, missing: float) -> Array:
    if np.isnan(missing):
        return page
    scale = np.iinfo(page.dtype).max if np.issubdtype(page.dtype, np.integer) else 1.0
    masked: Array = np.where(page == missing, np.nan, page / scale)
    return masked


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
