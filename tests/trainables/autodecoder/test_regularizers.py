"""Every regularizer through the same cases, then each against what its equation says."""

import pytest
import torch

from trainables.autodecoder.regularizers.barycenter import Barycenter
from trainables.autodecoder.regularizers.base import Problem, available
from trainables.autodecoder.regularizers.cross_sequence_barycenter import CrossSequenceBarycenter
from trainables.autodecoder.regularizers.distant_barycenter import DistantBarycenter
from trainables.autodecoder.regularizers.multiscale_sinkhorn import MultiscaleSinkhorn
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.autodecoder.regularizers.temporal_smoothness import TemporalSmoothness
from trainables.autodecoder.regularizers.unbalanced_sinkhorn import UnbalancedSinkhorn
from trainables.shapes.barycenters import barycenter_sdf, frames_of
from trainables.shapes.bifurcation import Bifurcation

SMALL = {
    "sinkhorn": Sinkhorn(grid=6, time_samples=3, warm_up=0),
    "barycenter": Barycenter(count=2, grid=12, subsample=2),
    "temporal-smoothness": TemporalSmoothness(points=200),
    "multiscale-sinkhorn": MultiscaleSinkhorn(grid=6, time_samples=3, levels=2, warm_up=0),
    "unbalanced-sinkhorn": UnbalancedSinkhorn(grid=6, time_samples=3, warm_up=0),
    "distant-barycenter": DistantBarycenter(count=2, grid=12, subsample=2),
    "cross-sequence-barycenter": CrossSequenceBarycenter(grid=12, points=200),
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


@pytest.mark.parametrize("name", sorted(available()))
def test_every_regularizer_keeps_its_contract(name):
    regularizer = SMALL[name]
    assert regularizer.name == name
    term = regularizer.prepare(problem())
    shift = torch.tensor([[0.1, 0.2], [1.0, 0.8]], requires_grad=True)
    loss = term(field(shift))
    assert loss.shape == (2,)
    assert bool((loss >= 0).all())
    (gradient,) = torch.autograd.grad(loss[0], shift)
    assert bool((gradient[0] != 0).all()), "a replicate's loss depends on each of its sequences"
    assert bool((gradient[1] == 0).all()), "replicates do not mix"
    assert regularizer.weight > 0
    assert type(regularizer).model_validate(regularizer.model_dump()) == regularizer


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
