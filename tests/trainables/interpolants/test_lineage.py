"""Pieces that divide, join or go by each other, where the truth is known."""

import numpy as np
import pytest
from scipy import ndimage

from tests.trainables.interpolants.balls import ball
from trainables.interpolants import field, named
from trainables.interpolants.lineage import UNMATCHED, places_within, smooth_minimum
from trainables.interpolants.voxels import volume
from trainables.metrics.volumes import dice

N = 36


def two(apart: float, radius: float = 1.0) -> np.ndarray:
    """Balls at x = ± apart."""
    return np.minimum(ball(N, (-apart, 0, 0), radius), ball(N, (apart, 0, 0), radius))


def pieces(shape: np.ndarray) -> int:
    return int(ndimage.label(shape < 0)[1])


@pytest.mark.parametrize("apart", [0.0, 0.45, 0.8])
def test_daughters_set_out_from_where_they_lie_in_their_mother(apart):
    daughters = [ball(N, (-1.6, 0, 0), 1.0), ball(N, (1.6, 0, 0), 1.0)]
    places = places_within(two(apart), daughters, sharpness=0)
    assert np.stack(places) == pytest.approx(np.array([[-apart, 0, 0], [apart, 0, 0]]), abs=0.04)


@pytest.mark.parametrize("start", [0.0, 0.5])
def test_balls_that_part_are_followed(start):
    sharp = named("lineage", {"lineage": {"smoothing": 0}}).fit(np.stack([two(start), two(1.7)]), [0, 1])
    blend = field("linear", np.stack([two(start), two(1.7)]), [0, 1])
    for time in (0.25, 0.5, 0.75):
        truth = two(start + time * (1.7 - start)) < 0
        assert dice(sharp(time) < 0, truth) > max(0.94, dice(blend(time) < 0, truth) + 0.05)


def test_a_shape_divides_once_and_when_its_halves_are_apart():
    rule = field("lineage", np.stack([two(0), two(1.7)]), [0, 1])
    counts = [pieces(rule(time)) for time in np.linspace(0, 1, 21)]
    assert counts == sorted(counts)
    assert counts[0] == counts[10] == 1
    assert counts[-2] == counts[-1] == 2


def test_two_that_join_are_one_that_divides_read_backwards():
    shown = np.stack([two(0), two(1.7)])
    forwards, backwards = field("lineage", shown, [0, 1]), field("lineage", shown[::-1], [0, 1])
    assert backwards(0.3) == pytest.approx(forwards(0.7), abs=1e-5)


def test_pieces_that_pass_each_other_keep_their_sizes():
    def both(time):
        small, large = ball(N, (2 * time - 1, -1.5, 0), 0.6), ball(N, (1 - 2 * time, 1.0, 0), 1.1)
        return np.minimum(small, large)

    rule = field("lineage", np.stack([both(0), both(1)]), [0, 1])
    assert dice(rule(0.5) < 0, both(0.5) < 0) > 0.97
    assert volume(rule(0.5)) == pytest.approx(volume(both(0.5)), rel=0.03)


def test_with_volume_the_whole_has_the_volume_that_is_asked_for():
    mother, daughters = ball(N, (0, 0, 0), 1.2), two(1.6, 1.2 / 2 ** (1 / 3))
    rule = field("lineage+volume", np.stack([mother, daughters]), [0, 1])
    for time in (0.3, 0.6):
        assert volume(rule(time)) == pytest.approx(volume(mother), rel=0.01)


def test_a_smooth_minimum_is_that_of_the_exponentials_and_sharp_at_0():
    fields = [ball(12, (0.3, 0, 0), 1.0), ball(12, (-0.5, 0.2, 0), 0.8)]
    expected = -np.log(np.exp(-4 * fields[0].astype(float)) + np.exp(-4 * fields[1].astype(float))) / 4
    assert smooth_minimum(fields, 4) == pytest.approx(expected, abs=1e-5)
    assert np.array_equal(smooth_minimum(fields, 0), np.minimum(*fields))


def test_where_nothing_can_be_matched_the_whole_is_moved_and_it_is_said():
    nothing = ball(N, (0, 0, 0), 1.0) + 9
    rule = field("lineage", np.stack([nothing, two(1.0)]), [0, 1])
    assert rule(0.5) == pytest.approx(field("moved", np.stack([nothing, two(1.0)]), [0, 1])(0.5), abs=1e-5)
    assert set(rule.notes) == {UNMATCHED}
