"""The four errors against values that can be counted."""

import numpy as np
import pytest

from trainables.reconstruction.errors import NAMES, Measures, cut, errors, roughness, surface


def box(low: int, high: int, side: int = 16) -> np.ndarray:
    found = np.zeros((side,) * 3, dtype=bool)
    found[low:high, low:high, low:high] = True
    return found


def ball(radius: float, side: int = 24) -> np.ndarray:
    places = np.indices((side,) * 3) - (side - 1) / 2
    inside: np.ndarray = (places**2).sum(0) < radius**2
    return inside


def test_nothing_is_wrong_with_the_truth():
    assert errors(box(4, 10), box(4, 10)) == dict.fromkeys(NAMES, 0.0)


def test_boxes_are_counted():
    found = errors(box(4, 10), box(4, 12))
    assert found["iou_error"] == pytest.approx(1 - 6**3 / 8**3)
    assert found["volume_error"] == pytest.approx((8**3 - 6**3) / 8**3)
    assert found["surface_error"] == pytest.approx(((8**3 - 6**3) - (6**3 - 4**3)) / (8**3 - 6**3))
    assert errors(box(4, 12), box(4, 10))["volume_error"] == pytest.approx((8**3 - 6**3) / 6**3)


def test_what_touches_the_border_has_no_background_outside():
    assert surface(box(0, 16)) == 0
    half = np.zeros((16,) * 3, dtype=bool)
    half[:5] = True
    assert surface(half) == 256
    assert roughness(half) == 0


def test_a_diagonal_neighbour_makes_a_surface():
    """One background voxel at a corner of the 3³ neighbourhood is enough: 26 neighbours, not 6."""
    found = box(0, 16)
    found[8, 8, 8] = False
    assert surface(found) == 26


def test_roughness_is_what_smoothing_changes():
    smooth, rough = ball(9), ball(9)
    rough[12, 12, 1:4] = True
    assert roughness(rough) - roughness(smooth) == pytest.approx(3, abs=1)
    assert Measures.of(smooth).roughness == roughness(smooth) < roughness(box(4, 19, side=24))


def test_an_empty_prediction_is_all_wrong():
    found = errors(np.zeros((16,) * 3, dtype=bool), box(4, 12))
    assert found == dict.fromkeys(NAMES, 1.0)


def test_an_empty_truth_is_refused():
    with pytest.raises(ValueError, match="true object is empty"):
        errors(box(4, 12), np.zeros((16,) * 3, dtype=bool))


def test_no_other_level_parts_the_values_better():
    """Otsu: the variance between the two classes is largest, here by trying every level."""
    random = np.random.default_rng(0)
    likelihood = np.where(box(3, 12), random.normal(0.6, 0.15, (16,) * 3), random.normal(0.1, 0.1, (16,) * 3))
    values = np.round(likelihood.clip(0, 1) * 255) / 255

    def between(inside: np.ndarray) -> float:
        share = inside.mean()
        return float(share * (1 - share) * (values[inside].mean() - values[~inside].mean()) ** 2)

    levels = np.unique(values)[:-1]
    assert between(cut(values)) == pytest.approx(max(between(values > level) for level in levels), rel=1e-4)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.3, np.nan])
def test_a_constant_prediction_has_no_object(value):
    assert not cut(np.full((16,) * 3, value)).any()


def test_values_that_are_not_finite_are_outside():
    likelihood = box(4, 12).astype(float)
    likelihood[5, 5, 5] = np.nan
    found = cut(likelihood)
    assert not found[5, 5, 5]
    assert found.sum() == 8**3 - 1


def test_eight_bits_are_cut_as_the_public_code_cuts_what_it_has_stored():
    """Otsu's threshold of an integer image is one of its levels: written out over the 256 of them."""
    likelihood = np.random.default_rng(5).beta(0.4, 0.7, (12,) * 3).astype("f4")
    grey = np.floor(255 * likelihood.astype("f8")).astype(int)

    def between(level: int) -> float:
        above = grey > level
        share = above.mean()
        if share in (0.0, 1.0):
            return 0.0
        return share * (1 - share) * (grey[above].mean() - grey[~above].mean()) ** 2

    best = max(range(255), key=between)
    np.testing.assert_array_equal(cut(likelihood, eight_bit=True), grey > best)
    assert not cut(np.full((16,) * 3, 0.5), eight_bit=True).any()
