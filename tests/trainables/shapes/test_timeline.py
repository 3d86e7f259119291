"""Roles of the evaluation times."""

import pytest
from pydantic import ValidationError

from trainables.shapes.timeline import Timeline


def test_shown_times_train_other_odd_ones_validate_other_even_ones_test():
    dense = Timeline.shown({0, 5, 10, 15, 20})
    assert dense.train_times == [0.0, 0.25, 0.5, 0.75, 1.0]
    for i, role in enumerate(dense.roles):
        assert role == ("train" if i % 5 == 0 else "validation" if i % 2 else "test")


@pytest.mark.parametrize(
    "fields",
    [
        {"times": [0.0, 1.0], "roles": ["train"]},
        {"times": [1.0, 0.0], "roles": ["train", "train"]},
        {"times": [0.0, 1.0], "roles": ["train", "test"]},
        {"times": [0.0, 1.0], "roles": ["train", "shown"]},
    ],
)
def test_an_inconsistent_timeline_is_refused(fields):
    with pytest.raises(ValidationError):
        Timeline(**fields)


@pytest.mark.parametrize(
    ("shown", "left_out"), [({0, 10, 20}, [0.5]), ({0, 5, 10, 15, 20}, [0.25, 0.75]), ({0, 5, 10, 20}, [0.25])]
)
def test_every_second_shown_time_but_the_ends_is_left_out(shown, left_out):
    line = Timeline.shown(shown).leaving_out()
    assert [t for t, role in zip(line.times, line.roles, strict=True) if role == "validation"] == left_out
    assert sorted([*line.train_times, *left_out]) == Timeline.shown(shown).train_times


def test_of_two_shown_times_none_can_be_left_out():
    with pytest.raises(ValueError, match="at least three"):
        Timeline.shown({0, 20}).leaving_out()
