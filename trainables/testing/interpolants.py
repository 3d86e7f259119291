"""What an interpolant keeps, alone and joined with the others: shown frames are hit, and nothing jumps there."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations as pairs
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from trainables.interpolants import Fitted, Interpolant, available, combined, named
from trainables.shapes.sequence import grid_points

N = 20
"""Points along each axis of the frames."""
TIMES = [0.0, 0.2, 0.6, 1.0]
BETWEEN = (0.07, 0.5)

Array = NDArray[np.float32]


def combinations(of: Iterable[str] = ()) -> list[str]:
    """The names `a+b` of all pairs of interpolants that combine; of those named in `of`, if any, with others."""
    found = []
    for pair in pairs(available(), 2):
        if "linear" in pair or (of and not set(pair) & set(of)):  # beside linear each is what it is alone
            continue
        try:
            named("+".join(pair))
        except ValueError:
            continue
        found.append("+".join(pair))
    return found


def example(name: str) -> Interpolant:
    """The examples of the parts of a name, joined."""
    kinds = available()
    return combined({part: kinds[part].example() for part in name.split("+")})


def ball(centre: tuple[float, float, float], axes: tuple[float, float, float]) -> Array:
    """A field whose zero level is an ellipsoid, about a distance near it, `(N, N, N)` float32."""
    points = (grid_points(N).numpy().astype(float) - np.asarray(centre)) / np.asarray(axes)
    value: Array = ((np.linalg.norm(points, axis=-1) - 1) * min(axes)).astype(np.float32)
    return value


def frames() -> Array:
    """Four shapes that move, grow and change their form, at the uneven `TIMES`: `(4, N, N, N)`."""
    shapes = [
        ball((-0.6, 0.1, 0.2), (1.0, 1.2, 0.9)),
        ball((-0.1, 0.3, 0.0), (1.1, 1.1, 1.1)),
        ball((0.4, 0.3, -0.2), (1.3, 1.0, 1.0)),
        ball((0.8, 0.0, -0.1), (1.4, 0.9, 1.1)),
    ]
    return np.stack(shapes)


def fitted(rule: str, shown: Array, times: list[float]) -> Fitted:
    return example(rule).fit(shown, times)


class InterpolantContract:
    """`rule` is the name of an interpolant, or of several joined by `+`."""

    @pytest.fixture(autouse=True)
    def _cache(self, tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """One for all: what a rule keeps is computed once."""
        monkeypatch.setenv("STUDY_CACHE", str(tmp_path_factory.getbasetemp() / "interpolants"))

    def test_it_is_found_by_its_name(self, rule: str) -> None:
        kinds = available()
        for part in rule.split("+"):
            assert kinds[part].name == part
            assert kinds[part].example().model_dump()["name"] == part

    def test_shown_frames_are_hit_exactly_and_approached_without_a_jump(self, rule: str) -> None:
        shown = frames()
        found = fitted(rule, shown, TIMES)
        for frame, time in zip(shown, TIMES, strict=True):
            assert np.array_equal(found(time), frame)
            for near in (time - 1e-4, time + 1e-4):
                # near the surface: what a rule does far from it has no meaning
                close = np.abs(frame) < 0.5
                assert np.abs(found(near) - frame)[close].max() < 0.03

    def test_fields_are_float32_cubes_at_every_time_of_the_unit_interval(self, rule: str) -> None:
        shown = frames()[:2]
        found = fitted(rule, shown, [0.25, 0.75])
        for time in (0.0, 0.1, 0.25, 0.5, 1.0):
            assert (found(time).shape, found(time).dtype) == ((N, N, N), np.float32)
            assert np.isfinite(found(time)).all()
        assert np.array_equal(found(0.0), shown[0])
        assert np.array_equal(found(1.0), shown[1])

    @pytest.mark.parametrize("of", [lambda v: v[..., ::-1, :, :], lambda v: v.swapaxes(-1, -3)])
    def test_a_mirrored_or_permuted_sequence_has_the_mirrored_or_permuted_field(self, rule: str, of: Any) -> None:
        shown = frames()
        plain, other = fitted(rule, shown, TIMES), fitted(rule, of(shown), TIMES)
        for time in BETWEEN:
            expected = of(plain(time))
            close = np.abs(expected) < 0.25
            assert other(time)[close] == pytest.approx(expected[close], abs=0.01)

    def test_a_shape_that_does_not_change_stays(self, rule: str) -> None:
        shape = ball((0.3, -0.2, 0.1), (1.0, 1.0, 1.0))
        found = fitted(rule, np.stack([shape, shape, shape]), [0.0, 0.4, 1.0])
        for time in BETWEEN:
            assert np.abs(found(time) - shape)[np.abs(shape) < 0.5].max() < 0.02

    def test_frames_are_left_as_they_were_and_the_same_numbers_come_again(self, rule: str) -> None:
        shown = frames()
        before = shown.copy()
        found = fitted(rule, shown, TIMES)
        first = found(0.3)
        found(0.3)[:] = 0
        found(0.0)[:] = 0
        assert np.array_equal(shown, before)
        assert np.array_equal(found(0.3), first)

    def test_a_frame_with_nothing_inside_is_survived(self, rule: str) -> None:
        shown = frames()
        shown[1] = np.abs(shown[1]) + 0.5
        found = fitted(rule, shown, TIMES)
        assert np.isfinite(found(0.1)).all()

    def test_it_is_written_by_its_name_and_fields(self, rule: str) -> None:
        written = example(rule).model_dump(mode="json")
        assert written["name"] == rule
        parts = {
            part: {k: v for k, v in fields.items() if k != "name"}
            for part, fields in ({rule: written} if "+" not in rule else written).items()
            if isinstance(fields, dict)
        }
        assert named(rule, parts).model_dump(mode="json") == written
