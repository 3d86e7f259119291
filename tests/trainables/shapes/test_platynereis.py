"""Cells from a published decoder: reproducible, growing, and distances."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.ndimage import distance_transform_edt
from skimage.measure import marching_cubes

from trainables.shapes import platynereis
from trainables.shapes.bad_data import BadData
from trainables.shapes.platynereis import Platynereis, cells, times
from trainables.shapes.sequence import grid_points, grid_spacing, trilinear
from trainables.topology.betti import betti_numbers

N = 32


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
    platynereis._volume.cache_clear()
    yield tmp_path / "cache"
    platynereis._volume.cache_clear()


def volume(cell: Platynereis, time: float) -> np.ndarray:
    return cell.sdf(grid_points(cell.resolution), time).numpy()


def test_a_cell_follows_from_its_seed_and_others_are_other_cells():
    first, again, other = (Platynereis(seed=seed, resolution=16) for seed in (3, 3, 4))
    found = volume(first, 0.5)
    platynereis._volume.cache_clear()
    np.testing.assert_array_equal(found, volume(again, 0.5))
    assert np.abs(found - volume(other, 0.5)).max() > 0.1
    assert len({cell.label for cell in [*cells(5), Platynereis(sigma=0.005)]}) == 6


def test_it_is_the_zero_level_of_the_published_field():
    cell, time = Platynereis(seed=1, resolution=N), 0.4
    x = grid_points(N).view(-1, 3) * (0.6 / 3)
    points = torch.cat([x, torch.full((len(x), 1), 2 * time - 1)], dim=1)
    dense = platynereis.published_field(torch.from_numpy(cell.code()), points).view(N, N, N).numpy()
    np.testing.assert_array_equal(volume(cell, time) < 0, dense < 0)
    vertices = marching_cubes(dense, 0.0, spacing=(grid_spacing(N),) * 3)[0] - 3
    distances = cell.sdf(torch.from_numpy(vertices), time).abs()
    assert distances.mean() < 0.03 * grid_spacing(N)


def test_values_are_signed_distances_in_domain_units():
    cell = Platynereis(seed=2)
    n = cell.resolution
    sdf = volume(cell, 0.7)
    inside = sdf < 0
    h = grid_spacing(n)
    by_voxels = h * (distance_transform_edt(~inside) - distance_transform_edt(inside))
    assert np.abs(sdf - by_voxels).max() < 1.2 * h
    outside = torch.tensor([[5.0, 0.0, 0.0]])
    assert cell.sdf(outside, 0.7).item() == pytest.approx(cell.sdf(outside / 5 * 3, 0.7).item() + 2, abs=1e-5)


def test_it_grows_fills_the_domain_and_is_one_piece():
    for seed in range(3):
        cell = Platynereis(seed=seed, resolution=24)
        volumes = [float((volume(cell, time) < 0).mean()) for time in (0.0, 0.2, 0.5, 1.0)]
        assert volumes[0] < volumes[1] < volumes[2]
        assert volumes[3] > 3 * volumes[0]
        last = volume(cell, 1.0) < 0
        extent = np.ptp(np.argwhere(last), axis=0).max() * grid_spacing(24)
        assert 3.0 < extent < 5.5, "of a domain of 6"
        assert not any(face.any() for axis in range(3) for face in (last.take(0, axis), last.take(-1, axis)))


def test_any_time_may_be_asked_for_and_frames_are_thirty():
    assert len(times()) == 30
    assert (times()[0], times()[-1]) == (0.0, 1.0)
    cell = Platynereis(resolution=16)
    points = torch.zeros(1, 3)
    assert cell.sdf(points, 1 / np.pi).item() < 0


def test_what_is_computed_is_kept_and_a_damaged_file_is_made_again(cache, monkeypatch):
    cell = Platynereis(resolution=16)
    found = volume(cell, 0.5)
    (file,) = Path(cache).rglob("*.npy")
    platynereis._volume.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(platynereis, "_computed", lambda *_: pytest.fail("it was computed again"))
        np.testing.assert_array_equal(volume(cell, 0.5), found)
    file.write_bytes(file.read_bytes()[:50])
    platynereis._volume.cache_clear()
    np.testing.assert_array_equal(volume(cell, 0.5), found)


def test_a_code_that_gives_no_cell_and_a_deviation_that_breaks_shapes_up_are_told():
    with pytest.raises(BadData, match=r"platynereis-020 sigma=0\.01 has no cell at time 0: .* choose another seed"):
        Platynereis(seed=20, sigma=0.01, resolution=24).sdf(torch.zeros(1, 3), 0.0)
    with pytest.raises(ValidationError, match=r"less than or equal to 0\.01"):
        Platynereis(sigma=0.03)


def test_only_the_largest_piece_is_kept(monkeypatch):
    x = grid_points(24)
    balls = torch.minimum((x - 1.0).norm(dim=-1) - 1.0, (x + 1.5).norm(dim=-1) - 0.6).numpy()
    monkeypatch.setattr(platynereis, "_field_near_the_surface", lambda *_: balls.copy())
    sdf = volume(Platynereis(resolution=24), 0.5)
    assert betti_numbers(sdf < 0)[0] == 1
    assert trilinear(torch.from_numpy(sdf), torch.full((1, 3), -1.5)).item() > 1


def test_the_licence_is_packaged():
    import tomllib

    folder = resources.files("trainables.shapes") / "data" / "platynereis"
    assert {file.name for file in folder.iterdir()} == {"LICENSE", "README.md", "model.pth"}
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert "data/**/*" in project["tool"]["setuptools"]["package-data"]["trainables.shapes"]
