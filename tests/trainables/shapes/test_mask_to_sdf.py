"""Distances of masks against the analytic distances of spheres, isotropic and flattened voxels."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from trainables.shapes.mask_to_sdf import MARGIN, mask_to_sdf, redistanced


def surface_error(voxel, radius, antialias=True) -> np.ndarray:
    """Errors at random points within one unit of the surface of four spheres at random places."""
    generator = np.random.default_rng(0)
    voxel, errors = np.array(voxel), []
    for _ in range(4):
        centre = (generator.random(3) - 0.5) * voxel
        shape = np.ceil(2 * radius / voxel).astype(int) + 4
        middle = (shape - 1) / 2
        position = (np.indices(shape).T - middle) * voxel - centre
        mask = (np.linalg.norm(position, axis=-1) < radius).T
        sdf = mask_to_sdf(mask, tuple(voxel), antialias)
        direction = generator.standard_normal((3000, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        distance = generator.uniform(-1, 1, 3000)
        index = ((radius + distance)[:, None] * direction + centre) / voxel + middle + MARGIN
        errors.append(map_coordinates(sdf, index.T, order=3) - distance)
    return np.concatenate(errors)


def rms(error: np.ndarray) -> float:
    return float(np.sqrt((error**2).mean()))


@pytest.mark.parametrize(
    ("voxel", "radius", "bound"),
    [((1, 1, 1), 8, 0.12), ((1, 1, 1), 3, 0.14), ((5, 1, 1), 20, 0.33), ((5, 1, 1), 35, 0.3), ((2, 1, 0.5), 8, 0.15)],
)
def test_the_surface_of_a_sphere_is_found_between_voxels(voxel, radius, bound):
    error = surface_error(voxel, radius)
    assert rms(error) < bound
    assert abs(error.mean()) < 0.07 * np.mean(voxel)
    assert rms(error) < 0.8 * rms(surface_error(voxel, radius, antialias=False))


def test_voxel_centres_keep_their_side_even_of_a_single_voxel():
    mask = np.zeros((3, 5, 4), bool)
    mask[1, 2, 1] = mask[1, 2, 2] = True
    sdf = mask_to_sdf(mask, (5.0, 1.0, 1.0))
    assert sdf.shape == tuple(n + 2 * MARGIN for n in mask.shape)
    assert (np.pad(mask, MARGIN) == (sdf < 0)).all()


def test_a_mask_that_fills_its_box_ends_there():
    sdf = mask_to_sdf(np.ones((5, 30, 30), bool), (1.0, 0.2, 0.2))
    line = sdf[:, MARGIN + 15, MARGIN + 15]
    assert (np.flatnonzero(line < 0) == np.arange(MARGIN, MARGIN + 5)).all()
    assert line[MARGIN - 1] == pytest.approx(0.5, abs=0.1)
    assert line[MARGIN - 3] == pytest.approx(2.5, abs=0.2)


def test_an_empty_mask_has_no_distance():
    with pytest.raises(ValueError, match="empty"):
        mask_to_sdf(np.zeros((3, 3, 3), bool), (1.0, 1.0, 1.0))


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_distances_are_made_again_from_a_clamped_field_of_any_scale(scale):
    axis = np.linspace(-3, 3, 48)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    truth = np.minimum(np.sqrt((x - 1) ** 2 + y**2 + z**2) - 0.9, np.sqrt((x + 1.2) ** 2 + y**2 + z**2) - 0.7)
    found = redistanced(np.clip(truth, -0.3, 0.3) * scale, 6 / 47)
    assert ((found < 0) == (truth < 0)).all()
    assert np.abs(found - truth).max() < 0.4 * 6 / 47
    assert np.sqrt(((found - truth) ** 2).mean()) < 0.08 * 6 / 47
    assert abs((np.abs(found) - np.abs(truth)).mean()) < 0.05 * 6 / 47


def test_a_field_of_one_sign_has_no_surface():
    with pytest.raises(ValueError, match="one sign"):
        redistanced(np.ones((4, 4, 4)), 1.0)
