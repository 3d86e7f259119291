"""Mode ``schedule`` against GeomLoss, whose annealing defines the loss."""

import functools

import pytest
import torch
from geomloss import SamplesLoss
from geomloss._legacy.sinkhorn_divergence import epsilon_schedule as geomloss_schedule

from trainables.transport import normalised, occupancy, sinkhorn_divergence
from trainables.transport.epsilon import epsilon_schedule
from trainables.transport.grid import Grid

GRIDS = [((17,), (0.3,)), ((9, 7), (0.5, 0.8)), ((6, 5, 7), (0.6, 0.9, 0.4))]
DOUBLE = torch.float64


def l1_cost(x, y):
    return (x[:, :, None] - y[:, None]).abs().sum(-1)


def geomloss(a, b, cloud, **arguments):
    """Value ``[B]`` and gradients ``[B, N]`` by GeomLoss' dense backend."""
    a, b = (weights.flatten(1).clone().requires_grad_() for weights in (a, b))
    value = SamplesLoss("sinkhorn", backend="tensorized", **arguments)(a, cloud, b, cloud)
    return value.detach(), *torch.autograd.grad(value.sum(), (a, b))


def ours(a, b, spacing, **arguments):
    a, b = (weights.clone().requires_grad_() for weights in (a, b))
    result = sinkhorn_divergence(a, b, spacing, **arguments)
    return result.value.detach(), *torch.autograd.grad(result.value.sum(), (a, b))


@pytest.mark.parametrize(("diameter", "blur", "scaling"), [(10.39, 0.05, 0.5), (3.0, 0.4, 0.9), (1.0, 2.0, 0.5)])
@pytest.mark.parametrize("p", [1, 2])
def test_schedule_is_that_of_geomloss(diameter, blur, scaling, p):
    expected = geomloss_schedule(p, diameter, blur, scaling)
    assert epsilon_schedule(diameter, blur, scaling, p) == pytest.approx(expected, rel=1e-12)


def test_the_published_setting_anneals_ten_times_from_the_norm_of_the_extents():
    grid = Grid.of((11, 11, 11), 0.6)
    assert grid.diameter == pytest.approx(10.3923, abs=1e-4)
    assert len(epsilon_schedule(grid.diameter, 0.05, 0.5)) == 10


@pytest.mark.parametrize(("shape", "spacing"), GRIDS)
@pytest.mark.parametrize("blur", [0.05, 0.5])
@pytest.mark.parametrize("scaling", [0.5, 0.8])
def test_float32_values_and_gradients(
    shape, spacing, blur, scaling, points, random_measures, relative_difference, backend
):
    a, b = (random_measures(3, shape, torch.float32, seed) for seed in (0, 1))
    cloud = points(3, shape, spacing, torch.float32)
    expected, expected_a, expected_b = geomloss(a, b, cloud, p=2, blur=blur, scaling=scaling)
    value, grad_a, grad_b = ours(a, b, spacing, blur=blur, scaling=scaling, backend=backend)
    floor = 1e-8 * Grid.of(shape, spacing).diameter ** 2
    torch.testing.assert_close(value, expected, rtol=1e-4, atol=floor)
    assert relative_difference(grad_a, expected_a) < 1e-3
    assert relative_difference(grad_b, expected_b) < 1e-3


@pytest.mark.parametrize(("shape", "spacing"), GRIDS)
@pytest.mark.parametrize("blur", [0.05, 0.5])
@pytest.mark.parametrize(("p", "reach"), [(2, None), (2, 1.0), (1, None), (1, 2.0)])
def test_float64_equals_the_dense_reference(
    shape, spacing, blur, p, reach, points, random_measures, relative_difference, backend
):
    a, b = (random_measures(2, shape, DOUBLE, seed) for seed in (2, 3))
    if reach is not None:
        a, b = 0.7 * a, 1.4 * b
    cost = l1_cost if p == 1 else None
    reference = functools.partial(geomloss, a, b, points(2, shape, spacing, DOUBLE), p=p, blur=blur, cost=cost)
    expected, expected_a, expected_b = reference(reach=reach)
    value, grad_a, grad_b = ours(a, b, spacing, p=p, blur=blur, reach=reach, backend=backend)
    torch.testing.assert_close(value, expected, rtol=1e-8, atol=1e-12)
    if reach is None:
        assert relative_difference(grad_a, expected_a) < 1e-8
        assert relative_difference(grad_b, expected_b) < 1e-8
    else:  # Where masses are free the gradient's mean counts; GeomLoss' is off by a known factor.
        rho, epsilon = reach**p, blur**p
        factor = (rho + epsilon) / (rho + epsilon / 2)
        torch.testing.assert_close(grad_a.flatten(1), factor * expected_a, rtol=1e-8, atol=1e-10)
        torch.testing.assert_close(grad_b.flatten(1), factor * expected_b, rtol=1e-8, atol=1e-10)


