"""Networks that are added to an interpolant: they meet the shown frames, begin as it, and all else works as before."""

import numpy as np
import pandas as pd
import pytest
import torch

from trainables.autodecoder.anchor import Anchor, Base, knots, weight
from trainables.autodecoder.autodecoder import Autodecoder
from trainables.autodecoder.configuration import AutodecoderConfiguration, DecoderConfiguration
from trainables.autodecoder.model import SavedDecoder
from trainables.autodecoder.regularizers.base import available
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.autodecoder.regularizers.temporal_smoothness import TemporalSmoothness
from trainables.interpolants import field
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.prepared import Prepared
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import grid_points
from trainables.shapes.sphere import Sphere
from trainables.shapes.timeline import Timeline

CPU = torch.device("cpu")
SPARSE = Timeline.shown({0, 4}, 4)
UNEVEN = Timeline.shown({0, 1, 7, 10}, 10)
ONE, TWO = Bifurcation(member=0), Bifurcation(member=1, speed=1.4, direction=(0.0, 1.0, 0.0))


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path))


def configuration(**changes) -> dict:
    fields = {
        "sequences": [ONE],
        "anchor": "volume",
        "decoder": DecoderConfiguration(layers=3, width=16, code_layers=[2]),
        "regularizers": {"sinkhorn": Sinkhorn(grid=6, time_samples=3, warm_up=0)},
        "epochs": 6,
        "learning_rate": 1e-2,
        "evaluation_grid": 14,
    }
    return AutodecoderConfiguration(**(fields | changes)).model_dump(mode="json")


def trained(epochs: int = 6, seeds=(1, 2), timeline: Timeline = SPARSE, **changes) -> Autodecoder:
    fields = {"epochs": max(6, epochs)} | changes
    model = Autodecoder(configuration(**fields), timeline, list(seeds), CPU)
    for _ in range(min(epochs, model.epochs)):
        model.train_epoch()
    return model


def truth(sequence, time: float, n: int = 14) -> torch.Tensor:
    return sequence.sdf(grid_points(n), time)


def at(time: float, n: int = 14) -> torch.Tensor:
    x = grid_points(n).reshape(-1, 3)
    return torch.cat([x, torch.full_like(x[:, :1], time)], dim=1)


@pytest.mark.parametrize("name", sorted(available()))
def test_with_every_regularizer_shown_frames_are_met_and_others_are_changed(name):
    fields = {"regularizers": {name: available()[name].example()}, "sequences": [ONE, TWO]}
    if available()[name].mixes:
        with pytest.raises(ValueError, match="mixed codes have no base"):
            trained(1, **fields)
        return
    model, before = trained(**fields), trained(0, **fields)
    assert [c["epoch"] for c in model.curves() if c["replicate"] == 0] == list(range(1, 7))
    assert "reconstruction" not in model.curves()[0]
    for time in (0.0, 1.0):
        frames = torch.stack([truth(ONE, time), truth(TWO, time)])
        assert torch.equal(model.predict(time, 14), frames.expand(2, -1, -1, -1, -1))
    change = (model.predict(0.5, 14) - before.predict(0.5, 14)).abs().amax((2, 3, 4))
    assert bool((change > 1e-5).all()), "every sequence of every replicate"
    assert not torch.equal(model.predict(0.5, 14)[0], model.predict(0.5, 14)[1])


def test_rows_at_shown_frames_are_without_error():
    rows = pd.DataFrame(trained(timeline=UNEVEN).rows({"train", "validation", "test"}))
    shown = rows[rows.role == "train"]
    assert (shown.dice == 1).all()
    assert (shown.chamfer == 0).all()
    assert not rows.dense_fallback.any()
    assert (rows[rows.role != "train"].chamfer > 0).all()


def test_a_network_begins_as_the_interpolant_it_is_added_to():
    model = trained(0, timeline=UNEVEN, anchor="spline+volume")
    times = UNEVEN.train_times
    expected = field("spline+volume", torch.stack([truth(ONE, time) for time in times]), times)
    for time in UNEVEN.times:
        np.testing.assert_allclose(model.predict(time, 14)[0, 0].numpy(), expected(time), atol=1e-6)


def test_without_a_regularizer_there_is_nothing_to_train():
    model = trained(regularizers={})
    assert model.epochs == 0
    assert model.curves() == []
    torch.testing.assert_close(model.predict(0.5, 14), trained(0).predict(0.5, 14))


def test_the_weight_vanishes_at_shown_times_and_is_one_in_between():
    shown = torch.tensor(UNEVEN.train_times)
    assert weight(shown, shown).tolist() == [0.0] * 4
    torch.testing.assert_close(weight((shown[1:] + shown[:-1]) / 2, shown), torch.ones(3))
    torch.testing.assert_close(weight(torch.tensor([0.25]), shown), torch.tensor([0.75]))  # 4 · ¼ · ¾


