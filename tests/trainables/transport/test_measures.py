"""Conversions against closed forms, and what they do where there is nothing."""

import math

import pytest
import torch

from trainables.transport import (
    interpolated_volume,
    normalised,
    occupancy,
    occupancy_to_sdf,
    shape_measure,
    threshold_at_volume,
)


def test_occupancy_is_the_reversed_sigmoid():
    sdf = torch.linspace(-3, 3, 13, dtype=torch.float64)
    expected = [1 / (1 + math.exp(8 * float(distance))) for distance in sdf]
    torch.testing.assert_close(occupancy(sdf, 8.0), torch.tensor(expected, dtype=torch.float64))
    assert float(occupancy(torch.tensor(1e4), 8.0)) == 0.0


def test_normalised_has_mass_one_over_the_last_axes():
    weights = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(normalised(weights, 3).sum((1, 2, 3)), torch.ones(2))
    torch.testing.assert_close(normalised(weights, 2).sum((2, 3)), torch.ones(2, 3))
    torch.testing.assert_close(normalised(weights, 3) * weights.sum((1, 2, 3)).view(2, 1, 1, 1), weights)


def test_vanished_occupancy_is_uniform_and_without_gradient():
    sdf = torch.tensor([[-1.0, 1.0, 2.0, 0.5], [50.0, 60.0, 70.0, 80.0]], requires_grad=True)
    measure = normalised(occupancy(sdf, 8.0), 1)
    assert measure[1].tolist() == [0.25] * 4
    (measure * torch.tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert torch.isfinite(sdf.grad).all()
    assert sdf.grad[1].tolist() == [0.0] * 4
    assert bool((sdf.grad[0] != 0).all())


def test_shape_measure_equals_the_detour_where_that_exists():
    sdf = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(shape_measure(sdf, 8.0, 2), normalised(occupancy(sdf, 8.0), 2))


def test_shape_measure_of_a_shape_off_the_grid_pulls_back():
    sdf = torch.tensor([[50.0, 50.5, 51.0]], requires_grad=True)
    measure = shape_measure(sdf, 8.0, 1)
    expected = torch.softmax(torch.tensor([0.0, -4.0, -8.0]), 0)
    torch.testing.assert_close(measure[0], expected, rtol=1e-4, atol=1e-6)
    (gradient,) = torch.autograd.grad(measure[0, 0], sdf)
    assert 0 < float(gradient.abs().max()) <= 8.0


def test_interpolated_volume_interpolates_the_radius():
    first, last = 4 / 3 * math.pi * 2**3, 4 / 3 * math.pi * 6**3
    assert float(interpolated_volume(first, last, 0.25)) == pytest.approx(4 / 3 * math.pi * 3**3)
    assert float(interpolated_volume(4.0, 16.0, 0.5, dimension=2)) == pytest.approx(9.0)
    assert float(interpolated_volume(5.0, 7.0, 0.0)) == pytest.approx(5.0)
    many = interpolated_volume(torch.tensor([8.0, 0.0]), torch.tensor([8.0, 1.0]), 0.5)
    torch.testing.assert_close(many, torch.tensor([8.0, 0.125], dtype=torch.float64))


def test_threshold_takes_exactly_the_densest():
    density = torch.rand(3, 4, 5, 6, generator=torch.Generator().manual_seed(0))
    chosen = threshold_at_volume(density, torch.tensor([0.0, 17.4, 500.0]))
    assert chosen.sum((1, 2, 3)).tolist() == [0, 17, 120]
    assert float(density[1][chosen[1]].min()) > float(density[1][~chosen[1]].max())


def test_threshold_with_ties_keeps_the_number_and_needs_no_batch():
    chosen = threshold_at_volume(torch.tensor([[1.0, 1.0], [1.0, 0.0]]), 2)
    assert chosen.tolist() == [[True, True], [False, False]]


@pytest.mark.parametrize("spacing", [(0.25, 0.25, 0.25), (0.2, 0.3, 0.25)])
def test_sdf_of_a_ball_is_within_a_voxel_of_the_closed_form(spacing, centres):
    shape = (24, 20, 26)
    x = centres(shape, spacing)
    middle = x.reshape(-1, 3).mean(0)
    exact = (x - middle).norm(dim=-1) - 1.6
    found = occupancy_to_sdf((exact < 0)[None], spacing)[0].double()
    error = found - exact
    assert float(error.abs().max()) < max(spacing)
    assert abs(float(error.mean())) < 0.25 * max(spacing), "without the correction: half a voxel"
    assert torch.equal(found < 0, exact < 0)


def test_sdf_of_a_half_space_is_exact_with_the_surface_between_the_voxels():
    inside = torch.zeros(1, 6, 4, dtype=torch.bool)
    inside[:, :2] = True
    sdf = occupancy_to_sdf(inside, (0.5, 0.2))
    expected = 0.5 * (torch.arange(6) - 1.5)
    torch.testing.assert_close(sdf[0], expected[:, None].expand(6, 4))
    across = occupancy_to_sdf(inside.transpose(1, 2), (0.2, 0.5))
    torch.testing.assert_close(across[0], expected.expand(4, 6))


def test_sdf_of_nothing_and_of_everything_is_the_diameter():
    both = torch.stack([torch.zeros(4, 5, dtype=torch.bool), torch.ones(4, 5, dtype=torch.bool)])
    sdf = occupancy_to_sdf(both, (1.0, 1.0))
    assert torch.isfinite(sdf).all()
    torch.testing.assert_close(sdf[0], torch.full((4, 5), 5.0))
    torch.testing.assert_close(sdf[1], torch.full((4, 5), -5.0))
