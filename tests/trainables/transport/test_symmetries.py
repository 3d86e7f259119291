"""Symmetries of the Sinkhorn divergence, on measures that nobody chose."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainables.transport import sinkhorn_divergence

N = 4
SETTINGS = settings(max_examples=20, deadline=None)


@st.composite
def pairs(draw):
    """Two measures of mass 1 on N³ points, `(2, N, N, N)`, some voxels empty."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = random.random((2, N, N, N)) * (random.random((2, N, N, N)) < draw(st.floats(0.2, 1.0)))
    values[:, 0, 0, 0] += 0.1
    return torch.from_numpy(values / values.sum((1, 2, 3), keepdims=True))


def divergence(a, b) -> float:
    return float(sinkhorn_divergence(a[None], b[None], spacing=1.5, blur=0.5).value)


@SETTINGS
@given(pairs())
def test_it_is_symmetric_not_negative_and_zero_of_a_measure_and_itself(both):
    a, b = both
    there, back = divergence(a, b), divergence(b, a)
    np.testing.assert_allclose(there, back, rtol=1e-6, atol=1e-9)
    assert there > -1e-9
    assert abs(divergence(a, a)) < 1e-9


@SETTINGS
@given(pairs(), st.permutations([0, 1, 2]), st.sets(st.sampled_from([0, 1, 2])))
def test_it_does_not_know_which_way_space_is_turned(both, order, mirrored):
    turned = both.permute(0, *(1 + axis for axis in order)).flip([1 + axis for axis in mirrored])
    np.testing.assert_allclose(divergence(*turned), divergence(*both), rtol=1e-6, atol=1e-9)


@SETTINGS
@given(pairs(), st.tuples(*[st.integers(0, 2)] * 3))
def test_it_does_not_know_where_in_space_it_is(both, offset):
    def placed(at):
        room = torch.zeros(2, *(N + 2,) * 3, dtype=both.dtype)
        room[:, at[0] : at[0] + N, at[1] : at[1] + N, at[2] : at[2] + N] = both
        return divergence(*room)

    np.testing.assert_allclose(placed(offset), placed((0, 0, 0)), rtol=1e-6, atol=1e-9)
