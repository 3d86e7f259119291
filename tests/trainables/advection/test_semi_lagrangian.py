"""The semi-Lagrangian step against what is known: constants, translation, rotation; and the composed displacement.

Of images and of volumes.
"""

import numpy as np
import pytest
import torch
from scipy import ndimage

from trainables.advection import semi_lagrangian

N, DURATION = 10, 0.1


def blob(x: float, y: float, side: int = 64, width: float = 5.0) -> torch.Tensor:
    """A Gaussian around pixel (x, y), `(1, 1, side, side)`."""
    rows, columns = np.mgrid[:side, :side]
    return torch.tensor(np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * width**2)))[None, None]


def centre(image: torch.Tensor) -> tuple[float, float]:
    """Centre of mass (x, y)."""
    y, x = ndimage.center_of_mass(image[0, 0].numpy())
    return x, y


def uniform(x: float, y: float, side: int = 64) -> torch.Tensor:
    """Fields of N steps that move by (x, y) pixels in all."""
    shift = torch.tensor([x, y], dtype=torch.float64) / side / (N * DURATION)
    return shift.view(1, 1, 2, 1, 1).expand(1, N, 2, side, side)


def ball(at: tuple[float, float, float], side: int = 32, width: float = 3.0) -> torch.Tensor:
    """A Gaussian around voxel (x, y, z), `(1, 1, side, side, side)`: z is the first axis."""
    z, y, x = np.mgrid[:side, :side, :side]
    square = sum((axis - c) ** 2 for axis, c in zip((x, y, z), at, strict=True))
    return torch.tensor(np.exp(-square / (2 * width**2)))[None, None]


