"""Georeferenced images on different grids, brought to their overlap on the first one's grid.

Two passes of a satellite never share a grid. Coordinate systems, ground control points and resampling are GDAL's,
through rasterio, which the extra `images` installs: 36 MB, too much for those who have no such images. Bilinear;
averages where the other image's pixels are less than half as long as the first one's. Images that have control points
instead of a grid, as Sentinel-1 is delivered, take the UTM zone of their middle.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainables.inbetween.image_readers.tiff import georeference
from trainables.inbetween.pictures import Array
from trainables.shapes.bad_data import BadData

_SIDE = 21
"""Points along a side of an image, whose places on the other grid say how far it reaches there."""
_FINER = 0.5
"""An image is averaged where its pixels are shorter than this share of the target's."""


@dataclass(frozen=True)
class Grid:
    """Where the pixels of an image lie."""

    crs: Any
    transform: Any
    """From pixels (column, row), at their corners, to coordinates; none where control points say it."""
    points: list[Any]
    """Control points."""
    size: tuple[int, int]
    """Height and width."""

    def placed(self) -> dict[str, Any]:
        """As GDAL's resampling takes it."""
        known = {"gcps": self.points} if self.transform is None else {"src_transform": self.transform}
        return {"src_crs": self.crs} | known


def overlap(files: list[Path], stacks: list[list[Array]]) -> tuple[list[list[Array]], dict[str, Any], str]:
    """The images `(H, W)` of each file on the overlap of all, its GeoTIFF tags, and what is to be told.

    Raises BadData if they have none, or lie nowhere.
    """
    rasterio = _library(files)
    grids = [_grid(file, rasterio) for file in files]
    first = grids[0] if grids[0].transform is not None else _own_grid(grids[0])
    top, left, bottom, right = 0, 0, *first.size
    for file, grid in zip(files[1:], grids[1:], strict=True):
        upper, lower = _reach(grid, first)
        top, left = max(top, int(np.ceil(upper[0]))), max(left, int(np.ceil(upper[1])))
        bottom, right = min(bottom, int(lower[0])), min(right, int(lower[1]))
        if bottom <= top or right <= left:
            raise BadData(f"{file}: does not overlap with {files[0].name}; give images of one place")
    window = Grid(first.crs, first.transform @ _shift(left, top), [], (bottom - top, right - left))
    found = []
    for grid, stack in zip(grids, stacks, strict=True):
        if grid is first:
            found.append([image[top:bottom, left:right] for image in stack])
        else:
            found.append([_resampled(image, grid, window) for image in stack])
    cut = _with_data(files, found)
    tags = _tags(window.crs, window.transform @ _shift(cut[1].start, cut[0].start))
    height, width = (part.stop - part.start for part in cut)
    note = f"{', '.join(file.name for file in files[1:])}: resampled to the grid of {files[0].name}"
    return [[image[cut] for image in stack] for stack in found], tags, f"{note}, overlap {height} x {width} pixels"


def _library(files: list[Path]) -> Any:
    try:
        for part in ("warp", "transform", "io"):
            importlib.import_module(f"rasterio.{part}")
        return importlib.import_module("rasterio")
    except ModuleNotFoundError:
        raise BadData(
            f"{files[1]}: lies on another grid than {files[0].name} (their georeferences differ), and bringing both to "
            "one needs the package rasterio; install it, as pip install rasterio, or resample both to one grid"
        ) from None


def _shift(column: int, row: int) -> Any:
    from affine import Affine

    return Affine.translation(column, row)


def _grid(file: Path, rasterio: Any) -> Grid:
    with rasterio.open(file) as opened:
        points, of_points = opened.gcps
        crs = opened.crs or of_points
        size = (opened.height, opened.width)
        if crs is None:
            raise BadData(
                f"{file}: lies on another grid than the others, and its georeference names no coordinate system; "
                "resample all images to one grid"
            )
        return Grid(crs, None if opened.crs is None and points else opened.transform, points, size)


