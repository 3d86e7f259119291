"""Diagrams are stable (Cohen-Steiner, Edelsbrunner and Harer 2007): the bottleneck distance of two volumes' diagrams is
at most the largest difference of their values. The distance is GUDHI's."""

import gudhi
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainables.topology import diagrams

N = 5


def of(volume: np.ndarray, filtration: str, construction: str) -> list[np.ndarray]:
    found = diagrams(torch.from_numpy(volume)[None], (0, 1, 2), filtration, construction, essential="last")
    return [np.sort(points.numpy(), axis=1) for points in found[0]]  # GUDHI wants births below deaths


@pytest.mark.parametrize("construction", ["T", "V"])
@pytest.mark.parametrize("filtration", ["superlevel", "sublevel"])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), noise=st.floats(0, 0.5))
def test_diagrams_move_no_further_than_values(filtration, construction, seed, noise):
    random = np.random.default_rng(seed)
    volume = random.random((N, N, N))
    other = volume + noise * random.uniform(-1, 1, (N, N, N))
    furthest = float(np.abs(other - volume).max())
    for mine, theirs in zip(of(volume, filtration, construction), of(other, filtration, construction), strict=True):
        assert gudhi.bottleneck_distance(mine, theirs) <= furthest + 1e-9
