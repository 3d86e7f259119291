"""Surfaces to look at: where they should be, and at which times."""

import numpy as np
import pytest

from trainables.metrics.display import display_rows, display_times
from trainables.metrics.volumes import asymmetry
from trainables.shapes.sequence import grid_points
from trainables.shapes.sphere import Sphere
from trainables.shapes.timeline import Timeline

TIMELINE = Timeline.shown({0, 20})


def test_times_are_spread_and_hold_both_ends():
    times = display_times(TIMELINE)
    assert len(times) == 9
    assert (times[0], times[-1]) == (0.0, 1.0)
    assert max(np.diff(times)) <= 0.15 + 1e-9
    assert display_times(Timeline.shown({0, 4}, 4)) == [0, 0.25, 0.5, 0.75, 1]


def test_meshes_lie_on_the_surface_in_domain_units():
    sphere, n = Sphere(z1=1.0, z2=0.5), 40

    def predict(time: float) -> np.ndarray:
        if time == 1.0:
            return np.ones((n,) * 3)
        return Sphere(z1=-1.0, z2=0.5).sdf(grid_points(n), time).numpy()

    rows = display_rows(predict, sphere, TIMELINE, n)
    assert [(row["time"], row["kind"]) for row in rows[:3]] == [(0.0, "predicted"), (0.0, "true"), (0.1, "predicted")]
    for row in rows:
        vertices, faces = row["vertices"].reshape(-1, 3), row["faces"].reshape(-1, 3)
        if row["time"] == 1.0 and row["kind"] == "predicted":
            assert len(vertices) == len(faces) == 0
            continue
        centre = (0, 1.0 if row["kind"] == "true" else -1.0, 0)
        np.testing.assert_allclose(np.linalg.norm(vertices - centre, axis=1), 1 + 0.5 * row["time"], atol=0.01)
        assert faces.max() == len(vertices) - 1
        assert row["role"] == ("train" if row["time"] in (0.0, 1.0) else TIMELINE.roles[round(20 * row["time"])])


def test_asymmetry_is_the_dice_that_a_point_reflection_loses():
    shape = np.zeros((5, 5, 5), dtype=bool)
    shape[0, 0, 0] = shape[4, 4, 4] = True
    assert asymmetry(shape) == 0
    shape[1, 2, 3] = True  # its reflection, (3, 2, 1), is not inside
    assert asymmetry(shape) == pytest.approx(1 - 2 / 3)
    assert np.isnan(asymmetry(np.zeros((4, 4, 4), dtype=bool)))


def test_of_recordings_the_first_few_are_kept_and_of_other_sequences_the_first() -> None:
    from study.data.recordings import example
    from trainables.metrics.display import RECORDINGS, displayed
    from trainables.shapes.bifurcation import Bifurcation

    cells = list(example(16, lambda count: [0, count - 1]).sequences)
    assert displayed(cells) == [0, 1]
    assert displayed(cells * RECORDINGS) == list(range(RECORDINGS))
    assert displayed([Bifurcation()] * 3) == [0]
