"""Distances between surfaces against closed forms and brute force."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from trimesh.triangles import closest_point

from trainables.metrics.nearest import distances, tree_of
from trainables.metrics.surfaces import Surface, surface, surface_distances
from trainables.shapes.sequence import grid_points, grid_spacing

NOTHING = Surface(np.empty((0, 3)), np.empty((0, 3), dtype=int))


def ball(radius: float, n: int = 48, centre: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Surface:
    points = grid_points(n).double().numpy() - centre
    return surface(np.linalg.norm(points, axis=-1) - radius, grid_spacing(n))


def to_segment(p: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    share = ((p - a) * (b - a)).sum(-1) / np.maximum(((b - a) ** 2).sum(-1), 1e-300)
    return np.linalg.norm(p - a - share.clip(0, 1)[..., None] * (b - a), axis=-1)


def brute_force(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Every point against every triangle: to its plane where the foot lies inside, and to its three edges."""
    p, (a, b, c) = points[:, None], (triangles[None, :, corner] for corner in range(3))
    normal = np.cross(b - a, c - a)
    length = np.maximum(np.linalg.norm(normal, axis=-1), 1e-300)
    height = ((p - a) * normal).sum(-1) / length
    foot = p - (height / length)[..., None] * normal
    inside = np.broadcast_to(length > 1e-12, height.shape).copy()
    for u, v in ((a, b), (b, c), (c, a)):
        inside &= (np.cross(v - u, foot - u) * normal).sum(-1) >= 0
    edges = np.minimum(np.minimum(to_segment(p, a, b), to_segment(p, b, c)), to_segment(p, c, a))
    return np.where(inside, np.abs(height), edges).min(1)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 17, 200])
