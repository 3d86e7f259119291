"""Outlines of labels: they hold the centres of their pixels and no others, and are finer than pixels."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.measure import points_in_poly

from study.exporting.outlines import area, mean_along, outlines

SIDE = 40
Y, X = np.indices((SIDE, SIDE))
CENTRES = np.stack([Y.ravel(), X.ravel()], axis=1)


def filled(parts) -> np.ndarray:
    """Pixels whose centres are inside of an odd number of rings."""
    rings = [ring for part in parts for ring in part]
    return (np.sum([points_in_poly(CENTRES, ring) for ring in rings], axis=0) % 2 == 1).reshape(SIDE, SIDE)


def distances(labels: np.ndarray) -> np.ndarray:
    inside = labels > 0
    outer, inner = ndimage.distance_transform_edt(~inside), ndimage.distance_transform_edt(inside)
    return np.where(inside, 0.5 - inner, outer - 0.5).astype(np.float32)


def disc(y: float, x: float, radius: float) -> np.ndarray:
    return np.hypot(Y - y, X - x) < radius


LABELS = {
    "a disc": np.where(disc(20, 18, 9), 7, 0),
    "a ring": np.where(disc(20, 18, 12) & ~disc(20, 18, 5), 7, 0),
    "two that touch": np.where(disc(20, 18, 12), np.where(X < 18, 3, 300), 0),
    "cut by the image": np.where(disc(2, 38, 12), 7, 0),
    "one in two parts": np.where(disc(10, 10, 6) | disc(30, 30, 4), 7, 0),
    "parts that touch at corners": np.where((X + Y) % 2 + (X > 9) + (Y > 9) == 0, 7, 0),
    "any pixels": np.random.default_rng(0).integers(0, 3, (SIDE, SIDE)),
    "nothing": np.zeros((SIDE, SIDE), int),
}


@pytest.mark.parametrize("name", LABELS)
def test_outlines_hold_the_centres_of_their_labels_pixels_and_no_others(name):
    labels = LABELS[name]
    found = outlines(labels, distances(labels))
    assert set(found) == set(np.unique(labels)) - {0}
    for label, parts in found.items():
        np.testing.assert_array_equal(filled(parts), labels == label)
        for outer, *holes in parts:
            assert all(np.array_equal(ring[0], ring[-1]) for ring in (outer, *holes))
            assert all(area(hole) * area(outer) < 0 for hole in holes), "holes go the other way round"


def test_an_outline_is_where_the_distance_is_zero():
    sdf = (np.hypot(Y - 20.3, X - 18.4) - 9.2).astype(np.float32)
    ((outer,),) = outlines((sdf < 0).astype(int), sdf)[1]
    assert np.hypot(*(outer - [20.3, 18.4]).T) == pytest.approx(np.full(len(outer), 9.2), abs=0.02)
    assert abs(area(outer)) == pytest.approx(np.pi * 9.2**2, rel=0.003)
    assert mean_along([outer], X.astype(float)) == pytest.approx(18.4, abs=0.3)


def test_what_is_not_known_is_outside():
    labels = LABELS["a disc"]
    sdf = np.where(labels > 0, distances(labels), np.nan)
    np.testing.assert_array_equal(filled(outlines(labels, sdf)[7]), labels == 7)
    assert np.isnan(mean_along([CENTRES[:4].astype(float)], np.full((SIDE, SIDE), np.nan)))
