"""Betti numbers against gudhi and against shapes whose topology is known."""

import gudhi
import numpy as np
import pytest

from tests.trainables.topology.conftest import CONSTRUCTIONS, hollow_ball, ring, two_balls
from trainables.topology import betti_numbers


def reference(inside: np.ndarray, construction: str) -> tuple[int, ...]:
    """Features that are there at 0 and die at 1."""
    cells = {"T": "top_dimensional_cells", "V": "vertices"}[construction]
    found = gudhi.CubicalComplex(**{cells: np.where(inside, 0.0, 1.0)})
    found.compute_persistence(homology_coeff_field=2)
    born = [found.persistence_intervals_in_dimension(d).reshape(-1, 2)[:, 0] for d in range(3)]
    return tuple(int((births == 0).sum()) for births in born)


@pytest.mark.parametrize("construction", CONSTRUCTIONS)
@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.98])
@pytest.mark.parametrize("size", [(9, 9, 9), (27, 27)])
def test_numbers_of_noise_are_those_of_gudhi(size, share, construction):
    inside = np.random.default_rng(0).random(size) < share
    assert betti_numbers(inside, construction) == reference(inside, construction)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (hollow_ball(), (1, 0, 1)),
        (ring(), (1, 1, 0)),
        (two_balls(), (2, 0, 0)),
        (np.zeros((5, 5, 5), dtype=bool), (0, 0, 0)),
        (np.ones((5, 5, 5), dtype=bool), (1, 0, 0)),
    ],
    ids=["hollow ball", "ring", "two balls", "nothing", "everything"],
)
@pytest.mark.parametrize("construction", CONSTRUCTIONS)
def test_numbers_of_known_shapes(inside, expected, construction):
    assert betti_numbers(inside, construction) == expected


def test_voxels_that_share_a_corner_touch_in_one_construction_only():
    inside = np.zeros((4, 4, 4), dtype=bool)
    inside[1, 1, 1] = inside[2, 2, 2] = True
    assert betti_numbers(inside, "T") == (1, 0, 0)
    assert betti_numbers(inside, "V") == (2, 0, 0)
