"""Georeferenced images on different grids come to their overlap, with what is at a place at that place."""

import importlib

import numpy as np
import pytest
import tifffile

from study.frames import _TYPES
from trainables.inbetween.overlap import _apply
from trainables.inbetween.readers import read_frames
from trainables.shapes.bad_data import BadData

rasterio = pytest.importorskip("rasterio", reason="rasterio, of the extra 'images', is not installed")
from affine import Affine  # noqa: E402
from rasterio.control import GroundControlPoint  # noqa: E402
from rasterio.warp import transform  # noqa: E402

UTM33 = "EPSG:32633"


def value(x, y):
    """Of a place in zone 33: smooth, so that interpolation is nearly exact."""
    return np.sin((x - 500_000) / 900) + np.cos((y - 7_000_000) / 700)


def places(matrix, height, width):
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return _apply(matrix, columns, rows)


def write(path, matrix, height=60, width=70, crs=UTM33, points=None, **more):
    x, y = places(matrix, height, width)
    if crs != UTM33:
        east, north = transform(crs, UTM33, x.ravel().tolist(), y.ravel().tolist())
        x, y = np.reshape(east, x.shape), np.reshape(north, y.shape)
    placed = {"gcps": points, "crs": crs} if points else {"transform": matrix, "crs": crs}
    shape = {"height": height, "width": width, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", driver="GTiff", **shape, **placed, **more) as file:
        file.write(value(x, y).astype(np.float32)[None])
    return path


FIRST = Affine(10, 0, 500_000, 0, -10, 7_000_000)


def check(recording, tolerance=2e-3):
    """Both images hold what is at their place, by the tags of the result.

    At the border of what an image knows GDAL takes the nearest that is known, up to half a pixel away: a gradient less.
    """
    scale, ties = recording.tags["33550"], recording.tags["33922"]
    matrix = Affine(scale[0], 0, ties[3], 0, -scale[1], ties[4])
    expected = value(*places(matrix, *recording.frames.shape[1:]))
    for image in recording.frames:
        known = np.isfinite(image)
        assert known.mean() > 0.9
        assert np.abs(image - expected)[known].max() < 0.02
        assert np.nanquantile(np.abs(image - expected)[2:-2, 2:-2], 0.95) < tolerance


def test_a_shifted_grid_is_resampled_to_the_first_ones(tmp_path):
    write(tmp_path / "a.tif", FIRST)
    write(tmp_path / "b.tif", Affine(10, 0, 500_103, 0, -10, 6_999_946))
    recording = read_frames([tmp_path / "a.tif", tmp_path / "b.tif"])
    assert recording.frames.shape == (2, 54, 59)
    assert recording.notes == ["b.tif: resampled to the grid of a.tif, overlap 54 x 59 pixels"]
    check(recording)


def test_a_part_of_the_same_grid_is_cut_and_nothing_else(tmp_path):
    write(tmp_path / "a.tif", FIRST)
    write(tmp_path / "b.tif", FIRST @ Affine.translation(20, 5), 30, 30)
    with rasterio.open(tmp_path / "a.tif") as file:
        whole = file.read(1)
    for image in read_frames([tmp_path]).frames:
        np.testing.assert_allclose(image, whole[5:35, 20:50], atol=1e-6)


@pytest.mark.parametrize("pixel", [4.0, 25.0])
def test_other_sizes_of_pixels(pixel, tmp_path):
    write(tmp_path / "a.tif", FIRST)
    write(tmp_path / "b.tif", Affine(pixel, 0, 500_000, 0, -pixel, 7_000_000), int(600 / pixel), int(700 / pixel))
    recording = read_frames([tmp_path])
    assert recording.frames.shape[1] > 50
    check(recording)


def test_another_zone_of_the_projection(tmp_path):
    write(tmp_path / "a.tif", FIRST)
    (east,), (north,) = transform(UTM33, "EPSG:32634", [500_100], [6_999_900])
    write(tmp_path / "b.tif", Affine(10, 0, east, 0, -10, north), 40, 40, "EPSG:32634")
    recording = read_frames([tmp_path])
    assert min(recording.frames.shape[1:]) > 30
    known = np.isfinite(recording.frames[1])
    assert known.mean() > 0.7
    difference = np.abs(recording.frames[1] - recording.frames[0])[known]
    assert difference.max() < 0.02
    assert np.quantile(difference, 0.95) < 2e-3


def test_control_points_instead_of_a_grid(tmp_path):
    write(tmp_path / "a.tif", FIRST)
    corners = [(row, column) for row in (0, 30, 60) for column in (0, 35, 70)]
    points = []
    for row, column in corners:
        (east,), (north,) = transform(UTM33, "EPSG:4326", *([v] for v in _apply(FIRST, column, row)))
        points.append(GroundControlPoint(row, column, east, north, 0))
    shape = {"height": 60, "width": 70, "count": 1, "dtype": "float32"}
    with rasterio.open(tmp_path / "b.tif", "w", driver="GTiff", gcps=points, crs="EPSG:4326", **shape) as file:
        file.write(value(*places(FIRST, 60, 70)).astype(np.float32)[None])
    check(read_frames([tmp_path / "a.tif", tmp_path / "b.tif"]))
    check(read_frames([tmp_path / "b.tif", tmp_path / "a.tif"]))


def test_no_data_stay_no_data_and_borders_of_them_are_cut(tmp_path):
    write(tmp_path / "a.tif", FIRST)
    path = write(tmp_path / "b.tif", Affine(10, 0, 500_003, 0, -10, 7_000_000), nodata=-99)
    with rasterio.open(path, "r+") as file:
        values = file.read(1)
        values[:, :10], values[40, 40] = -99, -99
        file.write(values, 1)
    recording = read_frames([tmp_path])
    assert recording.frames.shape[2] in (58, 59, 60)
    assert np.isnan(recording.frames[1]).sum() in range(1, 5)
    check(recording)


def test_the_result_has_a_georeference_that_frames_are_written_with(tmp_path):
    write(tmp_path / "a.tif", FIRST)
    write(tmp_path / "b.tif", Affine(10, 0, 500_103, 0, -10, 6_999_946))
    tags = read_frames([tmp_path]).tags
    extra = [(int(code), "s" if isinstance(v, str) else _TYPES[code], 0 if isinstance(v, str) else len(v), v, True)
             for code, v in tags.items()]  # fmt: skip
    tifffile.imwrite(tmp_path / "c.tif", np.zeros((54, 59), np.float32), extratags=extra)
    with rasterio.open(tmp_path / "c.tif") as file:
        assert file.crs == UTM33
        assert file.transform == Affine(10, 0, 500_110, 0, -10, 6_999_940)


def test_images_of_different_places_are_refused(tmp_path):
    write(tmp_path / "a.tif", FIRST)
    write(tmp_path / "b.tif", Affine(10, 0, 600_000, 0, -10, 7_000_000))
    with pytest.raises(BadData, match=r"b.tif: does not overlap with a.tif; give images of one place"):
        read_frames([tmp_path])


def test_without_rasterio_the_sentence_says_what_to_install(tmp_path, monkeypatch):
    write(tmp_path / "a.tif", FIRST)
    write(tmp_path / "b.tif", Affine(10, 0, 500_103, 0, -10, 6_999_946))

    whole = importlib.import_module

    def absent(name: str, package: str | None = None) -> object:
        if name.startswith("rasterio"):
            raise ModuleNotFoundError(f"No module named {name!r}", name="rasterio")
        return whole(name, package)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(BadData, match=r"b.tif: lies on another grid than a.tif .* pip install rasterio"):
        read_frames([tmp_path])
