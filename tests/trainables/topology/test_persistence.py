"""Diagrams against gudhi, and against shapes whose topology is known."""

import numpy as np
import pytest
import torch

from tests.trainables.topology.conftest import (
    CONSTRUCTIONS,
    FILTRATIONS,
    finite,
    hollow_ball,
    in_order,
    levels,
    noise,
    reference,
    ring,
    two_balls,
)
from trainables.topology import diagrams
from trainables.topology.persistence import rising


@pytest.mark.parametrize("construction", CONSTRUCTIONS)
@pytest.mark.parametrize("filtration", FILTRATIONS)
@pytest.mark.parametrize(
    "volumes",
    [
        noise(2),
        noise(3, batch=2),
        noise(10, 1, batch=2),
        noise(16, 2),
        levels(7, 2),
        levels(9, 5),
        noise(2, axes=2),
        noise(30, 3, batch=2, axes=2),
        levels(20, 3, axes=2),
    ],
    ids=["2", "3", "10", "16", "two-levels", "five-levels", "2²", "30²", "three-levels²"],
)
def test_diagrams_are_those_of_gudhi(volumes, filtration, construction):
    found = diagrams(volumes, (0, 1, 2), filtration, construction)
    for volume, mine in zip(volumes.numpy(), found, strict=True):
        for points, expected in zip(mine, reference(volume, filtration, construction), strict=True):
            np.testing.assert_array_equal(in_order(points.numpy()), finite(expected))


def test_the_constructions_differ():
    """The numbers of points of one 16³ volume differ, so that the comparison above can tell them apart."""
    counts = [[len(points) for points in diagrams(noise(16, 2), construction=c)[0]] for c in CONSTRUCTIONS]
    assert counts[0] != counts[1]


@pytest.mark.parametrize(
    ("shape", "betti"), [(hollow_ball(), (0, 0, 1)), (ring(), (0, 1, 0)), (two_balls(), (1, 0, 0))]
)
@pytest.mark.parametrize("construction", CONSTRUCTIONS)
def test_a_hollow_ball_has_a_cavity_a_ring_a_loop_and_two_balls_a_second_component(shape, betti, construction):
    volumes = torch.from_numpy(np.where(shape, 0.9, 0.2))[None]
    for points, count in zip(diagrams(volumes, construction=construction)[0], betti, strict=True):
        assert points.tolist() == [[0.9, 0.2]] * count


@pytest.mark.parametrize("filtration", FILTRATIONS)
def test_the_component_that_never_dies_is_left_out_or_dies_with_the_last_voxel(filtration):
    volume = noise(6, 3)
    omitted, last = (diagrams(volume, (0, 1, 2), filtration, essential=e)[0] for e in ("omitted", "last"))
    never = reference(volume[0].numpy(), filtration)[0]
    born = never[~np.isfinite(never).all(1), 0]
    assert len(born) == 1
    extremes = [float(volume.max()), float(volume.min())]
    expected = extremes if filtration == "superlevel" else extremes[::-1]
    assert born[0] == expected[0]
    added = {tuple(p) for p in last[0].tolist()} - {tuple(p) for p in omitted[0].tolist()}
    assert added == {tuple(expected)}
    for dimension in (1, 2):
        assert torch.equal(omitted[dimension], last[dimension])


def test_each_dimension_may_be_asked_for_alone_and_in_any_order():
    volume = noise(7)
    every = diagrams(volume)[0]
    for dimension in range(3):
        assert torch.equal(diagrams(volume, (dimension,))[0][0], every[dimension])
    assert torch.equal(diagrams(volume, (2, 0))[0][1], every[0])


@pytest.mark.parametrize("essential", ["omitted", "last"])
@pytest.mark.parametrize("construction", CONSTRUCTIONS)
def test_points_change_with_the_voxels_that_they_are_born_and_die_with(construction, essential):
    volume = noise(5, 4).requires_grad_()

    def value(volumes: torch.Tensor) -> torch.Tensor:
        weights = torch.tensor([1.0, -0.3], dtype=torch.float64)
        found = diagrams(volumes, construction=construction, essential=essential)[0]
        return sum((points.square() @ weights).sum() for points in found)

    assert torch.autograd.gradcheck(value, volume, eps=1e-7, atol=1e-5, fast_mode=True)


def test_voxels_of_equal_value_come_in_the_order_of_their_places():
    values = levels(9, 5).numpy().ravel()
    np.testing.assert_array_equal(rising(values), values.argsort(kind="stable"))


def test_constant_volumes_have_no_features():
    for essential in ("omitted", "last"):
        assert [len(points) for points in diagrams(torch.ones(1, 4, 4, 4), essential=essential)[0]] == [0, 0, 0]


def test_the_number_of_threads_changes_nothing():
    volumes, before = noise(8, 5, batch=5), torch.get_num_threads()
    try:
        found = []
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found.append(diagrams(volumes))
    finally:
        torch.set_num_threads(before)
    for alone, together in zip(*found, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"volumes": torch.rand(4, 4)}, r"volumes: cubes \(B, n, n, n\).*not shape \(4, 4\)"),
        ({"volumes": torch.rand(1, 4, 4, 5)}, "volumes: cubes"),
        ({"volumes": torch.rand(1, 1, 1, 1)}, "n of 2 or more"),
        ({"volumes": torch.ones(1, 3, 3, 3, dtype=torch.int64)}, "floating-point numbers"),
        ({"volumes": torch.full((1, 3, 3, 3), torch.nan)}, "not finite"),
        ({"dimensions": ()}, r"dimensions = \[\]: choose"),
        ({"dimensions": (1, 1)}, "each once"),
        ({"dimensions": (3,)}, r"dimensions = \[3\]: choose"),
        ({"filtration": "upper"}, "filtration = 'upper': choose superlevel or sublevel"),
        ({"construction": "W"}, "construction = 'W': choose T or V"),
        ({"essential": "first"}, "essential = 'first': choose omitted or last"),
    ],
)
def test_wrong_arguments_are_answered_with_a_sentence(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        diagrams(**({"volumes": noise(3)} | change))
