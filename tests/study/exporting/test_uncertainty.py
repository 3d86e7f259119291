"""The uncertainty of an exported surface: closed forms of balls, and a calibration that covers what it has not seen."""

import numpy as np
import pytest
import torch

from study.exporting.ensemble import Ensemble
from study.exporting.uncertainty import calibrate, displacement, distances, looked_at, on_lattice
from trainables.shapes.sequence import grid_points
from trainables.shapes.sphere import Sphere
from trainables.shapes.timeline import Timeline

TRUE = Sphere(z1=0.0, z2=0.0)


def radius(time: float) -> float:
    """Of the true sphere."""
    return float(-TRUE.sdf(torch.zeros(1, 3), time)[0])


def balls(radii, slope: float = 1.0, dimension: int = 3) -> Ensemble:
    return Ensemble(
        [lambda points, r=r: slope * (points[:, :-1].norm(dim=1) - r) for r in radii], dimension=dimension
    )  # fmt: skip


@pytest.mark.parametrize(("slope", "dimension"), [(0.5, 3), (1.0, 3), (3.0, 3), (3.0, 2)])
def test_the_displacement_of_a_mean_of_balls_is_the_standard_error_of_their_radii(slope, dimension):
    radii = [1.0, 1.1, 1.5, 1.2]
    ensemble = balls(radii, slope, dimension)
    points = looked_at(ensemble, 0.3)
    assert np.linalg.norm(points, axis=1) == pytest.approx(np.full(len(points), np.mean(radii)), abs=0.01)
    expected = np.std(radii, ddof=1) / 2
    assert displacement(ensemble, points, 0.3) == pytest.approx(np.full(len(points), expected), rel=1e-3)


def test_it_is_what_a_bootstrap_of_the_mean_field_gives():
    radii = np.array([1.0, 1.1, 1.5, 1.2, 0.9])
    drawn = np.random.default_rng(0).choice(radii, (20000, 5)).mean(axis=1).std()
    found = displacement(balls(radii), np.array([[1.0, 0, 0]]), 0.0)
    assert found[0] == pytest.approx(drawn * np.sqrt(5 / 4), rel=0.02)


def test_one_exported_replicate_is_less_sure_than_the_mean_and_one_alone_unknown():
    radii = [1.0, 1.1, 1.5, 1.2]
    fields, points = balls(radii).fields, np.array([[1.0, 0, 0]])
    assert displacement(Ensemble(fields, 2), points, 0.0)[0] == pytest.approx(np.std(radii, ddof=1), rel=1e-3)
    assert np.isnan(displacement(Ensemble(fields[:1]), points, 0.0)).all()


def test_on_a_lattice_it_is_the_same_as_at_points():
    ensemble = balls([1.0, 1.1, 1.5, 1.2])
    ensemble.factor = 3.0
    points = grid_points(40).numpy()
    found = on_lattice(ensemble, ensemble.volume(points, 0.3, everywhere=True), points)
    near = np.abs(np.linalg.norm(points, axis=-1) - 1.2) < 0.2
    assert found[near] == pytest.approx(np.full(near.sum(), 3 * np.std([1.0, 1.1, 1.5, 1.2], ddof=1) / 2), rel=0.02)


def test_distances_are_those_of_the_true_surface():
    points = np.array([[radius(0.5) + 0.2, 0, 0], [0, radius(0.5) - 0.1, 0]])
    assert distances(TRUE, points, 0.5) == pytest.approx([0.2, 0.1], abs=1e-5)


def test_replicates_that_differ_by_rounding_alone_have_no_spread_to_calibrate():
    found = calibrate([(balls([radius(t), radius(t) + 1e-7, radius(t)]), TRUE, t) for t in (0.2, 0.5)])
    assert (found.factor, found.frames) == (1.0, 0)
    assert "not calibrated" in found.words()


def noisy(random, time: float, deviation: float, shift: float) -> Ensemble:
    """Balls about the true one whose centres are off: replicates by `deviation` each, all of them by `shift`."""
    centres = random.normal(0, deviation, (6, 3)) + random.normal(0, shift, 3)
    found = [torch.tensor(centre, dtype=torch.float32) for centre in centres]
    return Ensemble([lambda points, c=c: (points[:, :3] - c).norm(dim=1) - radius(time) for c in found])


def test_one_factor_covers_hidden_frames_that_it_was_not_fitted_on():
    random = np.random.default_rng(0)
    times = np.linspace(0.1, 0.9, 12)

    def frames():
        return [(noisy(random, time, 0.02 + 0.1 * time, 0.05 + 0.25 * time), TRUE, float(time)) for time in times]

    found = calibrate(frames())
    assert found.before < 0.7, "what all replicates get wrong is not in the spread of their mean"
    assert found.frames == 12
    assert found.factor > 1.5
    assert found.coverage == pytest.approx(0.95, abs=0.06)
    held = []
    for ensemble, sequence, time in frames():
        points = looked_at(ensemble, time)
        held.append(
            np.mean(distances(sequence, points, time) <= 2 * found.factor * displacement(ensemble, points, time))
        )
    assert np.mean(held) == pytest.approx(found.coverage, abs=0.06)


def test_without_hidden_frames_or_replicates_nothing_is_calibrated():
    for frames in ([], [(balls([1.0]), TRUE, 0.5)], [(balls([-1.0, -2.0]), TRUE, 0.5)]):
        found = calibrate(frames)
        assert (found.factor, found.frames) == (1.0, 0)
        assert found.words().startswith("not calibrated")
    one = calibrate([(balls([1.0, 1.1]), TRUE, 0.5)])
    assert np.isnan(one.coverage)
    assert "coverage unknown" in one.words()
    assert Timeline.shown({0, 2}, 2).train_times == [0.0, 1.0]
