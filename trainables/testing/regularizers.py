"""What a regularizer keeps: a loss of each replicate, of this replicate alone, that training can descend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from trainables.autodecoder.regularizers.base import Problem, Regularizer, available
from trainables.configuration import assign, paths
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import PLANE, SPACE, ShapeSequence
from trainables.testing.plugin import PluginContract

if TYPE_CHECKING:
    from torch import Tensor

    from trainables.autodecoder.regularizers.base import Decode

SHIFTS = torch.tensor([[0.1, 0.2], [1.0, 0.8]])
"""(R, N): how far the shape of each replicate and sequence moves."""


def problem(*replicates: int, dimension: int = SPACE) -> Problem:
    """Two bifurcations, shown at first and last; a generator for each of these replicates, seeded by its number."""
    generators = [torch.Generator().manual_seed(replicate) for replicate in replicates]
    shapes: list[ShapeSequence] = [Bifurcation(dimension=dimension), Bifurcation(speed=0.5, dimension=dimension)]
    return Problem([shapes], [0.0, 1.0], torch.device("cpu"), generators)


def moving(shift: Tensor) -> Decode:
    """Balls that move along x by `shift` (R, N) over time and grow a little, in a field that is no distance."""

    def decode(points: Tensor, mixture: Tensor | None = None) -> Tensor:
        mixed = shift if mixture is None else shift @ mixture.T
        points = points.expand(*mixed.shape, -1, -1)
        x = points[..., 0] - mixed[..., None] * points[..., -1]
        radius = 1 + 0.2 * mixed[..., None] * points[..., -1]
        return (1 + 0.1 * mixed[..., None]) * (torch.cat([x[..., None], points[..., 1:-1]], -1).norm(dim=-1) - radius)

    return decode


class RegularizerContract(PluginContract):
    """`kind` is a class of `trainables.autodecoder.regularizers.base.Regularizer`."""

    def test_it_is_found_by_its_name(self, kind: type[Regularizer]) -> None:
        assert available().get(kind.name) is kind

    def test_it_takes_shapes_in_the_plane_or_in_space(self, kind: type[Regularizer]) -> None:
        assert not all(kind.example().unfit(dimension) for dimension in (PLANE, SPACE))

    @pytest.mark.parametrize("dimension", [PLANE, SPACE])
    def test_each_replicate_has_a_loss_that_its_sequences_alone_decide(
        self, kind: type[Regularizer], dimension: int
    ) -> None:
        if kind.example().unfit(dimension):
            pytest.skip("none for shapes of this dimension, as it says")
        term, shift = kind.example().prepare(problem(0, 1, dimension=dimension)), SHIFTS.clone().requires_grad_()
        loss = term(moving(shift))
        assert loss.shape == (2,)
        assert bool(loss.isfinite().all() & (loss >= 0).all())
        (gradient,) = torch.autograd.grad(loss[0], shift)
        assert bool((gradient[0] != 0).all()), "a replicate's loss depends on each of its sequences"
        assert bool((gradient[1] == 0).all()), "replicates do not mix"

    def test_a_replicate_is_the_same_with_others_and_alone(self, kind: type[Regularizer]) -> None:
        together = kind.example().prepare(problem(0, 1))(moving(SHIFTS))
        for replicate in range(2):
            alone = kind.example().prepare(problem(replicate))(moving(SHIFTS[replicate : replicate + 1]))
            torch.testing.assert_close(together[replicate : replicate + 1], alone, rtol=1e-4, atol=1e-6)

    def test_whatever_is_random_comes_from_the_generators_of_the_problem(self, kind: type[Regularizer]) -> None:
        before, losses = torch.get_rng_state(), []
        for seed in (1, 2):
            torch.manual_seed(seed)
            mine = torch.get_rng_state()
            losses.append(kind.example().prepare(problem(0, 1))(moving(SHIFTS)))
            assert torch.equal(torch.get_rng_state(), mine), "nothing is drawn from torch's own generator"
        torch.set_rng_state(before)
        assert torch.equal(*losses)

    def test_it_has_a_weight_and_tells_numbers(self, kind: type[Regularizer]) -> None:
        example = kind.example()
        assert example.weight > 0
        assert all(isinstance(number, int | float) for number in example.derived().values())
        assert example.points_in_a_step(2) >= 0
        assert example.points_in_a_step(2, PLANE) <= example.points_in_a_step(2)
        assert example.warm_up == 0, "an example is trained from the first epoch on"

    def test_its_sizes_set_fields_that_it_has(self, kind: type[Regularizer]) -> None:
        for preset, fields in kind.sizes.items():
            sized = kind.example()
            for field, value in fields.items():
                assert field in paths(sized), f"preset {preset} sets {field}"
                assign(sized, field, value)

    def test_training_by_it_lowers_it(self, kind: type[Regularizer]) -> None:
        term, shift = kind.example().prepare(problem(0, 1)), SHIFTS.clone().requires_grad_()
        losses = []
        for _ in range(12):
            loss = term(moving(shift)).sum()
            losses.append(float(loss.detach()))
            (gradient,) = torch.autograd.grad(loss, shift)
            shift = (shift - 0.02 * gradient.sign()).detach().requires_grad_()
        assert min(losses[6:]) < losses[0] * (1 + 1e-6) or losses[0] == pytest.approx(0, abs=1e-6)
