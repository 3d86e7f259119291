"""What every interpolant, and every combination of two, keeps to."""

from itertools import combinations

import numpy as np
import pytest
import torch

from tests.trainables.interpolants.balls import ball, frames
from trainables.interpolants import Fitted, Interpolant, available, field, named


def combining() -> list[str]:
    """Every combination of two interpolants that there is."""
    found = []
    for pair in combinations(available(), 2):
        try:
            named("+".join(pair))
        except ValueError:
            continue
        if "linear" not in pair:  # which is what each is beside it
            found.append("+".join(pair))
    return found


NAMES = [*available(), *combining()]
N = 20
SMALL = {"barycenter": {"grid": N}, "flow": {"radius": 3}}
"""Fields with which a rule takes no time."""


def fitted(name: str, shown: np.ndarray, times: list[float]) -> Fitted:
    return small(name).fit(shown, times)


def small(name: str) -> Interpolant:
    return named(name, {part: SMALL[part] for part in name.split("+") if part in SMALL})


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    """One for all: barycenters are computed once."""
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path_factory.getbasetemp() / "interpolants"))


BETWEEN = (0.07, 0.5)


def test_the_combinations_that_are_promised_are_there():
    assert {"moved+volume", "spline+volume", "lineage+volume", "kriging+moved"} <= set(combining())


@pytest.mark.parametrize("name", NAMES)
def test_shown_frames_are_hit_exactly_and_approached_without_a_jump(name):
    shown, times = frames(N)
    found = fitted(name, shown, times)
    for frame, time in zip(shown, times, strict=True):
        assert np.array_equal(found(time), frame)
        for near in (time - 1e-4, time + 1e-4):
            # near the surface: what a rule does far from it has no meaning
            close = np.abs(frame) < 0.5
            assert np.abs(found(near) - frame)[close].max() < 0.03


@pytest.mark.parametrize("name", NAMES)
def test_fields_are_float32_cubes_at_every_time_of_the_unit_interval(name):
    shown, _ = frames(N)
    found = fitted(name, shown[:2], [0.25, 0.75])
    for time in (0.0, 0.1, 0.25, 0.5, 1.0):
        assert (found(time).shape, found(time).dtype) == ((N, N, N), np.float32)
        assert np.isfinite(found(time)).all()
    assert np.array_equal(found(0.0), shown[0])
    assert np.array_equal(found(1.0), shown[1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("of", [lambda v: v[..., ::-1, :, :], lambda v: v.swapaxes(-1, -3)])
def test_a_mirrored_or_permuted_sequence_has_the_mirrored_or_permuted_field(name, of):
    shown, times = frames(N)
    plain, other = fitted(name, shown, times), fitted(name, of(shown), times)
    for time in BETWEEN:
        expected = of(plain(time))
        close = np.abs(expected) < 0.25
        assert other(time)[close] == pytest.approx(expected[close], abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_a_shape_that_does_not_change_stays(name):
    shape = ball(N, (0.3, -0.2, 0.1), 1.0)
    found = fitted(name, np.stack([shape, shape, shape]), [0.0, 0.4, 1.0])
    for time in BETWEEN:
        assert np.abs(found(time) - shape)[np.abs(shape) < 0.5].max() < 0.02


@pytest.mark.parametrize("name", NAMES)
def test_frames_are_left_as_they_were_and_the_same_numbers_come_again(name):
    shown, times = frames(N)
    before = shown.copy()
    found = fitted(name, shown, times)
    first = found(0.3)
    found(0.3)[:] = 0
    found(0.0)[:] = 0
    assert np.array_equal(shown, before)
    assert np.array_equal(found(0.3), first)


def test_tensors_are_taken_as_arrays_are():
    shown, times = frames(N)
    tensors = field("moved", torch.from_numpy(shown).requires_grad_(), torch.tensor(times, dtype=torch.float64))
    assert np.array_equal(tensors(0.3), field("moved", shown, times)(0.3))


@pytest.mark.parametrize("name", NAMES)
def test_an_interpolant_is_written_by_its_name_and_fields(name):
    written = named(name).model_dump(mode="json")
    assert written["name"] == name
    parts = {part: {k: v for k, v in fields.items() if k != "name"} for part, fields in written.items()
             if isinstance(fields, dict)}  # fmt: skip
    assert named(name, parts if "+" in name else None).model_dump(mode="json") == written
