"""Sinkhorn divergences of frames that follow each other: balanced, unbalanced, on several grids and on finer ones."""

import sys

import pytest
import torch

from tests.trainables.autodecoder.regularizers.moving import SMALL, field, problem
from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.regularizers.base import Problem
from trainables.autodecoder.regularizers.fine_sinkhorn import FineSinkhorn
from trainables.autodecoder.regularizers.multiscale_sinkhorn import MultiscaleSinkhorn
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.autodecoder.regularizers.unbalanced_sinkhorn import UnbalancedSinkhorn
from trainables.shapes.bifurcation import Bifurcation


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("sinkhorn", [(0, 1, 1.0), (1, 2, 1.0)]),
        ("multiscale-sinkhorn", [(0, 1, 0.5), (1, 2, 0.5), (0, 2, 0.25)]),
        ("unbalanced-sinkhorn", [(0, 1, 1.0), (1, 2, 1.0)]),
    ],
)
def test_sinkhorn_sums_pairs_and_averages_sequences(name, pairs):
    """Times 0, ½, 1; two resolutions are averaged, and a pair two steps apart counts half (p = 2)."""
    from geomloss import SamplesLoss

    unbalanced = name == "unbalanced-sinkhorn"
    shift = torch.tensor([[0.5, 1.5]], dtype=torch.float32)
    loss = SMALL[name].prepare(problem(1))(field(shift))
    axis = torch.linspace(-3, 3, 6)
    x = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    reach = SMALL[name].reach if unbalanced else None
    reference = SamplesLoss("sinkhorn", p=2, blur=0.05, scaling=0.5, diameter=6 * 3**0.5, reach=reach)
    expected = 0.0
    for n in range(2):
        mass = []
        for time in (0.0, 0.5, 1.0):
            sdf = (x - torch.tensor([float(shift[0, n]) * time, 0, 0])).norm(dim=-1) - 1
            density = 1 / (1 + torch.exp(8 * sdf))
            mass.append(density * 1.2**3 if unbalanced else density / density.sum())
        expected += sum(factor * float(reference(mass[j], x, mass[k], x)) for j, k, factor in pairs) / 2
    assert float(loss) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("name", ["sinkhorn", "unbalanced-sinkhorn", "fine-sinkhorn"])
def test_geomloss_as_a_backend_has_the_same_value_and_gradient(name):
    """Where masses are free its gradient lacks ε / 2 of ρ + ε: 1.25e-3 here."""
    found = []
    for backend in ("auto", "plain", "geomloss"):
        shift = torch.tensor([[0.5, 1.5]], requires_grad=True)
        term = SMALL[name].model_copy(update={"backend": backend})
        loss = term.prepare(problem(1))(field(shift)).sum()
        found.append((loss.detach(), *torch.autograd.grad(loss, shift)))
    for other in found[1:]:
        for mine, theirs in zip(found[0], other, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=2e-3, atol=1e-6)


def test_without_geomloss_its_backend_is_refused_with_what_to_install(monkeypatch):
    configuration = AutodecoderConfiguration(
        sequences=[Bifurcation()], regularizers={"sinkhorn": {"backend": "geomloss"}}
    )
    assert configuration.unfit() is None
    monkeypatch.setitem(sys.modules, "geomloss", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "sinkhorn: GeomLoss is not installed: pip install" in str(configuration.unfit())


def test_steady_motion_costs_the_same_at_every_temporal_resolution():
    sizes = {"grid": 9, "time_samples": 9, "epsilon": 0.75, "warm_up": 0}
    steady = field(torch.full((1, 2), 1.5))
    losses = [float(MultiscaleSinkhorn(levels=levels, **sizes).prepare(problem(1))(steady)) for levels in (1, 2, 3)]
    assert losses[0] == pytest.approx(float(Sinkhorn(**sizes).prepare(problem(1))(steady)))
    assert losses == pytest.approx([losses[0]] * 3, rel=0.1)


def test_only_the_unbalanced_divergence_feels_growth_as_such():
    """A ball that grows by a factor of 8 in volume, and one that moves by its radius."""

    def growing(points: torch.Tensor) -> torch.Tensor:
        return (points[..., :3].norm(dim=-1) - 1 - points[..., 3]).expand(1, 2, -1)

    sizes = {"grid": 13, "time_samples": 2, "epsilon": 0.25, "warm_up": 0}
    moving = field(torch.ones(1, 2))
    ratios = [
        float(kind(**sizes).prepare(problem(1))(growing)) / float(kind(**sizes).prepare(problem(1))(moving))
        for kind in (Sinkhorn, UnbalancedSinkhorn)
    ]
    assert ratios[1] > 5 * ratios[0]


def test_the_finer_grid_is_kept_to_the_box_around_the_shapes():
    """A sphere of radius 1.139 that splits, up to |x| = 2.5: spacing 0.5, and the box ends one spacing beyond."""
    x = FineSinkhorn(grid=13).lattice(Problem([[Bifurcation()]], [0.0, 1.0], torch.device("cpu"), []))
    assert x.shape == (13, 7, 7, 3)
    assert x[..., 1].unique().tolist() == [-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5]
    assert (x[0, 0, 0, 0], x[-1, 0, 0, 0]) == (-3.0, 3.0)


def test_what_lies_outside_the_box_is_no_matter():
    sizes = {"grid": 13, "time_samples": 3, "epsilon": 0.5, "warm_up": 0, "beta": 20.0}
    shift = torch.full((1, 2), 1.2)
    coarse, fine = (kind(**sizes).prepare(problem(1))(field(shift)) for kind in (Sinkhorn, FineSinkhorn))
    torch.testing.assert_close(coarse, fine, rtol=0.02, atol=0)


def test_sinkhorn_is_zero_for_a_shape_at_rest_and_grows_with_motion():
    term = SMALL["sinkhorn"].prepare(problem(1))
    still, slow, fast = (float(term(field(torch.full((1, 2), s)))) for s in (0.0, 0.6, 1.8))
    assert still == pytest.approx(0, abs=1e-6)
    assert still < slow < fast


def test_sinkhorn_records_what_a_pair_weighs():
    assert Sinkhorn().derived() == pytest.approx({"alpha_per_pair": 0.1 / 29, "blur_over_spacing": 0.05 / 0.6})
