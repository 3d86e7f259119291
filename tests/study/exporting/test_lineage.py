"""Components over time become tracks as the Cell Tracking Challenge defines them."""

import numpy as np
import pytest

from study.exporting.lineage import Labels, Lineage


def bars(*spans: tuple[int, int]) -> np.ndarray:
    """Shapes along one axis of 40 voxels."""
    inside = np.zeros((1, 3, 40), dtype=bool)
    for begin, end in spans:
        inside[..., begin:end] = True
    return inside


def followed(shapes: list[np.ndarray | None], reserved: set[int] = frozenset(), first: int = 0):
    """The tracks and label images of a sequence; None where it is absent."""
    lineage, images = Lineage(Labels(set(reserved)), first), []
    for index, shape in enumerate(shapes):
        if shape is None:
            lineage.absent()
        else:
            images.append((index, lineage.label(shape, index)[0]))
    lines = [(t.label, t.begin, t.end, t.parent) for t in sorted(lineage.tracks.values(), key=lambda t: t.label)]
    return lines, images


def test_a_shape_that_divides_ends_and_its_daughters_name_it():
    shapes = [bars((10, 20)), bars((8, 22)), bars((6, 12), (16, 25)), bars((3, 10), (18, 27))]
    lines, images = followed(shapes)
    assert lines == [(1, 0, 1, 0), (2, 2, 3, 1), (3, 2, 3, 1)]
    assert images[3][1][0, 0, 5] == images[2][1][0, 0, 8] != images[2][1][0, 0, 20]


def test_the_label_of_the_source_is_kept_and_no_daughter_takes_a_reserved_one():
    lines, _ = followed([bars((10, 20)), bars((8, 13), (16, 22))], reserved={4, 9}, first=4)
    assert lines == [(4, 0, 0, 0), (10, 1, 1, 4), (11, 1, 1, 4)]


def test_fragments_are_counted_and_get_no_label():
    shape = bars((2, 36))
    shape[0, 1, 38] = True
    labels, count, fragments = Lineage(Labels(set())).label(shape, 0)
    assert (count, fragments) == (1, 1)
    assert labels[0, 1, 38] == 0
    assert labels[0, 1, 10] == 1


def test_two_parts_that_merge_go_on_as_the_one_that_overlaps_most():
    lines, _ = followed([bars((2, 10), (14, 30)), bars((2, 30))])
    assert [(begin, end, parent) for _, begin, end, parent in lines] == [(0, 1, 0), (0, 0, 0)]


@pytest.mark.parametrize("gap", [None, bars()], ids=["absent", "empty"])
def test_what_comes_back_after_a_gap_is_a_new_track(gap):
    lines, _ = followed([bars((10, 20)), gap, bars((10, 20))])
    assert lines == [(1, 0, 0, 0), (2, 2, 2, 0)]


def test_tracks_agree_with_the_images_whatever_happens():
    random = np.random.default_rng(0)
    for _ in range(20):
        lines, images = followed([random.random((4, 8, 8)) < 0.25 for _ in range(8)])
        for label, begin, end, parent in lines:
            assert [index for index, image in images if (image == label).any()] == list(range(begin, end + 1))
            if parent:
                assert begin == next(line[2] for line in lines if line[0] == parent) + 1
        assert {label for label, *_ in lines} == {int(v) for _, image in images for v in np.unique(image)} - {0}


def test_more_tracks_than_an_image_holds_is_an_error():
    labels = Labels({65534})
    assert labels.take() == 65535
    with pytest.raises(OverflowError, match="65535 tracks"):
        labels.take()
