"""Barycenters against closed forms, quantile averages and POT."""

import numpy as np
import ot
import pytest
import torch

from trainables.transport import barycenter, interpolated_volume, threshold_at_volume


def between(measures, s, spacing=1.0, blur=1.0, **arguments):
    """Barycenter ``[*grid]`` of two weights on a grid at s between them."""
    pair = torch.stack([weights.float() / weights.sum() for weights in measures])
    return barycenter(pair[None], torch.tensor([[1 - s, s]]), spacing, blur, **arguments)[0]


def dice(a, b):
    return 2 * float((a & b).sum()) / float(a.sum() + b.sum())


# shape, then centre and radius of both balls, then s
BALLS = [
    ((32, 32, 32), (9.5, 9.5, 9.5), 6, (22.5, 22.5, 22.5), 6, 0.5),
    ((32, 32, 32), (9, 9, 15), 6, (22, 20, 16), 6, 0.25),
    ((32, 32, 32), (15.5, 15.5, 15.5), 6, (15.5, 15.5, 15.5), 12, 0.5),
    ((32, 32, 32), (9, 9, 9), 6, (20, 20, 20), 10, 0.5),
    ((24, 31, 27), (8, 9, 12), 6, (14, 20, 14), 8, 0.75),
    ((40, 24, 24), (8, 12, 12), 6, (30, 12, 12), 8, 0.5),
    ((64, 50), (12, 14), 7, (48, 32), 12, 0.5),
]


@pytest.mark.parametrize(("shape", "centre0", "radius0", "centre1", "radius1", "s"), BALLS)
def test_translated_and_dilated_balls(shape, centre0, radius0, centre1, radius1, s, ball):
    """Between two balls the Wasserstein-2 barycenter is the ball whose centre and radius are interpolated."""
    first, last = ball(shape, centre0, radius0), ball(shape, centre1, radius1)
    density = between((first, last), s)
    volume = interpolated_volume(first.sum(), last.sum(), s, dimension=len(shape))
    found = threshold_at_volume(density, volume)
    centre = [(1 - s) * x + s * y for x, y in zip(centre0, centre1, strict=True)]
    expected = ball(shape, centre, (1 - s) * radius0 + s * radius1)
    assert dice(found, expected) >= 0.95
    assert abs(float(density.double().sum()) - 1) < 1e-5


def test_debiasing_keeps_the_barycenter_sharp(ball):
    """The density itself: a plain entropic barycenter is wider by a deviation of one voxel."""
    shape = (28, 28, 28)
    density = between((ball(shape, (10, 13, 13), 7), ball(shape, (18, 13, 13), 7)), 0.5).double()
    expected = ball(shape, (14, 13, 13), 7).double()
    expected /= expected.sum()
    axis = torch.arange(28, dtype=torch.float64)

    def spread(weights):
        marginal = weights.sum((1, 2))
        return float((marginal * axis**2).sum() - (marginal * axis).sum() ** 2)

    assert spread(density) == pytest.approx(spread(expected), rel=0.03)


def test_ends_are_the_measures_themselves(ball):
    first, last = ball((24, 24), (8, 8), 6), ball((24, 24), (15, 14), 7)
    assert dice(threshold_at_volume(between((first, last), 0.0), float(first.sum())), first) > 0.98
    assert dice(threshold_at_volume(between((first, last), 1.0), float(last.sum())), last) > 0.98


@pytest.mark.parametrize("s", [0.25, 0.5, 0.8])
def test_one_dimension_is_the_average_of_quantiles(s):
    x = torch.arange(200, dtype=torch.float64)
    first = torch.exp(-0.5 * ((x - 50) / 8) ** 2)
    last = torch.exp(-0.5 * ((x - 120) / 14) ** 2) + 0.6 * torch.exp(-0.5 * ((x - 160) / 8) ** 2)
    first, last = first / first.sum(), last / last.sum()
    density = between((first, last), s).double().numpy()
    levels = (np.arange(4000) + 0.5) / 4000
    average = (1 - s) * np.interp(levels, first.cumsum(0), x) + s * np.interp(levels, last.cumsum(0), x)
    found = np.interp(levels, np.cumsum(density), x)
    assert np.abs(found - average).mean() < 0.15


def test_several_measures_in_one_dimension():
    """The barycenter of Gaussians has the average mean and the average deviation."""
    x = torch.arange(120, dtype=torch.float64) * 0.1
    means, deviations, weights = (2.5, 6.0, 9.0), (0.4, 0.8, 0.6), (0.2, 0.5, 0.3)
    gaussians = torch.stack([torch.exp(-0.5 * ((x - m) / d) ** 2) for m, d in zip(means, deviations, strict=True)])
    gaussians /= gaussians.sum(1, keepdim=True)
    density = barycenter(gaussians[None], torch.tensor([weights]), spacing=0.1, blur=0.1)[0]
    mean = float((density * x).sum())
    deviation = float((density * (x - mean) ** 2).sum()) ** 0.5
    assert mean == pytest.approx(np.dot(means, weights), abs=0.02)
    assert deviation == pytest.approx(np.dot(deviations, weights), abs=0.02)


