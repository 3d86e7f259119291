"""Contours in the plane, and distances between them, against circles."""

import numpy as np
import pytest

from trainables.metrics.surfaces import surface, surface_distances
from trainables.shapes.sequence import grid_points, grid_spacing

N = 64


def circle(radius, x=0.0):
    points = grid_points(N, dimension=2).numpy().astype(float)
    return np.hypot(points[..., 0] - x, points[..., 1]) - radius


def contour(sdf):
    return surface(sdf, grid_spacing(N))


def test_a_contour_has_the_circumference_of_its_circle_and_ends_where_it_begins():
    found = contour(circle(1.3))
    ends = found.vertices[found.faces]
    assert np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum() == pytest.approx(2 * np.pi * 1.3, rel=2e-3)
    assert ends[-1, 1] == pytest.approx(ends[0, 0])
    assert found.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("apart", [0.005, 0.1, 0.7])
def test_concentric_circles_are_as_far_apart_as_their_radii(apart):
    chamfer, hausdorff = surface_distances(contour(circle(1.0 + apart)), contour(circle(1.0)))
    assert chamfer == pytest.approx(apart, rel=0.02)
    assert hausdorff == pytest.approx(apart, abs=2e-3)


def test_a_circle_that_is_moved_is_off_by_the_closed_form():
    """Of circles of radius r whose centres are d apart, the mean of |√(r² + d² + 2 r d cos φ) − r| over φ."""
    phi = np.linspace(0, 2 * np.pi, 100_000, endpoint=False)
    expected = np.abs(np.sqrt(1 + 0.4**2 + 2 * 0.4 * np.cos(phi)) - 1).mean()
    chamfer, hausdorff = surface_distances(contour(circle(1.0, 0.4)), contour(circle(1.0)))
    assert chamfer == pytest.approx(expected, rel=0.01)
    assert hausdorff == pytest.approx(0.4, abs=5e-3)


def test_an_empty_prediction_costs_the_size_of_the_truth():
    """The mean distance between two points of a circle is 4 r / π, the largest 2 r."""
    nothing = contour(np.ones((N, N)))
    assert not nothing
    chamfer, hausdorff = surface_distances(nothing, contour(circle(1.0)))
    assert chamfer == pytest.approx(4 / np.pi, rel=0.01)
    assert hausdorff == pytest.approx(2.0, rel=0.01)


def test_two_shapes_and_a_hole_are_all_there():
    ring = np.maximum(circle(0.8, -1.5), -circle(0.4, -1.5))
    both = contour(np.minimum(ring, circle(0.6, 1.5)))
    length = np.linalg.norm(np.diff(both.vertices[both.faces], axis=1)[:, 0], axis=1).sum()
    assert length == pytest.approx(2 * np.pi * (0.8 + 0.4 + 0.6), rel=5e-3)