def test_distances_to_triangles_equal_brute_force_and_trimesh(count):
    generator = np.random.default_rng(count)
    triangles = 0.4 * generator.normal(size=(count, 3, 3)) + generator.normal(size=(count, 1, 3))
    triangles[: count // 4, 2] = triangles[: count // 4, 1]  # without area
    triangles[count // 2 : count // 2 + count // 8] = triangles[count // 2, :1]  # a single point
    points = np.concatenate([2 * generator.normal(size=(100, 3)), triangles[:, 0], triangles.mean(1)])
    found = distances(points, tree_of(triangles))
    np.testing.assert_allclose(found, brute_force(points, triangles), atol=1e-12)
    sound = slice(count // 2 + count // 8, None)  # trimesh divides by the areas
    pairs = [(p, t) for p in points for t in triangles[sound]]
    nearest = closest_point(np.array([t for _, t in pairs]), np.array([p for p, _ in pairs]))
    apart = np.linalg.norm(nearest - [p for p, _ in pairs], axis=1).reshape(len(points), -1).min(1)
    np.testing.assert_allclose(distances(points, tree_of(triangles[sound])), apart, atol=1e-12)


def test_distances_to_a_surface_equal_brute_force():
    a, b = ball(1.2, 20, (0.3, 0.1, 0.2)), ball(0.8, 20, (-0.4, 0.2, 0.0))
    forward, backward = brute_force(a.vertices, b.triangles), brute_force(b.vertices, a.triangles)
    chamfer, hausdorff = surface_distances(a, b)
    assert chamfer == pytest.approx((a.weights @ forward + b.weights @ backward) / 2)
    assert hausdorff == pytest.approx(max(forward.max(), backward.max()))


def test_no_triangle_is_missed_however_the_points_are_ordered():
    """The search begins with the triangle nearest to the point before, wherever that was."""
    mesh, generator = ball(1.0, 24), np.random.default_rng(0)
    points = np.concatenate([generator.uniform(-3, 3, size=(300, 3)), mesh.vertices[::40], np.zeros((2, 3))])
    for ordered in (points, points[::-1], generator.permutation(points)):
        np.testing.assert_allclose(distances(ordered, mesh.tree), brute_force(ordered, mesh.triangles), atol=1e-12)


@pytest.mark.parametrize("apart", [0.005, 0.02, 0.1, 0.5])
@pytest.mark.parametrize("centre", [(0.0, 0.0, 0.0), (0.05, 0.08, 0.03), (-0.11, 0.02, 0.17)])
@pytest.mark.parametrize("radius", [0.6, 1.0, 1.5])
def test_concentric_spheres_are_their_radii_apart(apart, centre, radius):
    """To 1 %, on the grid of the laptop preset, down to a fortieth of its spacing; by vertices it is 80 % off."""
    larger, smaller = ball(radius + apart, 32, centre), ball(radius, 32, centre)
    assert surface_distances(larger, smaller)[0] == pytest.approx(apart, rel=0.01)
    assert surface_distances(larger, smaller)[1] == pytest.approx(apart, rel=0.3)


def test_distances_converge_with_the_resolution():
    for metric in (0, 1):
        errors = [
            abs(surface_distances(ball(1.03, n, (0.05, 0.08, 0.03)), ball(1.0, n, (0.05, 0.08, 0.03)))[metric] - 0.03)
            for n in (24, 48, 96)
        ]
        assert errors[2] < errors[0] / 4


def test_a_moved_sphere_is_as_far_as_the_integral_says():
    """d(a, B) = | |a − c| − R | on a sphere moved by s: uniform in the height, so that the mean is an integral."""
    radius, moved = 1.0, 0.6
    height = np.linspace(-radius, radius, 200_001)
    expected = np.abs(np.sqrt(radius**2 + moved**2 - 2 * moved * height) - radius).mean()
    chamfer, hausdorff = surface_distances(ball(radius, 64), ball(radius, 64, (moved, 0, 0)))
    assert chamfer == pytest.approx(expected, rel=0.01)
    assert hausdorff == pytest.approx(moved, rel=0.01)


def test_a_surface_is_at_no_distance_from_itself():
    assert surface_distances(ball(1.1, 32), ball(1.1, 32)) == (0.0, 0.0)


def test_by_vertices_distances_are_those_of_the_clouds():
    a, b = ball(1.2, 20, (0.3, 0, 0)), ball(0.8, 20, (-0.4, 0, 0))
    distance = cdist(a.vertices, b.vertices)
    forward, backward = distance.min(1), distance.min(0)
    chamfer, hausdorff = surface_distances(a, b, "vertices")
    assert chamfer == pytest.approx((forward.mean() + backward.mean()) / 2)
    assert hausdorff == pytest.approx(max(forward.max(), backward.max()))


def test_weights_are_areas_and_their_sum_is_that_of_the_sphere():
    mesh = ball(1.2, 64)
    corners = mesh.triangles
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2
    assert area == pytest.approx(4 * np.pi * 1.2**2, rel=0.01)
    assert mesh.weights.sum() == pytest.approx(1)
    upper = mesh.weights[mesh.vertices[:, 2] > 3.0 + 0.6].sum()  # a cap of a quarter of the height (Archimedes)
    assert upper == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("way", ["triangles", "vertices"])
def test_an_empty_prediction_costs_a_size_of_the_true_shape(way):
    """Mean and largest distance of two points of a sphere: 4/3 and 2 radii; nothing of the domain's."""
    for radius in (0.5, 1.5):
        chamfer, hausdorff = surface_distances(NOTHING, ball(radius), way)
        assert chamfer == pytest.approx(4 / 3 * radius, rel=0.02)
        assert hausdorff == pytest.approx(2 * radius, rel=0.01)


def test_an_empty_prediction_is_worse_than_any_ball_that_meets_the_truth():
    true = ball(1.0)
    nothing = surface_distances(NOTHING, true)
    predictions = [ball(1.0, 48, (moved, 0, 0)) for moved in (0.3, 1.0, 1.5, 1.95)]
    predictions += [ball(radius) for radius in (0.2, 0.5, 1.5)] + [ball(0.2, 48, (0.8, 0, 0))]
    for prediction in predictions:
        found = surface_distances(prediction, true)
        assert found[0] < nothing[0]
        assert found[1] < nothing[1]


def test_an_empty_truth_is_not_compared_with():
    for prediction in (NOTHING, ball(1.0)):
        with pytest.raises(ValueError, match="The true surface is empty"):
            surface_distances(prediction, NOTHING)


def test_the_cost_of_nothing_is_that_of_all_points_where_few_are_taken():
    points = ball(1.0, 64, (0.1, 0.2, 0.3))
    assert len(points.vertices) > 2000
    mean, largest = points.own_distances
    pairs = cdist(points.vertices, points.vertices)
    assert mean == pytest.approx(points.weights @ pairs @ points.weights, rel=0.01)
    assert largest == pytest.approx(pairs.max(), rel=1e-3)


def test_fields_without_a_surface_have_none():
    for value in (1.0, -1.0, np.inf, -np.inf, np.nan):
        assert not surface(np.full((8, 8, 8), value), 1.0)


def test_infinite_values_beside_a_surface_leave_it_in_its_place():
    sdf = np.linalg.norm(grid_points(24).double().numpy(), axis=-1) - 1.0
    holed = sdf.copy()
    holed[sdf > 0.6] = np.inf
    holed[sdf < -0.6] = -np.inf
    assert surface_distances(surface(holed, grid_spacing(24)), surface(sdf, grid_spacing(24))) == (0.0, 0.0)