def _own_grid(grid: Grid) -> Grid:
    """The grid of an image that has control points alone: as many pixels, in the UTM zone of its middle."""
    from rasterio.warp import calculate_default_transform, transform

    xs, ys = transform(grid.crs, "EPSG:4326", [p.x for p in grid.points], [p.y for p in grid.points])
    zone = int((np.mean(xs) + 180) // 6) % 60 + 1
    crs = f"EPSG:{32600 if np.mean(ys) >= 0 else 32700}"[:-2] + f"{zone:02d}"
    height, width = grid.size
    made, columns, rows = calculate_default_transform(grid.crs, crs, width, height, gcps=grid.points)
    return Grid(crs, made, [], (int(rows), int(columns)))


def _reach(grid: Grid, target: Grid) -> tuple[Array, Array]:
    """First and last (row, column) of the target's grid that an image may reach."""
    from rasterio.transform import GCPTransformer
    from rasterio.warp import transform

    height, width = grid.size
    rows, columns = np.meshgrid(np.linspace(0, height, _SIDE), np.linspace(0, width, _SIDE), indexing="ij")
    if grid.transform is None:
        with GCPTransformer(grid.points) as points:
            x, y = points.xy(rows.ravel(), columns.ravel(), offset="ul")
    else:
        x, y = _apply(grid.transform, columns.ravel(), rows.ravel())
    x, y = transform(grid.crs, target.crs, list(x), list(y))
    column, row = _apply(~target.transform, np.array(x), np.array(y))
    places = np.stack([row, column], axis=1)
    # a shift of less than a hundredth of a pixel is none
    return np.round(places.min(axis=0), 2), np.round(places.max(axis=0), 2)


def _apply(matrix: Any, x: Array, y: Array) -> tuple[Array, Array]:
    """Places under an affine map. (Its own operator for that has changed its name.)"""
    return matrix.a * x + matrix.b * y + matrix.c, matrix.d * x + matrix.e * y + matrix.f


def _resampled(image: Array, grid: Grid, target: Grid) -> Array:
    from rasterio.enums import Resampling
    from rasterio.warp import reproject

    upper, lower = _reach(grid, target)
    length = float(np.sqrt(np.prod(lower - upper) / np.prod(grid.size)))
    found: Array = np.full(target.size, np.nan, np.float32)
    reproject(
        image.astype(np.float32), found, dst_transform=target.transform, dst_crs=target.crs, src_nodata=np.nan,
        dst_nodata=np.nan, resampling=Resampling.average if length < _FINER else Resampling.bilinear, **grid.placed(),
    )  # fmt: skip
    return found


def _with_data(files: list[Path], stacks: list[list[Array]]) -> tuple[slice, slice]:
    """The smallest box that holds all pixels of which every image has data."""
    known = np.logical_and.reduce([np.isfinite(image) for stack in stacks for image in stack])
    if not known.any():
        raise BadData(f"{files[1]}: has no data where {files[0].name} has some; give images of one place")
    ends = [np.flatnonzero(known.any(axis=axis)) for axis in (1, 0)]
    rows, columns = (slice(int(end[0]), int(end[-1]) + 1) for end in ends)
    return rows, columns


def _tags(crs: Any, transform: Any) -> dict[str, Any]:
    """The GeoTIFF tags of a grid, as GDAL writes them."""
    import tifffile
    from rasterio.io import MemoryFile

    with MemoryFile() as memory:
        shape: dict[str, Any] = {"width": 1, "height": 1, "count": 1, "dtype": "uint8"}
        with memory.open(driver="GTiff", crs=crs, transform=transform, **shape) as written:
            written.write(np.zeros((1, 1, 1), np.uint8))
        memory.seek(0)
        with tifffile.TiffFile(memory) as file:
            return georeference(file.pages[0].aspage())
