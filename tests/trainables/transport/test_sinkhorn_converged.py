"""Mode ``converged`` against POT's entropic solver and finite differences."""

import numpy as np
import ot
import pytest
import torch

from trainables.transport import sinkhorn_divergence

DOUBLE = torch.float64
GRIDS = [((12,), (0.3,)), ((5, 6), (0.5, 0.4)), ((3, 4, 3), (0.5, 0.4, 0.6))]


def pot_entropic_cost(a, b, cost, epsilon):
    """min ⟨P, C⟩ + ε KL(P | a ⊗ b), from POT's plan on the voxels that have mass."""
    a_on, b_on = a > 0, b > 0
    a, b, cost = a[a_on], b[b_on], cost[np.ix_(a_on, b_on)]
    plan = ot.bregman.sinkhorn_log(a, b, cost, epsilon, numItermax=20000, stopThr=1e-13)
    return (plan * cost).sum() + epsilon * (plan * np.log(plan / np.outer(a, b))).sum()


@pytest.mark.parametrize(("shape", "spacing"), GRIDS)
@pytest.mark.parametrize("p", [1, 2])
def test_equals_pot_at_the_same_temperature(shape, spacing, p, points, random_measures, backend):
    a, b = (random_measures(2, shape, DOUBLE, seed) for seed in (0, 1))
    blur = 1.0 * max(spacing)
    result = sinkhorn_divergence(a, b, spacing, blur=blur, p=p, mode="converged", tolerance=1e-10, backend=backend)
    assert result.converged.all()
    x = points(1, shape, spacing, DOUBLE)[0].numpy()
    cost = (np.abs(x[:, None] - x[None]) ** p / p).sum(-1)
    for item in range(2):
        first, second = (measures[item].flatten().numpy() for measures in (a, b))
        expected = pot_entropic_cost(first, second, cost, blur**p) - 0.5 * (
            pot_entropic_cost(first, first, cost, blur**p) + pot_entropic_cost(second, second, cost, blur**p)
        )
        assert float(result.value[item]) == pytest.approx(expected, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize(("shape", "spacing"), GRIDS)
@pytest.mark.parametrize(("p", "reach"), [(2, None), (1, None), (2, 0.8), (1, 1.5)])
def test_gradients_equal_finite_differences(shape, spacing, p, reach, random_measures, backend):
    a, b = (random_measures(1, shape, DOUBLE, seed) for seed in (2, 3))
    if reach is not None:
        a, b = 0.6 * a, 1.3 * b
    a.requires_grad_()
    b.requires_grad_()

    def divergence(a, b):
        blur = 0.8 * max(spacing)
        return sinkhorn_divergence(
            a, b, spacing, blur=blur, p=p, reach=reach, mode="converged", tolerance=1e-12, backend=backend
        ).value[0]

    gradients = torch.autograd.grad(divergence(a, b), (a, b))
    step = 1e-5
    for which, gradient in enumerate(gradients):
        occupied = (a, b)[which].detach() > 20 * step
        direction = torch.randn(a.shape, generator=torch.Generator().manual_seed(which), dtype=DOUBLE) * occupied
        if reach is None:
            direction -= direction.sum() / occupied.sum() * occupied
        with torch.no_grad():
            moved = [[a, b], [a, b]]
            moved[0][which] = moved[0][which] + step * direction
            moved[1][which] = moved[1][which] - step * direction
            difference = (divergence(*moved[0]) - divergence(*moved[1])) / (2 * step)
        assert float((gradient * direction).sum()) == pytest.approx(float(difference), rel=1e-5, abs=1e-8)


def test_each_item_stops_at_its_own_tolerance(random_measures, backend):
    near, far = (random_measures(1, (9, 9), DOUBLE, seed) for seed in (4, 5))
    a, b = torch.cat([near, near]), torch.cat([near, far])
    result = sinkhorn_divergence(a, b, 0.5, blur=0.3, mode="converged", tolerance=1e-3, backend=backend)
    assert result.converged.all()
    assert bool((result.marginal_error <= 1e-3).all())
    assert int(result.iterations[0]) < int(result.iterations[1])
    alone = sinkhorn_divergence(near, far, 0.5, blur=0.3, mode="converged", tolerance=1e-3, backend=backend)
    torch.testing.assert_close(result.value[1:], alone.value, rtol=1e-12, atol=0)


def test_cap_is_kept_and_flagged(random_measures, backend):
    a, b = (random_measures(2, (9, 9), DOUBLE, seed) for seed in (6, 7))
    short = sinkhorn_divergence(
        a, b, 0.5, blur=0.25, mode="converged", tolerance=1e-12, max_iterations=3, backend=backend
    )
    assert not short.converged.any()
    assert bool((short.marginal_error > 1e-12).all())
    longer = sinkhorn_divergence(
        a, b, 0.5, blur=0.25, mode="converged", tolerance=1e-12, max_iterations=7, backend=backend
    )
    assert (longer.iterations - short.iterations).tolist() == [4, 4]


def test_float32_default_tolerance_is_reached_at_half_a_voxel(random_measures, backend):
    a, b = (random_measures(2, (8, 9, 10), torch.float32, seed) for seed in (8, 9))
    result = sinkhorn_divergence(a, b, 0.6, blur=0.3, mode="converged", backend=backend)
    assert result.converged.all()
    exact = sinkhorn_divergence(
        a.double(), b.double(), 0.6, blur=0.3, mode="converged", tolerance=1e-9, backend=backend
    )
    torch.testing.assert_close(result.value.double(), exact.value, rtol=1e-3, atol=0)


def test_translation_costs_half_the_squared_distance(ball, backend):
    """S_ε of a translated measure is ½ d², exactly, but for the border."""
    a, b = ball((24, 24), (8.0, 11.0), 5.0).double(), ball((24, 24), (14.0, 12.0), 5.0).double()
    result = sinkhorn_divergence(
        (a / a.sum())[None], (b / b.sum())[None], 0.25, blur=0.25, mode="converged", tolerance=1e-8, backend=backend
    )
    assert float(result.value) == pytest.approx(0.5 * 0.25**2 * (36 + 1), rel=1e-3)


def test_warm_start_gives_the_cold_value_in_fewer_iterations(random_measures, backend):
    """Measures that move a little a step, as in training: each step starts from the last one's potentials."""
    first, last = (random_measures(2, (7, 8, 6), torch.float32, seed) for seed in (10, 11))
    other = random_measures(2, (7, 8, 6), torch.float32, 12)
    arguments = {"spacing": 0.6, "blur": 0.3, "mode": "converged", "backend": backend}
    start, cold_iterations, warm_iterations = None, 0, 0
    for s in torch.linspace(0, 0.3, 7):
        moved = (1 - s) * first + s * last
        warm = sinkhorn_divergence(moved, other, start=start, **arguments)
        cold = sinkhorn_divergence(moved, other, **arguments)
        assert warm.converged.all()
        torch.testing.assert_close(warm.value, cold.value, rtol=1e-3, atol=0)
        if start is not None:
            warm_iterations += int(warm.iterations.sum())
            cold_iterations += int(cold.iterations.sum())
        start = warm.potentials
    assert warm_iterations < 0.8 * cold_iterations