def test_agrees_with_pot_in_two_dimensions(ball):
    """At three pixels, where POT's kernel, which is not in the log-domain, does not yet underflow."""
    shape, blur = (32, 32), 3.0
    first, last = ball(shape, (10, 10), 6).double(), ball(shape, (20, 19), 8).double()
    density = between((first, last), 0.5, blur=blur).double()
    # POT's kernel is exp(−d² / reg) on a square with sides from 0 to 1, ours exp(−d² / (2 blur²)) in pixels.
    pair = np.stack([(weights / weights.sum()).numpy() for weights in (first, last)])
    reg, halves = 2 * (blur / (shape[0] - 1)) ** 2, np.array([0.5, 0.5])
    expected = ot.bregman.convolutional_barycenter2d_debiased(pair, reg, halves, numItermax=100, warn=False)
    expected = torch.from_numpy(expected / expected.sum())
    volume = float(interpolated_volume(first.sum(), last.sum(), 0.5, dimension=2))
    assert dice(threshold_at_volume(density, volume), threshold_at_volume(expected, volume)) > 0.95
    assert center(density) == pytest.approx(center(expected), abs=0.01)


def center(density):
    return [float((density.sum(1 - axis) * torch.arange(density.shape[axis])).sum()) for axis in (0, 1)]


@pytest.mark.parametrize("blur", [1.0, 2.0])
def test_center_of_mass_is_the_average(blur, ball):
    density = between((ball((32, 32), (10, 10), 6), ball((32, 32), (20, 19), 8)), 0.25, blur=blur)
    assert center(density) == pytest.approx([12.5, 12.25], abs=0.01)


def test_spacing_scales_with_blur_and_axes_may_differ(ball):
    shape = (26, 24)
    measures = ball(shape, (8, 9), 6), ball(shape, (16, 14), 7)
    torch.testing.assert_close(
        between(measures, 0.5, spacing=0.2, blur=0.3), between(measures, 0.5, spacing=1.0, blur=1.5)
    )
    # Twice as fine along the second axis: the same shapes, every second column.
    fine = [weights.repeat_interleave(2, 1) for weights in measures]
    coarse = between(measures, 0.5, spacing=(1.0, 1.0), blur=1.2)
    pooled = between(fine, 0.5, spacing=(1.0, 0.5), blur=1.2).view(26, 24, 2).sum(2)
    assert float((coarse - pooled).abs().sum()) < 0.1


def test_items_of_a_batch_do_not_see_each_other(ball, backend):
    shape = (20, 21, 22)
    pairs = [(ball(shape, (8 + i, 9, 10), 6).float(), ball(shape, (11, 11, 10 + i), 7).float()) for i in range(3)]
    measures = torch.stack([torch.stack([a / a.sum(), b / b.sum()]) for a, b in pairs])
    weights = torch.tensor([[0.5, 0.5], [0.25, 0.75], [0.9, 0.1]])
    together = barycenter(measures, weights, 1.0, 1.0, backend=backend)
    alone = [barycenter(measures[i : i + 1], weights[i : i + 1], 1.0, 1.0, backend=backend) for i in range(3)]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-5, atol=1e-9)
    assert together.shape == (3, *shape)
    assert together.dtype == torch.float32
    assert float((together.double().sum((1, 2, 3)) - 1).abs().max()) < 1e-5


def test_backends_agree(ball):
    measures = ball((30, 21, 22), (9, 9, 10), 6), ball((30, 21, 22), (19, 11, 11), 7)
    plain, fast = (between(measures, 0.3, backend=backend) for backend in ("plain", "compiled"))
    torch.testing.assert_close(fast, plain, rtol=1e-5, atol=1e-9)


def test_empty_part_of_the_grid_does_not_matter(ball):
    """The barycenter is sought near the measures only: a larger grid, or the measures elsewhere, give the same."""
    first, last = ball((26, 30), (10, 11), 5).float(), ball((26, 30), (15, 18), 6).float()
    small = between((first, last), 0.5)
    large = between([torch.nn.functional.pad(weights, (40, 7, 3, 60)) for weights in (first, last)], 0.5)
    torch.testing.assert_close(large[3:29, 40:70], small, rtol=1e-3, atol=1e-6)
    assert float(small.sum()) == pytest.approx(1, abs=1e-5)
