"""A ball that divides: what the formulas promise."""

import numpy as np
import pytest

from trainables.metrics.volumes import components
from trainables.shapes.division import Division
from trainables.shapes.sequence import LOWER, UPPER, grid_points

SEEDS = range(40)


@pytest.mark.parametrize("seed", SEEDS)
def test_volumes_of_the_daughters_add_up_to_the_mothers(seed):
    whole = Division(seed=seed).balls(0.0)
    parts = Division(seed=seed).balls(1.0)
    assert whole[0] == whole[1]
    assert sum(radius**3 for _, radius in parts) == pytest.approx(whole[0][1] ** 3)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_centre_of_mass_drifts_whatever_the_division_does(seed):
    one = Division(seed=seed)
    (first, r), (second, q) = one.balls(1.0)
    mass = (np.array(first) * r**3 + np.array(second) * q**3) / (r**3 + q**3)
    np.testing.assert_allclose(mass, -np.array(one.balls(0.0)[0][0]), atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_stays_inside_the_domain_and_is_two_from_its_bifurcation_on(seed):
    one = Division(seed=seed)
    for centre, radius in one.balls(1.0):
        assert np.abs(centre).max() + radius + 0.1 < min(-LOWER, UPPER)
    time = one.true_bifurcation_time()
    assert time is not None
    if seed < 3:
        counts = [components(one.sdf(grid_points(96), time + step).numpy() < 0) for step in (-0.03, 0.03)]
        assert counts == [1, 2]
