"""Replicates on a lattice: the band leaves out nothing, and the spread is what closed forms say."""

import numpy as np
import pytest
import torch

from study.exporting.ensemble import Ensemble
from trainables.shapes.sequence import grid_points


def ball(radius: float, centre: float = 0.0):
    """A ball's SDF as a model's field."""
    return lambda points: (points[:, :3] - torch.tensor([centre, 0.0, 0.0])).norm(dim=1) - radius


def bumpy(points: torch.Tensor) -> torch.Tensor:
    return ball(1.2)(points) + 0.1 * torch.sin(5 * points[:, 0]) * torch.cos(4 * points[:, 1])


def splitting(points: torch.Tensor) -> torch.Tensor:
    """The bifurcation at each point's own time."""
    offset = 1.5 * points[:, 3:] * torch.tensor([1.0, 0.0, 0.0])
    distances = [(points[:, :3] + sign * offset).norm(dim=1) - 1 for sign in (-1, 1)]
    return -torch.logaddexp(*(-5 * distance for distance in distances)) / 5


ENSEMBLES = {
    "balls": [ball(1.0), ball(1.4)],
    "far apart, so that the mean has no replicate's surface": [ball(0.8, -1.0), ball(0.8, 1.0), ball(1.9)],
    "bumpy": [bumpy, ball(1.2)],
    "splitting": [splitting, ball(1.0)],
    "one": [bumpy],
}


@pytest.mark.parametrize("name", ENSEMBLES)
@pytest.mark.parametrize("exported", [None, 0])
def test_the_band_gives_the_shapes_of_the_dense_grid(name, exported):
    ensemble = Ensemble(ENSEMBLES[name], exported)
    points = grid_points(50).numpy() * np.float32(0.9)
    banded, dense = ensemble.volume(points, 0.6), ensemble.volume(points, 0.6, everywhere=True)
    assert banded.exact.mean() < 0.6
    assert dense.exact.all()
    np.testing.assert_array_equal(banded.inside, dense.inside)
    np.testing.assert_array_equal(banded.insides, dense.insides)
    np.testing.assert_array_equal(banded.median, dense.median)
    np.testing.assert_array_equal(banded.value[banded.exact], dense.value[banded.exact])
    np.testing.assert_allclose(banded.surface_deviation(), dense.surface_deviation())


def test_in_the_plane_it_is_the_same():
    def wavy(points: torch.Tensor) -> torch.Tensor:
        return points[:, :2].norm(dim=1) - 1.2 + 0.1 * torch.sin(5 * points[:, 0])

    ensemble = Ensemble([wavy, lambda points: points[:, :2].norm(dim=1) - 1.4], dimension=2)
    points = grid_points(200, dimension=2).numpy() * np.float32(0.9)
    banded, dense = ensemble.volume(points, 0.6), ensemble.volume(points, 0.6, everywhere=True)
    assert banded.exact.mean() < 0.5
    np.testing.assert_array_equal(banded.insides, dense.insides)
    np.testing.assert_array_equal(banded.value[banded.exact], dense.value[banded.exact])
    np.testing.assert_allclose(banded.surface_deviation(), dense.surface_deviation())


def test_the_spread_is_what_is_known_of_balls():
    volume = Ensemble([ball(1.0), ball(1.4)]).volume(grid_points(60).numpy(), 0.0)
    assert volume.surface_deviation() == pytest.approx(0.4 / np.sqrt(2), rel=1e-4)
    radius = np.cbrt(volume.inside.sum() * (6 / 59) ** 3 * 3 / (4 * np.pi))
    assert radius == pytest.approx(1.2, rel=0.01), "the mean of the distances of two balls is that of the ball between"
    small, large = 1.0**3, 1.4**3
    between = 1.2**3
    expected = 1 - np.mean([2 * small / (small + between), 2 * between / (large + between)])
    assert volume.disagreement() == pytest.approx(expected, abs=0.01)


def test_one_replicate_has_no_spread():
    volume = Ensemble([ball(1.0)]).volume(grid_points(24).numpy(), 0.0)
    assert np.isnan(volume.surface_deviation())
    assert np.isnan(volume.disagreement())


def test_nothing_is_said_of_what_lies_outside_the_domain():
    volume = Ensemble([ball(10.0), ball(9.0)]).volume(grid_points(40).numpy() * np.float32(1.5), 0.0)
    outside = (np.abs(grid_points(40).numpy() * 1.5) > 3.001).any(axis=-1)
    assert np.isnan(volume.value[outside]).all()
    assert not volume.inside[outside].any()
    assert volume.inside[~outside].all()


def test_a_shape_without_a_surface_is_empty():
    volume = Ensemble([lambda points: points[:, 0] * 0 + 1.0] * 2).volume(grid_points(40).numpy(), 0.0)
    assert not volume.inside.any()
    assert np.isnan(volume.surface_deviation())
