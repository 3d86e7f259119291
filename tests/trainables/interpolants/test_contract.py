"""What every interpolant, and every combination of two, keeps to."""

from itertools import combinations

import numpy as np
import pytest
import torch

from tests.trainables.interpolants.balls import ball, frames
from trainables.interpolants import available, field, named


def combining() -> list[str]:
    """Every combination of two interpolants that there is."""
    found = []
    for pair in combinations(available(), 2):
        try:
            named("+".join(pair))
        except ValueError:
            continue
        found.append("+".join(pair))
    return found


NAMES = [*available(), *combining()]
BETWEEN = (0.07, 0.3, 0.5, 0.93)


def test_the_combinations_that_are_promised_are_there():
    assert {"moved+volume", "spline+volume", "moved+spline"} <= set(combining())


@pytest.mark.parametrize("name", NAMES)
def test_shown_frames_are_hit_exactly_and_approached_without_a_jump(name):
    shown, times = frames()
    found = field(name, shown, times)
    for frame, time in zip(shown, times, strict=True):
        assert np.array_equal(found(time), frame)
        for near in (time - 1e-4, time + 1e-4):
            # near the surface: what a rule does far from it has no meaning
            close = np.abs(frame) < 0.5
            assert np.abs(found(near) - frame)[close].max() < 0.02


@pytest.mark.parametrize("name", NAMES)
def test_fields_are_float32_cubes_at_every_time_of_the_unit_interval(name):
    shown, _ = frames()
    found = field(name, shown[:2], [0.25, 0.75])
    for time in (0.0, 0.1, 0.25, 0.5, 1.0):
        assert (found(time).shape, found(time).dtype) == ((24, 24, 24), np.float32)
        assert np.isfinite(found(time)).all()
    assert np.array_equal(found(0.0), shown[0])
    assert np.array_equal(found(1.0), shown[1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("of", [lambda v: v[..., ::-1, :, :], lambda v: v.swapaxes(-1, -3)])
def test_a_mirrored_or_permuted_sequence_has_the_mirrored_or_permuted_field(name, of):
    shown, times = frames()
    plain, other = field(name, shown, times), field(name, of(shown), times)
    for time in BETWEEN:
        assert other(time) == pytest.approx(of(plain(time)), abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_a_shape_that_does_not_change_stays(name):
    shape = ball(24, (0.3, -0.2, 0.1), 1.0)
    found = field(name, np.stack([shape, shape, shape]), [0.0, 0.4, 1.0])
    for time in BETWEEN:
        assert np.abs(found(time) - shape)[np.abs(shape) < 0.5].max() < 0.02


@pytest.mark.parametrize("name", NAMES)
def test_frames_are_left_as_they_were_and_the_same_numbers_come_again(name):
    shown, times = frames()
    before = shown.copy()
    found = field(name, shown, times)
    first = found(0.3)
    found(0.3)[:] = 0
    found(0.0)[:] = 0
    assert np.array_equal(shown, before)
    assert np.array_equal(found(0.3), first)
    assert np.array_equal(field(name, torch.from_numpy(shown), torch.tensor(times, dtype=torch.float64))(0.3), first)


@pytest.mark.parametrize("name", NAMES)
def test_an_interpolant_is_written_by_its_name_and_fields(name):
    written = named(name).model_dump(mode="json")
    assert written["name"] == name
    parts = {part: {k: v for k, v in fields.items() if k != "name"} for part, fields in written.items()
             if isinstance(fields, dict)}  # fmt: skip
    assert named(name, parts if "+" in name else None).model_dump(mode="json") == written