def test_the_published_setting_on_shapes_of_two_consecutive_times(centres, points, relative_difference, backend):
    """11³, spacing 0.6, blur 0.05, β = 8: the values are tiny, and most of the grid is nearly empty."""
    x = centres((11, 11, 11), (0.6,) * 3) - 3
    shifts = torch.linspace(0, 1, 4, dtype=DOUBLE)
    sdf = torch.stack([(x - torch.tensor([0.0, float(s), 0.0])).norm(dim=-1) - 1 - s / 3 for s in shifts])
    measures = normalised(occupancy(sdf.float(), 8.0), 3)
    a, b = measures[:-1], measures[1:]
    cloud = points(3, (11, 11, 11), (0.6,) * 3, torch.float32)
    expected, expected_a, expected_b = geomloss(a, b, cloud, p=2, blur=0.05)
    value, grad_a, grad_b = ours(a, b, 0.6, backend=backend)
    torch.testing.assert_close(value, expected, rtol=1e-4, atol=1e-8 * 108)
    assert relative_difference(grad_a, expected_a) < 1e-3
    assert relative_difference(grad_b, expected_b) < 1e-3


def test_identical_measures_have_no_distance(random_measures, backend):
    a = random_measures(2, (6, 5, 7), torch.float32, 4)
    value = sinkhorn_divergence(a, a, 0.5, backend=backend).value
    assert float(value.abs().max()) < 1e-8 * Grid.of((6, 5, 7), 0.5).diameter ** 2


def test_items_of_a_batch_do_not_see_each_other(random_measures, backend):
    a, b = (random_measures(3, (6, 7), torch.float64, seed) for seed in (5, 6))
    together = sinkhorn_divergence(a, b, 0.5, backend=backend).value
    alone = torch.cat([sinkhorn_divergence(a[i : i + 1], b[i : i + 1], 0.5, backend=backend).value for i in range(3)])
    torch.testing.assert_close(together, alone, rtol=1e-12, atol=0)


def test_result_tells_what_was_done(random_measures, backend):
    a, b = (random_measures(2, (6, 7), torch.float32, seed) for seed in (7, 8))
    result = sinkhorn_divergence(a, b, 0.5, blur=0.05, backend=backend)
    steps = len(epsilon_schedule(Grid.of((6, 7), 0.5).diameter, 0.05, 0.5))
    assert result.iterations.tolist() == [steps + 2] * 2
    assert bool((result.marginal_error > 0.01).all()), "far below the spacing the schedule does not converge"
    assert not result.converged.any()
    f, g, f_self, g_self = result.potentials
    value = ((f - f_self) * a).sum((1, 2)) + ((g - g_self) * b).sum((1, 2))
    torch.testing.assert_close(result.value, value)
    assert sinkhorn_divergence(a, b, 0.5, tolerance=1e9, backend=backend).converged.all()


@pytest.mark.parametrize(("blur", "low", "high"), [(0.05, 0.4, 0.6), (0.6, 0.9, 1.0)])
def test_between_close_shapes_the_gradient_of_the_schedule_is_about_half_its_derivative(blur, low, high):
    """Finite differences along the way from one shape to the next, on the published grid (as GeomLoss')."""
    from trainables.shapes.bifurcation import Bifurcation
    from trainables.shapes.sequence import grid_points, grid_spacing
    from trainables.transport import shape_measure

    points, step = grid_points(11).double(), 1e-3
    a, b = (shape_measure(Bifurcation().sdf(points, t)[None], 8.0, dims=3) for t in (0.5, 0.5 + 1 / 29))

    def value(measure: torch.Tensor) -> torch.Tensor:
        return sinkhorn_divergence(measure, b, spacing=grid_spacing(11), blur=blur).value[0]

    way = b - a
    derivative = float(value(a + step * way) - value(a - step * way)) / (2 * step)
    (gradient,) = torch.autograd.grad(value(a.requires_grad_()), a)
    assert low < float((gradient * way).sum()) / derivative < high
