"""What keeps an anchored network at its base, beside what a regularizer wants of it."""

from __future__ import annotations

import pytest
import torch
from scipy.interpolate import CubicSpline

from tests.trainables.autodecoder.test_anchor import CPU, ONE, TWO, trained
from trainables.autodecoder.anchor import Anchor, Base, weight
from trainables.autodecoder.configuration import DecoderConfiguration
from trainables.autodecoder.departure import Departure
from trainables.autodecoder.regularizers.acceleration import Acceleration
from trainables.interpolants import field
from trainables.shapes.sequence import grid_points
from trainables.shapes.timeline import Timeline

FOUR = Timeline.shown({0, 3, 6, 9}, 9)


def test_it_is_the_mean_square_of_what_is_added_near_the_base():
    """g = 2 everywhere: mean of (2 w)² over t, ∫ (4 s (1 − s))² ds = 8/15, where the base is a steady sphere."""
    steady = ONE.model_copy(update={"speed": 0.0})
    anchor = Anchor([Base.of("linear", s, [0.0, 1.0]) for s in (steady, steady)], [[0, 1]], CPU)
    departure = Departure(anchor, networks=3, candidates=40_000, near_distance=0.3, dimension=3)
    generators = [torch.Generator().manual_seed(seed) for seed in range(3)]
    seen = []

    def network(points):
        seen.append(points)
        return torch.full(points.shape[:3], 2.0)

    found = departure(network, 20_000, 0.7, generators)
    torch.testing.assert_close(found, torch.full((3,), 4 * 8 / 15), rtol=0.03, atol=0)
    (points,) = seen
    assert points.shape == (3, 2, 20_000, 4)
    distance = anchor.base(points)
    assert float((distance <= 0.3).float().mean()) == pytest.approx(0.7, abs=1e-4)
    assert float(weight(points[..., 3], torch.tensor([0.0, 1.0])).max()) > 0.99


def test_the_heavier_it_is_the_nearer_a_network_stays():
    def departed(base_weight: float) -> float:
        model = trained(30, timeline=FOUR, base_weight=base_weight, sequences=[TWO], learning_rate=3e-3)
        return float(
            (model.predict(0.5, 14) - trained(0, timeline=FOUR, sequences=[TWO]).predict(0.5, 14)).square().mean()
        )

    free, held, tied = departed(0), departed(1), departed(1000)
    assert free > 3 * held > 9 * tied > 0


def test_with_acceleration_alone_the_blend_becomes_the_natural_spline():
    """Of all fields through the frames it has the least acceleration (Schoenberg 1964)."""
    fields = {"sequences": [TWO], "anchor": "linear", "timeline": FOUR, "base_weight": 0, "learning_rate": 3e-3}
    term = {"acceleration": Acceleration(points=1000)}
    model = trained(200, regularizers=term, decoder=DecoderConfiguration(layers=3, width=32), seeds=(1,), **fields)
    frames = torch.stack([TWO.sdf(grid_points(14), time) for time in FOUR.train_times]).numpy()
    spline = CubicSpline(FOUR.train_times, frames, bc_type="natural")
    blend = field("linear", frames, FOUR.train_times)
    for time in (1.5 / 9, 4.5 / 9, 7.5 / 9):
        near = TWO.sdf(grid_points(14), time).abs().numpy() < 1
        found = model.predict(time, 14)[0, 0].numpy()
        assert abs(found - spline(time))[near].mean() < 0.5 * abs(blend(time) - spline(time))[near].mean()
