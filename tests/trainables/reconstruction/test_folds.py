"""Cross-validation: nothing is set aside and confirmed too, an image is tested once a round, classes keep shares."""

import pytest

from trainables.reconstruction import folds
from trainables.reconstruction.triplets import EXAMPLE, opened

KINDS = ["a"] * 46 + ["b"] * 21 + ["c"] * 15 + ["d"] * 8
LABELS = [f"{kind}{i}" for i, kind in enumerate(KINDS)]


def members(aside=18, search_folds=3, among=5, seed=0):
    return folds.assigned(LABELS, KINDS, aside, search_folds, among, seed)


def test_eighteen_are_set_aside_with_each_class_in_proportion():
    found = [m for m in members() if m.aside]
    assert len(found) == 18
    assert {kind: sum(m.kind == kind for m in found) for kind in "abcd"} == {"a": 9, "b": 4, "c": 3, "d": 2}


@pytest.mark.parametrize("among", [3, 5, 7])
def test_folds_differ_by_one_image_at_most_in_all_and_in_each_class(among):
    rest = [m for m in members(among=among) if not m.aside]
    for chosen in (rest, *([m for m in rest if m.kind == kind] for kind in "abcd")):
        sizes = [sum(m.fold == fold for m in chosen) for fold in range(among)]
        assert max(sizes) - min(sizes) <= 1
    assert folds.count(members(among=among)) == among


def test_each_image_is_tested_once_and_trained_on_three_times_of_five():
    everyone = members()
    rest = folds.taking_part(everyone)
    assert len(rest) == 72
    for member in rest:
        roles = [folds.role(member, held_out, everyone) for held_out in range(5)]
        assert sorted(roles) == ["test", "train", "train", "train", "validation"]
    sizes = [sum(folds.role(m, 0, everyone) == role for m in rest) / 72 for role in ("train", "validation", "test")]
    assert sizes == pytest.approx([0.6, 0.2, 0.2], abs=0.02)


def test_the_search_has_no_test_images_and_none_of_the_confirmation():
    searched = [m for m in members() if m.aside]
    assert folds.taking_part(searched) == searched
    assert folds.count(searched) == 3
    for member in searched:
        roles = [folds.role(member, held_out, searched) for held_out in range(3)]
        assert sorted(roles) == ["train", "train", "validation"]
    assert not {m.label for m in searched} & {m.label for m in folds.taking_part(members())}


def test_the_seed_alone_decides():
    assert members() == members()
    assert members(seed=1) != members()
    example = opened(str(EXAMPLE))
    one, other = (folds.assigned(example.labels, example.classes(), 18, 3, 5) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(("count", "aside"), [(7, 2), (7, 3), (4, 0)])
def test_fewer_images_than_folds_are_refused(count, aside):
    with pytest.raises(ValueError, match=f"{count} images are too few for 3 folds of {aside} and 5 of the rest"):
        folds.assigned(LABELS[:count], KINDS[:count], aside, 3, 5)
