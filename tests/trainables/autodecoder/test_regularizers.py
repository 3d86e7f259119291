"""Every regularizer through the contract, then each against what its equation says."""

import sys

import pytest
import torch

from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.regularizers.acceleration import Acceleration
from trainables.autodecoder.regularizers.barycenter import Barycenter
from trainables.autodecoder.regularizers.base import Problem, available
from trainables.autodecoder.regularizers.cross_sequence_barycenter import CrossSequenceBarycenter
from trainables.autodecoder.regularizers.distant_barycenter import DistantBarycenter
from trainables.autodecoder.regularizers.fine_sinkhorn import FineSinkhorn
from trainables.autodecoder.regularizers.multiscale_sinkhorn import MultiscaleSinkhorn
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.autodecoder.regularizers.temporal_smoothness import TemporalSmoothness
from trainables.autodecoder.regularizers.topology import Topology
from trainables.autodecoder.regularizers.unbalanced_sinkhorn import UnbalancedSinkhorn
from trainables.shapes.barycenters import barycenter_sdf, frames_of
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import grid_points
from trainables.testing import RegularizerContract
from trainables.topology import betti_numbers, diagrams, total_persistence, wasserstein_distance

SMALL = {
    "sinkhorn": Sinkhorn(grid=6, time_samples=3, warm_up=0),
    "barycenter": Barycenter(count=2, grid=12, subsample=2),
    "temporal-smoothness": TemporalSmoothness(points=200),
    "acceleration": Acceleration(points=200),
    "multiscale-sinkhorn": MultiscaleSinkhorn(grid=6, time_samples=3, levels=2, warm_up=0),
    "unbalanced-sinkhorn": UnbalancedSinkhorn(grid=6, time_samples=3, warm_up=0),
    "fine-sinkhorn": FineSinkhorn(grid=9, time_samples=3, warm_up=0),
    "distant-barycenter": DistantBarycenter(count=2, grid=12, subsample=2),
    "cross-sequence-barycenter": CrossSequenceBarycenter(grid=12, points=200),
    "topology": Topology(grid=8, time_samples=2, beta=2, warm_up=0),
}


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path))


def problem(replicates: int = 2) -> Problem:
    generators = [torch.Generator().manual_seed(r) for r in range(replicates)]
    return Problem([[Bifurcation(), Bifurcation(speed=0.5)]], [0.0, 1.0], torch.device("cpu"), generators)


def field(shift: torch.Tensor):
    """Balls that move along x by `shift` (R, N) over time, one for every replicate and sequence."""

    def decode(points: torch.Tensor, mixture: torch.Tensor | None = None) -> torch.Tensor:
        mixed = shift if mixture is None else shift @ mixture.T
        points = points.expand(*mixed.shape, -1, 4)
        x = points[..., 0] - mixed[..., None] * points[..., 3]
        return torch.stack([x, points[..., 1], points[..., 2]], -1).norm(dim=-1) - 1

    return decode


@pytest.mark.parametrize("kind", available().values(), ids=available())
class TestEveryRegularizer(RegularizerContract):
    pass


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


def test_sinkhorn_is_zero_for_a_shape_at_rest_and_grows_with_motion():
    term = SMALL["sinkhorn"].prepare(problem(1))
    still, slow, fast = (float(term(field(torch.full((1, 2), s)))) for s in (0.0, 0.6, 1.8))
    assert still == pytest.approx(0, abs=1e-6)
    assert still < slow < fast


def test_sinkhorn_records_what_a_pair_weighs():
    assert Sinkhorn().derived() == pytest.approx({"alpha_per_pair": 0.1 / 29, "blur_over_spacing": 0.05 / 0.6})


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


@pytest.mark.parametrize(("norm", "expected"), [("squared", [0.25, 4.0]), ("total-variation", [0.5, 2.0])])
def test_temporal_smoothness_is_the_mean_speed_of_the_field(norm, expected):
    speed = torch.tensor([0.5, -2.0]).view(2, 1, 1)

    def decode(points: torch.Tensor) -> torch.Tensor:
        return points[..., :3].norm(dim=-1) - 1 - speed * points[..., 3]

    loss = TemporalSmoothness(norm=norm, points=300, step=0.01).prepare(problem())(decode)
    torch.testing.assert_close(loss, torch.tensor(expected), rtol=1e-3, atol=0)


def test_temporal_smoothness_integrates_over_domain_and_time():
    def decode(points: torch.Tensor) -> torch.Tensor:
        return points[..., 0] * points[..., 3] ** 2  # ∂f/∂t = 2 x t, mean of its square 4 · 3 · 1/3

    generators = [torch.Generator().manual_seed(3)]
    one = Problem([[Bifurcation()]], [0.0, 1.0], torch.device("cpu"), generators)
    loss = TemporalSmoothness(points=200_000).prepare(one)(decode)
    assert float(loss) == pytest.approx(4.0, rel=0.02)


def test_acceleration_is_that_of_the_field_in_times_between_frames():
    """Steady motion costs nothing; f = x t² has ∂²f/∂t² = 2 x, times τ² = ¼: mean of its square ¼ · 3."""
    generators = [torch.Generator().manual_seed(3)]
    three = Problem([[Bifurcation()]], [0.0, 0.2, 1.0], torch.device("cpu"), generators)
    term = Acceleration(points=50_000).prepare(three)
    assert float(term(lambda points: points[..., 0] * points[..., 3])) == pytest.approx(0.0, abs=1e-6)
    assert float(term(lambda points: points[..., 0] * points[..., 3] ** 2)) == pytest.approx(0.75, rel=0.02)


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


def balls(*centres: float, radius: float = 1.0):
    """A decoder whose shape is, at all times, balls on the x axis."""

    def decode(points: torch.Tensor, mixture: torch.Tensor | None = None) -> torch.Tensor:
        apart = [(points[..., :3] - torch.tensor([c, 0.0, 0.0])).norm(dim=-1) - radius for c in centres]
        return torch.stack(apart).amin(0)

    return decode


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
