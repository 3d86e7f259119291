"""Barycenters of frames as targets: of neighbours, of distant frames, of two sequences."""

import pytest
import torch

from tests.trainables.autodecoder.regularizers.moving import SMALL, field, problem
from trainables.autodecoder.regularizers.base import Problem
from trainables.autodecoder.regularizers.cross_sequence_barycenter import CrossSequenceBarycenter
from trainables.autodecoder.regularizers.distant_barycenter import DistantBarycenter
from trainables.shapes.barycenters import barycenter_sdf, frames_of
from trainables.shapes.bifurcation import Bifurcation


def test_distant_barycenters_of_two_frames_are_barycenters():
    shift = torch.tensor([[0.4, 0.1], [1.0, 0.8]])
    torch.testing.assert_close(
        SMALL["distant-barycenter"].prepare(problem())(field(shift)),
        SMALL["barycenter"].prepare(problem())(field(shift)),
    )


def test_distant_barycenters_are_targets_beside_those_of_neighbours():
    times = [0.0, 0.5, 1.0]
    three = Problem([[Bifurcation()]], times, torch.device("cpu"), problem().generators[:1])
    asked = []

    def decode(points: torch.Tensor) -> torch.Tensor:
        asked.append(points[0, 0, :, 3].unique().tolist())
        return points[..., 3]

    DistantBarycenter(count=1, grid=12, points=None).prepare(three)(decode)
    assert asked == [[0.25, 0.5, 0.75]]


def test_anchors_are_the_barycenters_of_two_sequences_at_shown_times():
    pair = [Bifurcation(), Bifurcation(speed=0.5)]
    frames = [(sequence, time) for sequence in pair for time in (0.0, 1.0)]
    targets = barycenter_sdf(frames, [(0, 2, 0.5), (1, 3, 0.5)], 12, 1.0)

    def decode(points: torch.Tensor, mixture: torch.Tensor) -> torch.Tensor:
        assert mixture.tolist() == [[0.5, 0.5]]
        i, j, k = ((points[..., :3] + 3) / (6 / 11)).round().long().unbind(-1)
        exact = torch.where(points[..., 3] < 0.5, targets[0][i, j, k], targets[1][i, j, k])
        return exact + torch.tensor([0.0, 0.25]).view(2, 1, 1)

    loss = SMALL["cross-sequence-barycenter"].prepare(problem())(decode)
    torch.testing.assert_close(loss, torch.tensor([0.0, 0.25]))


def test_anchors_need_two_sequences():
    alone = Problem([[Bifurcation()]], [0.0, 1.0], torch.device("cpu"), problem().generators)
    with pytest.raises(ValueError, match="at least two sequences, this one has 1"):
        CrossSequenceBarycenter(grid=12).prepare(alone)


@pytest.mark.parametrize("points", [None, 40])
def test_barycenter_is_the_mean_distance_to_the_barycenters(points):
    regularizer = SMALL["barycenter"].model_copy(update={"points": points})
    targets = {
        time: barycenter_sdf(frames_of(Bifurcation(), [0.0, 1.0]), [(0, 1, 1 / 3), (0, 1, 2 / 3)], 12, 1.0)[
            k, ::2, ::2, ::2
        ]
        for k, time in enumerate((1 / 3, 2 / 3))
    }

    def decode(where: torch.Tensor) -> torch.Tensor:
        index = ((where[..., :3] + 3) / (6 / 11)).round().long() // 2
        time = where[..., 3]
        i, j, k = index.unbind(-1)
        exact = torch.where(time < 0.5, targets[1 / 3][i, j, k], targets[2 / 3][i, j, k])
        return exact + torch.tensor([0.0, 0.25]).view(2, 1, 1)

    one = Problem([[Bifurcation()]], [0.0, 1.0], torch.device("cpu"), problem().generators)
    loss = regularizer.prepare(one)(decode)
    torch.testing.assert_close(loss, torch.tensor([0.0, 0.25]))


def test_networks_with_sequences_of_their_own_get_targets_of_their_own():
    fast, slow = Bifurcation(), Bifurcation(speed=0.5)
    apart = Problem([[fast], [slow]], [0.0, 1.0], torch.device("cpu"), problem().generators)
    for points in (None, 30):
        regularizer = SMALL["barycenter"].model_copy(update={"points": points})
        both = regularizer.prepare(apart)(field(torch.tensor([[0.4], [0.4]])))
        for index, sequence in enumerate((fast, slow)):
            fresh = problem().generators[index : index + 1]
            alone = Problem([[sequence]], [0.0, 1.0], torch.device("cpu"), fresh)
            expected = regularizer.prepare(alone)(field(torch.tensor([[0.4]])))
            if points is None:
                torch.testing.assert_close(both[index : index + 1], expected)
            else:
                assert float(both[index]) == pytest.approx(float(expected), rel=0.5)
        assert float(both[0]) != float(both[1])
