"""Wrong input ends in a ValueError with one sentence."""

import math

import pytest
import torch

from trainables.transport import (
    Potentials,
    barycenter,
    interpolated_volume,
    normalised,
    occupancy,
    occupancy_to_sdf,
    shape_measure,
    sinkhorn_divergence,
    threshold_at_volume,
)

EVEN = torch.full((2, 4, 4), 1 / 16)
PAIR = EVEN[:, None].repeat(1, 2, 1, 1)
HALVES = torch.full((2, 2), 0.5)


def with_one(value: float) -> torch.Tensor:
    measures = EVEN.clone()
    measures[1, 2, 3] = value
    return measures


WRONG_DIVERGENCES = {
    "negative": ({"a": with_one(-0.1)}, "nonnegative"),
    "nan": ({"b": with_one(math.nan)}, "finite"),
    "infinite": ({"b": with_one(math.inf)}, "finite"),
    "no mass": ({"a": torch.zeros(2, 4, 4), "reach": 1.0}, "positive total mass"),
    "mass not one": ({"a": 2 * EVEN}, "mass 1 unless reach"),
    "shapes": ({"b": EVEN[:, :3]}, "one shape"),
    "types": ({"b": EVEN.double()}, "alike"),
    "integers": ({"a": EVEN.long(), "b": EVEN.long()}, "float32 or float64"),
    "no batch": ({"a": EVEN[0, 0], "b": EVEN[0, 0]}, "grid axes"),
    "four axes": ({"a": torch.ones(1, 2, 2, 2, 2) / 16, "b": torch.ones(1, 2, 2, 2, 2) / 16}, "grid axes"),
    "grid size 1": ({"a": torch.ones(1, 1, 4) / 4, "b": torch.ones(1, 1, 4) / 4}, "at least two voxels"),
    "empty batch": ({"a": EVEN[:0], "b": EVEN[:0]}, "empty"),
    "blur zero": ({"blur": 0.0}, "blur"),
    "blur negative": ({"blur": -1.0}, "blur"),
    "blur nan": ({"blur": math.nan}, "blur"),
    "spacing too long": ({"spacing": (1.0, 1.0, 1.0)}, "3 lengths"),
    "spacing zero": ({"spacing": 0.0}, "spacing"),
    "spacing negative": ({"spacing": (1.0, -1.0)}, "spacing"),
    "p": ({"p": 3}, "exponent p"),
    "scaling": ({"scaling": 1.0}, "scaling"),
    "reach": ({"reach": 0.0}, "reach"),
    "mode": ({"mode": "exact"}, "mode"),
    "tolerance": ({"tolerance": 0.0}, "tolerance"),
    "cap in schedule": ({"max_iterations": 5}, "max_iterations"),
    "cap zero": ({"max_iterations": 0, "mode": "converged", "blur": 1.0}, "max_iterations"),
    "unresolved": ({"mode": "converged", "blur": 0.4}, "0.5 × the spacing"),
    "backend": ({"backend": "fortran"}, "backend"),
    "start in schedule": ({"start": Potentials(*[EVEN] * 4)}, "always cold"),
    "start's shape": ({"start": Potentials(*[EVEN[:1]] * 4), "mode": "converged", "blur": 1.0}, "four potentials"),
    "start's type": ({"start": Potentials(*[EVEN.double()] * 4), "mode": "converged", "blur": 1.0}, "float32"),
    "nan start": ({"start": Potentials(*[EVEN * math.nan] * 4), "mode": "converged", "blur": 1.0}, "finite"),
}


@pytest.mark.parametrize("case", WRONG_DIVERGENCES)
def test_divergence_rejects(case):
    wrong, words = WRONG_DIVERGENCES[case]
    with pytest.raises(ValueError, match=words) as caught:
        sinkhorn_divergence(**({"a": EVEN, "b": EVEN, "spacing": 1.0, "blur": 0.5} | wrong))
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message


WRONG_BARYCENTERS = {
    "negative": ({"measures": torch.stack([EVEN, with_one(-0.1)], 1)}, "nonnegative"),
    "nan": ({"measures": torch.stack([EVEN, with_one(math.nan)], 1)}, "finite"),
    "no mass": ({"measures": 0 * PAIR}, "positive total mass"),
    "unequal masses": ({"measures": torch.stack([EVEN, 2 * EVEN], 1)}, "mass 1"),
    "weights' shape": ({"weights": HALVES[:1]}, "shape"),
    "weights' sum": ({"weights": 2 * HALVES}, "sum 1"),
    "negative weights": ({"weights": torch.tensor([[1.5, -0.5]] * 2)}, "nonnegative"),
    "nan weights": ({"weights": HALVES * math.nan}, "finite"),
    "blur": ({"blur": 0.0}, "blur"),
    "unresolved": ({"blur": 0.9}, "1 × the spacing"),
    "backend": ({"backend": "fortran"}, "backend"),
    "spacing": ({"spacing": (1.0,)}, "1 lengths"),
    "no grid": ({"measures": PAIR[:, :, 0, 0]}, "grid axes"),
}


@pytest.mark.parametrize("case", WRONG_BARYCENTERS)
def test_barycenter_rejects(case):
    wrong, words = WRONG_BARYCENTERS[case]
    with pytest.raises(ValueError, match=words):
        barycenter(**({"measures": PAIR, "weights": HALVES, "spacing": 1.0, "blur": 1.0} | wrong))


def test_conversions_reject():
    with pytest.raises(ValueError, match="beta"):
        occupancy(EVEN, 0.0)
    with pytest.raises(ValueError, match="beta"):
        shape_measure(EVEN, -1.0, 2)
    with pytest.raises(ValueError, match="finite"):
        shape_measure(with_one(math.nan), 8.0, 2)
    with pytest.raises(ValueError, match="finite"):
        normalised(with_one(math.nan), 2)
    with pytest.raises(ValueError, match="nonnegative"):
        normalised(with_one(-1.0), 2)
    with pytest.raises(ValueError, match="batch axes"):
        threshold_at_volume(EVEN, torch.tensor([3.0]))
    with pytest.raises(ValueError, match="volume"):
        threshold_at_volume(EVEN, torch.tensor([3.0, -1.0]))
    with pytest.raises(ValueError, match="NaN"):
        threshold_at_volume(with_one(math.nan), torch.tensor([3.0, 1.0]))
    with pytest.raises(ValueError, match="boolean"):
        occupancy_to_sdf(EVEN, 1.0)
    with pytest.raises(ValueError, match="lengths"):
        occupancy_to_sdf(EVEN > 0, (1.0, 1.0, 1.0))
    with pytest.raises(ValueError, match="nonnegative"):
        interpolated_volume(-1.0, 2.0, 0.5)
