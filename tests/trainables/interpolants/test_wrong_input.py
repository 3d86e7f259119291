"""What cannot be interpolated is refused with one sentence."""

import re

import numpy as np
import pytest

from tests.trainables.interpolants.balls import frames
from trainables.interpolants import field, named

SHOWN, TIMES = frames(8)


@pytest.mark.parametrize(
    ("name", "sdfs", "times", "sentence"),
    [
        ("cubic", SHOWN, TIMES, "there is no interpolant 'cubic'; choose among .*linear, .*volume"),
        ("moved+", SHOWN, TIMES, "there is no interpolant ''; choose among "),
        ("linear+spline", SHOWN, TIMES, "linear and spline both say how frames are weighted in time: keep one of them"),
        ("moved+moved", SHOWN, TIMES, r"moved\+moved names a part twice: name each once"),
        ("moved", SHOWN[:1], TIMES[:1], "an interpolant needs two frames or more, not 1: show another"),
        ("moved", SHOWN, TIMES[:3], "there are 4 frames and 3 times: give each frame its time"),
        ("moved", SHOWN, [0.0, 0.2, 0.2, 1.0], "times must increase, unlike .*: sort the frames"),
        ("moved", SHOWN, [0.0, 0.2, float("nan"), 1.0], "times must increase"),
        (
            "moved",
            SHOWN[:, :, :, :5],
            TIMES,
            r"frames have the shape \(F, n, n, n\) or \(F, n, n\), not \(4, 8, 8, 5\): give cubes",
        ),
        ("moved", SHOWN[0, 0], TIMES, r"frames have the shape \(F, n, n, n\) or \(F, n, n\), not \(8, 8\)"),
        ("moved", np.where(SHOWN > 2, np.inf, SHOWN), TIMES, "a frame has values that are not finite"),
        ("moved", SHOWN < 0, TIMES, "frames of type bool are masks: give signed distances"),
        ("moved", (SHOWN < 0).astype("uint8"), TIMES, "frames of type uint8 are masks"),
    ],
)
def test_one_sentence_says_what_is_wrong(name, sdfs, times, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        field(name, sdfs, times)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("time", [float("nan"), "soon", np.array([0.1, 0.2]), None])
def test_a_field_is_asked_for_at_one_time(time):
    with pytest.raises(ValueError, match="at one time, a number"):
        field("linear", SHOWN, TIMES)(time)


def test_a_time_may_be_a_tensor():
    torch = pytest.importorskip("torch")
    assert np.array_equal(
        field("linear", SHOWN, TIMES)(torch.tensor(0.3)), field("linear", SHOWN, TIMES)(np.float32(0.3))
    )


def test_fields_of_what_is_no_part_and_unknown_fields_are_refused():
    with pytest.raises(ValueError, match="fields of 'volume' are given, which is no part of moved: leave them out"):
        named("moved", {"volume": {}})


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("volume:expnent=1", "interpolant volume has no field 'expnent'; did you mean 'exponent'?"),
        ("volume:exponent", "'exponent' of interpolant volume:exponent is no field: write volume:FIELD=VALUE"),
        ("moved+volume:exponent=x", "interpolant volume, field exponent: Input should be a valid number"),
        ("volume:exponent=9", "interpolant volume, field exponent: Input should be less than or equal to 5"),
        ("volum:exponent=1", "there is no interpolant 'volum'; did you mean 'volume'?"),
    ],
)
def test_fields_in_a_name_that_are_wrong_are_refused_in_one_sentence(name, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        field(name, SHOWN, TIMES)
    assert "\n" not in str(caught.value)


def test_a_field_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="interpolant moved has no field 'speed'; choose among"):
        named("moved", {"moved": {"speed": 1}})