@pytest.mark.parametrize(("dimension", "mean"), [(3, 4e-3), (2, 2e-4)])
def test_the_table_has_the_interpolant_at_any_point_and_time(dimension, mean):
    """Spheres, whose distances blend to distances, so that the truth is known everywhere."""
    spheres = [Sphere(z1=z1, z2=z1 / 2, dimension=dimension) for z1 in (1.0, -1.0)]
    anchor = Anchor([Base.of("linear", s, [0.0, 0.3, 1.0]) for s in spheres], [[0, 1], [1, 0]], CPU)
    points = torch.rand(2, 1, 4000, dimension + 1, generator=torch.Generator().manual_seed(0))
    points[..., :-1] = 6 * points[..., :-1] - 3
    found = anchor.added(points, torch.zeros(2, 2, 4000))
    for network, order in enumerate([[0, 1], [1, 0]]):
        for position, which in enumerate(order):
            x, t = points[network, 0, :, :-1], points[network, 0, :, -1]
            sphere = spheres[which]
            exact = sphere.sdf(x, 0.0) - sphere.z2 * t
            error = (found[network, position] - exact).abs()
            assert error.mean() < mean
            assert error.max() < 0.2  # at the centre, where the distance has its peak


def test_points_that_are_asked_for_in_every_step_are_looked_up_once(monkeypatch):
    anchor = Anchor([Base.of("linear", ONE, [0.0, 1.0])], [[0]], CPU)
    calls, compute = [], anchor.base
    monkeypatch.setattr(anchor, "base", lambda points: calls.append(1) or compute(points))
    points, zero = at(0.5).view(1, 1, -1, 4).clone(), torch.zeros(1, 1, 14**3)
    first = anchor.added(points, zero)
    assert torch.equal(first, anchor.added(points, zero))
    assert len(calls) == 1
    points[..., 3] = 1.0
    assert not torch.equal(first, anchor.added(points, zero))
    assert len(calls) == 2
    del points
    assert len(anchor._seen) == 0


def test_the_table_has_all_shown_times():
    found = knots([0.0, 0.1, 1.0])
    assert found == sorted(found)
    assert {0.0, 0.1, 1.0} <= set(found)
    assert max(np.diff(found)) <= 1 / 20
    assert sum(time < 0.1 for time in found) == 4


def test_the_gradient_is_that_of_the_loss():
    """Differences of the loss along the gradient, in all of the networks' parameters."""
    regularizer = TemporalSmoothness(points=500, step=0.1)
    model = trained(3, seeds=(1,), regularizers={regularizer.name: regularizer}, learning_rate=1e-3)
    (_, prepared), parameters = model.regularizers[regularizer.name], list(model.decoder.parameters())
    state = model.generators[0].get_state()

    def term(decode):
        model.generators[0].set_state(state)
        return prepared(decode)

    gradient = torch.autograd.grad(term(model.decode).sum(), parameters, allow_unused=True)
    direction = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, gradient, strict=True)]
    length = float(torch.cat([d.flatten() for d in direction]).norm())
    values, step = [], 2e-3 / length
    with torch.no_grad():
        for sign in (1, -2):
            for parameter, d in zip(parameters, direction, strict=True):
                parameter += sign * step * d
            values.append(float(term(model.decode).sum()))
    assert length > 0
    assert (values[0] - values[1]) / 4e-3 == pytest.approx(length, rel=0.02)


def test_a_restored_model_goes_on_as_if_never_stopped():
    fields = {"regularizers": {"temporal-smoothness": TemporalSmoothness(points=50)}, "sequences": [ONE, TWO]}
    whole, part, rest = trained(6, **fields), trained(4, **fields), trained(0, **fields)
    rest.restore(part.state())
    rest.epoch = part.epoch
    for _ in range(2):
        rest.train_epoch()
    assert torch.equal(whole.predict(0.4, 8), rest.predict(0.4, 8))
    assert whole.curves() == rest.curves()


@pytest.mark.parametrize("shared", [True, False])
def test_a_replicate_is_the_same_with_others_and_alone(shared):
    fields = {"sequences": [ONE, TWO], "shared": shared}
    together, alone = trained(6, (1, 2), **fields), trained(6, (2,), **fields)
    count = len(alone.networks)
    torch.testing.assert_close(together.predict(0.4, 8)[-count:], alone.predict(0.4, 8), rtol=1e-5, atol=1e-5)