@pytest.mark.parametrize("size", [(40, 56), (12, 18, 15)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_constant_stays_constant_under_any_field(dtype, size):
    generator = torch.Generator().manual_seed(0)
    fields = 3 * torch.randn(2, N, len(size), *size, generator=generator, dtype=dtype)
    states = semi_lagrangian.evolution(torch.full((2, 1, *size), 0.7, dtype=dtype), fields, DURATION)
    assert (states - 0.7).abs().max() < 1e-6


@pytest.mark.parametrize("shift", [(6.0, 0.0, 0.0), (0.0, -5.0, 0.0), (0.0, 0.0, 4.5), (3.3, -2.7, 0.4)])
def test_a_ball_arrives_where_the_field_carries_it(shift):
    start, side = ball((15.0, 16.0, 14.0)), 32
    field = torch.tensor(shift, dtype=torch.float64).view(1, 1, 3, 1, 1, 1) / side / (N * DURATION)
    fields = field.expand(1, N, 3, side, side, side)
    end = semi_lagrangian.evolution(start, fields, DURATION)[:, -1]
    z, y, x = ndimage.center_of_mass(end[0, 0].numpy())
    expected = tuple(c + s for c, s in zip((15.0, 16.0, 14.0), shift, strict=True))
    assert (x, y, z) == pytest.approx(expected, abs=0.5)
    assert (x, y, z) == pytest.approx(expected, abs=0.05)
    assert semi_lagrangian.displacement(fields, DURATION)[0, -1].mean((1, 2, 3)).tolist() == pytest.approx(shift)


def test_a_volume_that_is_the_same_along_an_axis_moves_as_the_image_does():
    generator = torch.Generator().manual_seed(3)
    image = torch.randn(1, 1, 14, 17, generator=generator, dtype=torch.float64)
    fields = 0.2 * torch.randn(1, 3, 2, 14, 17, generator=generator, dtype=torch.float64)
    deep = torch.cat([fields, torch.zeros_like(fields[:, :, :1])], dim=2)[:, :, :, None].expand(-1, -1, -1, 5, -1, -1)
    states = semi_lagrangian.evolution(image[:, :, None].expand(-1, -1, 5, -1, -1), deep, DURATION)
    expected = semi_lagrangian.evolution(image, fields, DURATION)
    assert (states - expected[:, :, :, None]).abs().max() < 1e-12


@pytest.mark.parametrize(("x", "y"), [(12.0, 0.0), (0.0, -9.0), (7.3, 5.9), (-0.4, 0.25)])
def test_a_blob_arrives_where_the_field_carries_it(x, y):
    start = blob(30, 33)
    end = semi_lagrangian.evolution(start, uniform(x, y), DURATION)[:, -1]
    found = centre(end)
    assert found == pytest.approx((30 + x, 33 + y), abs=0.5)
    # Bilinear interpolation of a smooth blob is nearly symmetric: the centre is much closer than that.
    assert found == pytest.approx((30 + x, 33 + y), abs=0.05)


def test_x_is_the_last_axis_and_y_points_down():
    image = torch.zeros(1, 1, 9, 9, dtype=torch.float64)
    image[0, 0, 4, 4] = 1
    moved = semi_lagrangian.step(image, uniform(2, 0, side=9)[:, 0] * N * DURATION / 0.5, 0.5)
    assert moved[0, 0].argmax() == 4 * 9 + 6


def test_images_that_are_not_square_move_by_pixels_of_each_axis():
    image = torch.zeros(1, 1, 8, 20, dtype=torch.float64)
    image[0, 0, 4, 10] = 1
    field = torch.tensor([3 / 20, -2 / 8], dtype=torch.float64).view(1, 2, 1, 1).expand(1, 2, 8, 20)
    assert semi_lagrangian.step(image, field, 1.0)[0, 0, 2, 13] == pytest.approx(1)


def test_what_flows_in_is_what_the_border_holds():
    ramp = torch.arange(16, dtype=torch.float64).view(1, 1, 1, 16).expand(1, 1, 16, 16).contiguous()
    moved = semi_lagrangian.step(ramp, uniform(4, 0, side=16)[:, 0], N * DURATION)
    assert moved[0, 0, 8].tolist() == pytest.approx([0] * 5 + list(range(1, 12)))


def test_displacement_of_a_rotation_is_that_of_its_characteristics():
    """Many small steps of a rigid rotation against the closed form, away from the border."""
    side, count, angle = 64, 100, np.radians(30)
    rows, columns = (np.mgrid[:side, :side] - (side - 1) / 2) / side
    # Steps of eq. 6 are explicit: x − w Δt; a rotation's foot follows from the field at the arrival.
    field = angle * np.stack([-rows, columns])
    fields = torch.tensor(field)[None, None].expand(1, count, 2, side, side)
    found = semi_lagrangian.displacement(fields, 1 / count)[0, -1].numpy()
    c, s = np.cos(angle), np.sin(angle)
    foot = np.stack([c * columns + s * rows, c * rows - s * columns])
    exact = side * (np.stack([columns, rows]) - foot)
    inside = np.hypot(rows, columns) < 0.4
    assert np.abs(found - exact)[:, inside].max() < 0.15


def test_displacement_is_the_foot_at_which_the_first_image_is_found():
    """Sampling the first image at x − d gives what many steps give, for a smooth image and field."""
    generator = np.random.default_rng(1)
    smooth = ndimage.gaussian_filter(generator.standard_normal((N, 2, 48, 48)), (1, 0, 8, 8))
    fields = torch.tensor(smooth / np.abs(smooth).max() * 0.15)[None]
    start = blob(24, 22, side=48, width=8.0)
    end = semi_lagrangian.evolution(start, fields, DURATION)[0, -1, 0].numpy()
    moved = semi_lagrangian.displacement(fields, DURATION)[0, -1].numpy()
    rows, columns = np.mgrid[:48, :48]
    sampled = ndimage.map_coordinates(start[0, 0].numpy(), [rows - moved[1], columns - moved[0]], order=3)
    inside = np.s_[10:-10, 10:-10]
    assert np.abs(moved).max() > 3
    assert np.abs(sampled - end)[inside].max() < 0.03


def test_between_two_steps_a_part_of_the_next_is_taken():
    fields, start = uniform(10, 0), blob(25, 32)
    states = semi_lagrangian.evolution(start, fields, DURATION)
    for time in (0.0, 0.33, 0.5, 1.0):
        state = semi_lagrangian.at_time(states, fields, DURATION, time)
        assert centre(state)[0] == pytest.approx(25 + 10 * time, abs=0.05)
        moved = semi_lagrangian.displacement_at(fields, DURATION, time)
        assert moved[0, 0].mean() == pytest.approx(10 * time, abs=1e-6)
    assert torch.equal(semi_lagrangian.at_time(states, fields, DURATION, 0.3), states[:, 3])


def test_gradients_of_a_step_are_those_of_finite_differences():
    generator = torch.Generator().manual_seed(2)
    z = torch.randn(1, 1, 6, 7, generator=generator, dtype=torch.float64, requires_grad=True)
    # Away from pixel centres, where bilinear interpolation has a kink.
    field = (0.02 + 0.01 * torch.rand(1, 2, 6, 7, generator=generator, dtype=torch.float64)).requires_grad_()
    assert torch.autograd.gradcheck(lambda z, w: semi_lagrangian.step(z, w, 1.0), (z, field))


def test_a_field_that_is_no_number_ends_no_process():
    """Without care PyTorch's backward pass reads beyond its memory."""
    z = torch.randn(1, 1, 32, 32, requires_grad=True)
    for value in (float("nan"), float("inf"), 1e30):
        field = torch.full((1, 2, 32, 32), value, requires_grad=True)
        semi_lagrangian.step(z, field, 0.1).sum().backward()
    assert torch.isfinite(z.grad).all()
