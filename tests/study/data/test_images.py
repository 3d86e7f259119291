"""Two images on different grids, as the data of a study."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from study.run import command_line

rasterio = pytest.importorskip("rasterio", reason="rasterio, of the extra 'images', is not installed")
from affine import Affine  # noqa: E402


def test_two_images_whose_names_have_colons_are_brought_to_their_overlap_and_it_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    scene = gaussian_filter(np.random.default_rng(0).normal(size=(200, 210)), 3).astype(np.float32)
    names = ["S1A_2019-02-05T06:12:01.tif", "S1A_2019-02-06T06:04:00.tif"]
    for name, (row, column), part in zip(names, ((0, 0), (9, 12)), (0.0, 3.0), strict=True):
        place = Affine(10, 0, 500_000 + 10 * column + part, 0, -10, 7_000_000 - 10 * row)
        image = scene[row : row + 190, column : column + 195]
        kind = {"height": 190, "width": 195, "count": 1, "dtype": "float32"}
        with rasterio.open(name, "w", driver="GTiff", transform=place, crs="EPSG:32633", **kind) as file:
            file.write(image[None])
    assert command_line(["sea-ice", "--data", *names, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert f"note: {names[1]}: resampled to the grid of {names[0]}, overlap 181 x 182 pixels" in said
    assert "tiles of side 22 pixels" in said
