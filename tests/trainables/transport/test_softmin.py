"""The separable soft minimum equals the dense one, whichever way it takes."""

import pytest
import torch

from trainables.transport import compiled
from trainables.transport import softmin as plain
from trainables.transport.grid import Grid
from trainables.transport.softmin import log_weights, safe_blocks

GRIDS = [((17,), (0.3,)), ((9, 7), (0.5, 0.8)), ((6, 5, 7), (0.6, 0.9, 0.4)), ((2, 3, 2), (1.0, 1.0, 1.0))]


@pytest.fixture(params=[plain.softmin, compiled.softmin], ids=["plain", "compiled"])
def softmin(request):
    return request.param


def dense_softmin(h, grid, epsilon, points):
    x = points(1, grid.shape, grid.spacing, torch.float64)[0]
    cost = ((x[:, None] - x[None]).abs() ** grid.p / grid.p).sum(-1)
    terms = h.double().flatten(1)[:, None, :] - cost / epsilon
    return (-epsilon * terms.logsumexp(-1)).view(h.shape)


@pytest.mark.parametrize(("shape", "spacing"), GRIDS)
@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("blur", [0.05, 0.3, 0.6, 1.5, 10.0])
def test_equals_the_dense_sum(shape, spacing, p, blur, points, random_measures, softmin):
    grid = Grid.of(shape, spacing, p)
    epsilon = blur**p
    potential = torch.randn(3, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    h = log_weights(random_measures(3, shape, torch.float64, 0)) + potential / epsilon
    expected = dense_softmin(h, grid, epsilon, points)
    torch.testing.assert_close(softmin(h, grid, epsilon), expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(
        softmin(h.float(), grid, epsilon).double(), expected, rtol=3e-6, atol=3e-6 * grid.diameter**p
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("p", [1, 2])
def test_blocks_lose_nothing_at_the_edge_of_what_they_allow(dtype, p, points, softmin):
    """Terms so steep that the largest one lies at the far end of what an output would see by itself."""
    grid = Grid.of((60,), 1.0, p)
    seen = set()
    for blur in (0.003, 0.04, 0.1, 0.3, 0.5, 0.8, 1.2, 2.0, 3.0, 5.0, 8.0):
        epsilon = blur**p
        blocks = safe_blocks(grid, 0, epsilon, dtype, torch.device("cpu"))
        seen.add(0 if blocks is None else len(blocks))
        position = torch.arange(60, dtype=dtype)
        slopes = torch.linspace(-60, 60, 25, dtype=dtype)[:, None]
        h = slopes * position / epsilon
        torch.testing.assert_close(
            softmin(h, grid, epsilon).double(),
            dense_softmin(h, grid, epsilon, points),
            rtol=1e-5 if dtype == torch.float32 else 1e-12,
            atol=(1e-5 if dtype == torch.float32 else 1e-12) * epsilon,
        )
    assert len(seen) > 2, "the blurs must cover the direct way, several blocks and one"


def test_empty_lines_and_one_voxel_give_the_cost_from_it(softmin):
    grid = Grid.of((5, 4), (0.5, 2.0))
    weights = torch.zeros(1, 5, 4)
    weights[0, 1, 2] = 1.0
    potential = softmin(log_weights(weights), grid, 0.01)[0]
    x, y = torch.meshgrid(0.5 * (torch.arange(5) - 1), 2.0 * (torch.arange(4) - 2), indexing="ij")
    torch.testing.assert_close(potential, (x**2 + y**2) / 2, rtol=1e-5, atol=1e-5)


def test_does_not_touch_its_input(softmin):
    h = torch.zeros(1, 8)
    softmin(h, Grid.of((8,), 1.0), 4.0)
    assert torch.equal(h, torch.zeros(1, 8))


def test_constant_shift_passes_through(softmin):
    grid = Grid.of((6, 5, 4), 0.7)
    h = torch.randn(2, 6, 5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    shifted = softmin(h + 3.0, grid, 0.25)
    torch.testing.assert_close(shifted, softmin(h, grid, 0.25) - 0.25 * 3.0, rtol=0, atol=1e-12)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("shape", [(5, 70, 3), (150, 2), (33,), (2, 2, 129)])
def test_every_line_is_done_once_whatever_the_threads(shape, threads, points):
    """Axes longer and shorter than a tile, and shares that do not divide evenly."""
    grid = Grid.of(shape, 0.5)
    h = torch.randn(5, *shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    torch.set_num_threads(threads)
    found = compiled.softmin(h, grid, 0.3)
    torch.set_num_threads(1)
    torch.testing.assert_close(found, dense_softmin(h, grid, 0.3, points), rtol=1e-12, atol=1e-12)