def test_networks_of_one_sequence_each_have_the_base_of_theirs():
    both, alone = (trained(6, sequences=s, shared=False) for s in ([ONE, TWO], [TWO]))
    assert torch.equal(both.predict(1.0, 8)[:, 0], torch.stack([truth(ONE, 1.0, 8), truth(TWO, 1.0, 8)] * 2))
    change = (both.predict(0.5, 8) - trained(0, sequences=[ONE, TWO], shared=False).predict(0.5, 8)).abs()
    assert bool((change.flatten(1).amax(1) > 1e-5).all())
    assert alone.predict(0.5, 8).shape == (2, 1, 8, 8, 8)


@pytest.mark.parametrize("shared", [True, False])
def test_a_saved_model_predicts_what_the_trained_one_did(shared):
    model = trained(sequences=[ONE, TWO], shared=shared)
    saved = SavedDecoder(model.model())
    rows = pd.DataFrame(model.rows({"train", "validation", "test"}))
    assert saved.replicates == 2
    for replicate in range(2):
        for index, sequence in enumerate([ONE, TWO]):
            network, position = (replicate, index) if shared else (2 * replicate + index, 0)
            found = saved.field(replicate, index, 14)
            for time in SPARSE.times:
                expected = model.predict(time, 14)[network, position].flatten()
                torch.testing.assert_close(found(at(time)), expected, rtol=0, atol=2e-6)
            for n in (14, 17):
                assert torch.equal(saved.field(replicate, index, n)(at(1.0, n)), truth(sequence, 1.0, n).flatten())
    assert len(rows) == 2 * 2 * 5


def test_a_saved_model_of_recorded_frames_needs_no_other_file(tmp_path):
    generator = np.random.default_rng(0)
    frames = np.stack([truth(ONE, time, 16).numpy() for time in SPARSE.times])
    frames = (frames + 0.05 * generator.standard_normal(frames.shape)).astype(np.float16)
    prepared = Prepared(
        sdf=frames, times=np.array(SPARSE.times), frames=np.arange(5), affine=np.eye(4),
        source_shape=np.array([16, 16, 16]), voxel=np.ones(3), metadata={"label": "recorded"},
    )  # fmt: skip
    file = tmp_path / "recorded.npz"
    file.write_bytes(prepared.to_bytes())
    model = trained(sequences=[Sampled(file=str(file), title="recorded")])
    expected = {time: model.predict(time, 14)[0, 0].flatten() for time in SPARSE.times}
    state = model.model()
    file.unlink()
    saved = SavedDecoder(state)
    for time in SPARSE.times:
        torch.testing.assert_close(saved.field(0, 0, 14)(at(time)), expected[time], rtol=0, atol=2e-6)
    whole = torch.from_numpy(frames[4].astype(np.float32)).flatten()
    torch.testing.assert_close(saved.field(0, 0, 16)(at(1.0, 16)), whole, rtol=0, atol=2e-6)


def test_a_file_of_an_earlier_version_is_read():
    state = trained(anchor=None, points_per_frame=64).model()
    assert "base" not in state
    configured = AutodecoderConfiguration.model_validate_json(state["configuration"]).model_dump(mode="json")
    earlier = {key: value for key, value in configured.items() if key != "anchor"}
    state["configuration"] = AutodecoderConfiguration.model_validate(earlier).model_dump_json()
    assert SavedDecoder(state).field(0, 0)(at(0.5)).shape == (14**3,)


def test_plans_know_that_points_are_sampled_beside_the_base_and_not_at_shown_frames():
    def operations(**changes) -> float:
        return AutodecoderConfiguration.model_validate(configuration(**changes)).operations(2)

    assert operations(regularizers={}) == 0
    assert operations() > operations(points_per_frame=5) > operations(base_weight=0) > 0
    assert 0 < operations() < operations(anchor=None)


def test_a_network_that_diverges_is_scored_worst():
    model = trained(2)
    with torch.no_grad():
        model.decoder.output.bias[1] = torch.nan
    model.train_epoch()
    assert model.guard.reasons == {1: "replicate 1: departure is not finite at epoch 3"}
    rows = pd.DataFrame(model.rows({"train"}))
    assert rows[rows.replicate == 1]["empty"].all()
    assert (rows[rows.replicate == 0].dice == 1).all()


@pytest.mark.parametrize(
    ("anchor", "sentence"), [("magic", "there is no interpolant 'magic'; choose among"), ("moved+moved", "twice")]
)
def test_an_unknown_interpolant_is_refused_with_a_sentence(anchor, sentence):
    with pytest.raises(ValueError, match=sentence):
        AutodecoderConfiguration(sequences=[ONE], anchor=anchor)
