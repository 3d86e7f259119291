"""The topological term: between frames of one topology, and of two."""

import pytest
import torch

from tests.trainables.autodecoder.regularizers.moving import SMALL, balls, field, problem
from trainables.autodecoder.regularizers.base import Problem
from trainables.autodecoder.regularizers.topology import Topology
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import grid_points
from trainables.topology import betti_numbers, diagrams, total_persistence, wasserstein_distance


def frames(*times: float) -> Problem:
    return Problem([[Bifurcation()]], list(times), torch.device("cpu"), [torch.Generator().manual_seed(0)])


def occupancy(decode, topology: Topology) -> torch.Tensor:
    x = grid_points(topology.grid)
    sdf = decode(torch.cat([x, torch.zeros_like(x[..., :1])], dim=-1))
    return torch.sigmoid(-topology.beta * sdf)[None]


def test_between_frames_of_one_topology_diagrams_are_compared_with_those_of_the_nearer_frame():
    """The sphere has not split at t = 0.6: both frames are one piece, their diagrams differ."""
    topology = Topology(grid=11, time_samples=1, beta=3)
    term, where = topology.prepare(frames(0.0, 0.6)), balls(-1.6, 1.6)
    found = float(term(where))
    near = []
    for time in (0.0, 0.6):
        truth = torch.sigmoid(-3 * Bifurcation().sdf(grid_points(11), time))[None]
        with_all, without = (diagrams(occupancy(where, topology), essential=e)[0] for e in ("last", "omitted"))
        expected = diagrams(truth, essential="last")[0]
        distances = [wasserstein_distance(a, b) for a, b in zip(with_all, expected, strict=True)]
        near.append(float(sum(distances) + sum(total_persistence(points) for points in without)))
    drawn = float(torch.rand(1, generator=torch.Generator().manual_seed(0)))
    assert near[0] != pytest.approx(near[1], rel=1e-3)
    assert found == pytest.approx(near[0] if drawn <= 0.3 else near[1], rel=1e-5)


def test_between_frames_of_different_topology_there_is_total_persistence_and_the_shape_must_not_vanish():
    topology = Topology(grid=11, time_samples=3, beta=3)
    term = topology.prepare(frames(0.0, 1.0))
    one, two, three = (float(term(balls(*at, radius=0.8))) for at in ((0.0,), (-1.8, 1.8), (-2.4, 0.0, 2.4)))
    assert one < 0.3 < 0.6 < two < three - 0.1
    nothing = float(term(balls(0.0, radius=-3.0)))
    assert nothing == pytest.approx(0.5, abs=0.1)  # half of a persistence near 1: matched with the diagonal
    last, omitted = (diagrams(occupancy(balls(-1.8, 1.8), topology), essential=e)[0] for e in ("last", "omitted"))
    held = {tuple(p) for p in last[0].tolist()} - {tuple(p) for p in omitted[0].tolist()}
    assert len(held) == 1
    two = float(term(balls(-1.8, 1.8)))
    alone = float(sum(total_persistence(points) for points in omitted))
    assert alone <= two <= alone + 0.1


def test_the_topology_of_a_constant_field_has_a_finite_loss_and_gradient():
    level = torch.zeros(1, 1, 1, requires_grad=True)
    for times in ((0.0, 1.0), (0.0, 0.5)):
        loss = Topology(grid=8, time_samples=2).prepare(frames(*times))(lambda points: level + 0 * points[..., 0])
        (gradient,) = torch.autograd.grad(loss.sum(), level)
        assert bool(loss.isfinite().all() & gradient.isfinite().all())


def test_the_topology_of_a_replicate_that_diverged_does_not_stop_the_others():
    shift = torch.tensor([[0.1, 0.2], [torch.nan, 0.8]])
    loss = SMALL["topology"].prepare(problem())(field(shift))
    assert loss.isnan().tolist() == [False, True]


def test_descending_the_topological_term_joins_what_is_not_to_be_apart():
    """A height for each grid point: of three pieces between frames of one and two, one remains."""
    topology = Topology(grid=11, time_samples=1, beta=3)
    term = topology.prepare(frames(0.0, 1.0))
    x = grid_points(11).reshape(1, 1, -1, 3)
    heights = balls(-2.2, 0.0, 2.2, radius=0.7)(torch.cat([x, torch.zeros_like(x[..., :1])], -1)).requires_grad_()
    optimiser = torch.optim.Adam([heights], lr=0.05)
    before = betti_numbers((heights.detach() < 0).view(11, 11, 11).numpy())
    for _ in range(150):
        optimiser.zero_grad()
        term(lambda points: heights).sum().backward()
        optimiser.step()
    assert before[0] == 3
    assert betti_numbers((heights.detach() < 0).view(11, 11, 11).numpy()) == (1, 0, 0)


@pytest.mark.parametrize("dimensions", [[], [3], [1, 1]])
def test_dimensions_of_the_topology_are_0_1_and_2(dimensions):
    with pytest.raises(ValueError):
        Topology(dimensions=dimensions)
