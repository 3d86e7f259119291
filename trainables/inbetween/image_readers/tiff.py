"""TIFF files, with the georeference of GeoTIFF and the no-data value of GDAL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from trainables.inbetween.image_readers.base import Bands, ImageReader
from trainables.inbetween.pictures import Array
from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.tiff import library

_GEOREFERENCE = (33550, 33922, 34264, 34735, 34736, 34737)
"""GeoTIFF: pixel scale, tie points, transformation, and the three tags of keys."""
_OPACITY = (1, 2)
"""Of the tag ExtraSamples: associated and unassociated alpha."""
_NO_DATA = 42113
"""GDAL's tag of the value that means no data."""


class Tiff(ImageReader):
    """The pages of a TIFF file, NaN where its no-data value is or a mask page says so; overviews are no pages."""

    name: ClassVar[str] = "tiff"
    suffixes: ClassVar[tuple[str, ...]] = (".tif", ".tiff")

    @classmethod
    def read(cls, file: Path) -> tuple[Sequence[Array | Bands], dict[str, Any]]:
        try:
            with library().TiffFile(file) as opened:
                if (channels := _channels(opened, file)) is not None:
                    return channels, georeference(opened.pages[0])
                pages = [page.aspage() for page in opened.pages]
                first = pages[0]
                if (planes := _unnamed_planes(opened)) is not None:
                    return planes, georeference(first)
                missing = float(str(first.tags[_NO_DATA].value).strip("\0 ")) if _NO_DATA in first.tags else None
                images: list[Array | Bands] = []
                for page in pages:
                    if page.is_mask and not page.is_reduced:
                        images[-1] = _with_mask(images[-1], np.asarray(page.asarray()))
                    elif not (page.is_reduced or page.is_mask):
                        images.append(_meant(page, missing))
                return images, georeference(first)
        except BadData:
            raise
        except Exception as error:  # what a decoder raises on a broken file is not documented
            raise BadData(f"{file}: cannot be read as TIFF ({error}); the file is damaged, copy it again") from None

    @classmethod
    def written(cls, frames: Array, folder: Path) -> list[Path]:
        import tifffile

        (folder / "pages").mkdir()
        for number, frame in enumerate(frames):
            tifffile.imwrite(folder / "pages" / f"t{number}.tif", frame)
        tifffile.imwrite(folder / "stack.tiff", frames, compression="zlib", photometric="minisblack")
        return [folder / "pages", folder / "stack.tiff"]


def _channels(opened: Any, file: Path) -> list[Array | Bands] | None:
    """The frames of a film whose channels have pages of their own; none of other files. Raises BadData where frames
    have a depth."""
    series = opened.series[0]
    sizes = dict(zip(series.axes, series.shape, strict=True))
    if sizes.get("T", 1) < 2 or "S" in sizes:
        return None
    if (planes := sizes.get("Z", 1)) > 1:
        raise BadData(f"{file}: its frames have {planes} planes; give one plane, or a projection, of each")
    if sizes.get("C", 1) < 2:
        return None
    kept = [axis for axis in series.axes if sizes[axis] > 1 or axis in "YX"]
    values = np.asarray(series.asarray()).reshape([sizes[axis] for axis in kept])
    return [Bands(frame) for frame in values.transpose([kept.index(axis) for axis in "TYXC"])]


def _unnamed_planes(opened: Any) -> Sequence[Array | Bands] | None:
    """The planes of the one page that tifffile makes of an array of three or four, and calls colours: frames, if the
    file names them so, bands, if nothing does; none of other files, and of colours that are named."""
    series, said = opened.series[0], opened.shaped_metadata
    named = str(said[0].get("axes", "")) if said else ""
    first = opened.pages[0]
    if len(opened.pages) != 1 or series.kind != "shaped" or named[:1] in ("C", "S"):
        return None
    if first.axes != "SYX" or first.photometric.name != "RGB":
        return None
    values = np.asarray(series.asarray())
    return list(values) if named else [Bands(np.moveaxis(values, 0, -1), frames=True)]


def georeference(page: Any) -> dict[str, Any]:
    """The GeoTIFF tags of a page by number."""
    return {str(code): _plain(page.tags[code].value) for code in _GEOREFERENCE if code in page.tags}


def _meant(page: Any, missing: float | None) -> Array | Bands:
    """A page's channels by what the file says of them: grey, colours, opacity, or bands without a meaning."""
    values = np.asarray(page.asarray())
    if values.ndim == 3 and page.axes == "SYX":
        values = np.moveaxis(values, 0, -1)
    shown = values if missing is None else _masked(values, missing)
    if values.ndim != 3 or page.axes not in ("SYX", "YXS"):
        return shown
    colours = 3 if page.photometric.name == "RGB" else 1
    extras = [int(kind) for kind in page.extrasamples]
    opaque = [colours + i for i, kind in enumerate(extras) if kind in _OPACITY and colours + i < values.shape[-1]]
    if colours == 1 and len(opaque) + 1 < values.shape[-1]:
        return Bands(np.delete(shown, opaque, axis=-1))
    if not opaque:
        return shown[..., 0] if colours == 1 else shown[..., :3]
    opacity = (values[..., opaque[0]] > 0).astype(shown.dtype)
    return np.concatenate([shown[..., :colours], opacity[..., None]], axis=-1)


def _with_mask(image: Array | Bands, mask: Array) -> Array | Bands:
    """An image without data where its mask page is 0; integers are scaled to [0, 1]."""
    values = image.values if isinstance(image, Bands) else image
    if mask.shape != values.shape[:2]:
        return image
    scale = np.iinfo(values.dtype).max if values.dtype.kind in "ui" else 1.0
    found = np.where(mask.reshape(*mask.shape, *[1] * (values.ndim - 2)) == 0, np.nan, values / scale)
    return Bands(found) if isinstance(image, Bands) else found


def _masked(page: Array, missing: float) -> Array:
    if np.isnan(missing):
        return page
    scale = np.iinfo(page.dtype).max if np.issubdtype(page.dtype, np.integer) else 1.0
    masked: Array = np.where(page == missing, np.nan, page / scale)
    return masked


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
