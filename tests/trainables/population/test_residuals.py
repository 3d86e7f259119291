"""What others teach: a rule plus weighted residuals, and what is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from trainables.metrics.per_time import score
from trainables.population.configuration import Weighted, residuals
from trainables.population.pose import pose
from trainables.population.priors.base import available
from trainables.population.residuals import Residuals
from trainables.saved_model import load
from trainables.shapes.bifurcation import family
from trainables.shapes.division import Division, divisions
from trainables.shapes.platynereis import Platynereis
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import PLANE, grid_points
from trainables.shapes.sphere import Sphere
from trainables.shapes.timeline import Timeline

ALL = {"train", "validation", "test"}
TIMELINE = Timeline.shown({0, 8}, 8)
N = 16
DISCS = {"sequences": family(4, 1, PLANE), "population": family(6, 2, PLANE)}
"""In the plane."""


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path))


def methods(**fields) -> dict[str, Weighted]:
    given = {"sequences": divisions(4, 100), "population": divisions(6), "fold_count": 2, "evaluation_grid": N} | fields
    return residuals(**given)


def opened(name: str, **fields) -> Residuals:
    return Residuals(methods(**fields)[name].model_dump(mode="json"), TIMELINE, [1], None)


@pytest.mark.parametrize("shapes", [{}, DISCS], ids=["space", "plane"])
@pytest.mark.parametrize("posed", [False, True])
@pytest.mark.parametrize("name", [f"{prior}-residual" for prior in available()])
def test_shown_frames_are_met_and_hidden_ones_are_not_the_rules(name, posed, shapes):
    model = opened(name, posed=posed, **shapes)
    rows = pd.DataFrame(model.rows(ALL))
    assert (rows[rows.role == "train"].chamfer == 0).all()
    assert rows.sequence.nunique() == 4
    rule = model.rule(model.shown(model.configuration.sequences[1], N))
    assert np.abs(model.predictor(0, 1, N)(0.5) - rule(0.5)).max() > 0.01


def test_the_mean_residual_is_what_the_rule_leaves_of_the_others():
    model = opened("mean-residual")
    c, points = model.configuration, grid_points(N)
    known = [*c.population, c.sequences[0], c.sequences[2]]  # a new one in the second of two folds
    assert c.known(1) == known
    expected = np.mean([s.sdf(points, 0.375).numpy() - model.rule(model.shown(s, N))(0.375) for s in known], axis=0)
    np.testing.assert_allclose(model.beyond(0, 1, 0.375, N), expected, atol=1e-5)


def test_between_two_known_times_a_residual_is_linear():
    model = opened("ridge-residual")
    earlier, later = (model.beyond(0, 0, time, N) for time in (0.25, 0.375))
    np.testing.assert_allclose(model.beyond(0, 0, 0.28125, N), 0.75 * earlier + 0.25 * later, atol=1e-5)


def test_a_new_sequence_is_not_predicted_from_itself():
    model = opened("ridge-residual")
    for fold in range(2):
        scored = {model.configuration.sequences[i].description for i in model.configuration.new(fold)}
        assert scored.isdisjoint(s.description for s in model.configuration.known(fold))


def test_with_as_many_folds_as_sequences_each_is_predicted_from_all_others():
    for count in (4, 9):
        model = opened("mean-residual", population=[], fold_count=count)
        c = model.configuration
        assert [c.known(fold) for fold in range(4)] == [[*c.sequences[:i], *c.sequences[i + 1 :]] for i in range(4)]
        assert len(model.state()["weights"]) == c.dealt == 4
        assert pd.DataFrame(model.rows({"test"})).sequence.nunique() == 4


def test_at_most_so_many_are_learned_from():
    method = methods(known_at_most=3)["mean-residual"]
    assert method.known(0) == method.known(1) == divisions(3)


def test_turned_sequences_of_one_kind_teach_each_other_more():
    fields = {"population": divisions(24), "sequences": divisions(6, 100), "fold_count": 3}
    errors = [pd.DataFrame(opened("ridge-residual", posed=p, **fields).rows({"test"})).chamfer.mean() for p in (0, 1)]
    rule = opened("ridge-residual", **fields)
    blend = [rule.rule(rule.shown(s, N)) for s in rule.configuration.sequences]
    of_each = zip(blend, rule.configuration.sequences, strict=True)
    best = np.mean([row["chamfer"] for f, s in of_each for row in score(f, s, TIMELINE, {"test"}, N)])
    assert errors[1] < errors[0]
    assert errors[1] < 0.8 * best


def test_a_pose_turns_with_the_shape():
    one = Division(seed=10)  # daughters of 0.36 and 0.64: which end is which can be told
    points = grid_points(24)
    frames = np.stack([one.sdf(points, time).numpy() for time in (0.0, 1.0)])
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    axes *= np.sign(np.linalg.det(axes))
    turned = np.stack([one.sdf(points @ points.new_tensor(axes), time).numpy() for time in (0.0, 1.0)])
    before, after = pose(frames), pose(turned)
    np.testing.assert_allclose(after.centre, axes @ before.centre, atol=0.05)
    np.testing.assert_allclose(after.axes[:, 0], axes @ before.axes[:, 0], atol=0.05)
    some = torch.randn(5, 3, dtype=torch.float64)
    torch.testing.assert_close(before.inward(before.outward(some)), some)
    assert np.linalg.det(before.axes) == pytest.approx(1)


@pytest.mark.parametrize("turn", [0.4, 2.0, 4.5])
def test_a_pose_in_the_plane_turns_with_the_shape(turn):
    """Two discs of different radius, of which which end is which can be told; they drift."""
    points, axis = grid_points(64, dimension=PLANE), np.array([np.cos(turn), np.sin(turn)])

    def pair(way):
        ends = [points - points.new_tensor((way + place) * axis) for place in (-0.9, 0.9)]
        return torch.minimum(ends[0].norm(dim=-1) - 1.0, ends[1].norm(dim=-1) - 0.6).numpy()

    found = pose(np.stack([pair(0.0), pair(0.4)]))
    np.testing.assert_allclose(found.axes[:, 0], axis, atol=0.02)
    np.testing.assert_allclose(found.axes[:, 1], [-axis[1], axis[0]], atol=0.02)
    assert found.centre @ axis == pytest.approx(0.2 - 0.4, abs=0.1), "between the centroids, nearer the larger disc"
    some = torch.randn(5, 2, dtype=torch.float64)
    torch.testing.assert_close(found.inward(found.outward(some)), some)


@pytest.mark.parametrize("shapes", [{}, DISCS], ids=["space", "plane"])
def test_what_is_kept_is_read_back_as_the_field_that_is_scored(tmp_path, shapes):
    model = opened("process-residual", posed=True, **shapes)
    torch.save(model.model(), tmp_path / "model.pt")
    points = model.configuration.sequences[0].grid(N).flatten(end_dim=-2)
    for sequence in range(2):
        field = load(str(tmp_path / "model.pt"), replicate=0, sequence=sequence)
        for time in (0.0, 0.375, 0.4):
            found = field(torch.cat([points, torch.full_like(points[:, :1], time)], dim=1).numpy())
            assert found == pytest.approx(model.predictor(0, sequence, N)(time).ravel(), abs=1e-5)


def test_a_population_of_one_is_refused():
    method = methods(population=divisions(1), fold_count=1)["ridge-residual"]
    assert "has 1 to learn from" in str(method.unfit())
    assert methods(population=divisions(2), fold_count=1)["ridge-residual"].unfit() is None


def test_a_population_of_another_dimension_is_refused():
    with pytest.raises(ValueError, match="a shape in the plane teaches nothing about one in space"):
        methods(population=DISCS["population"])


def test_a_test_sequence_among_those_to_learn_from_is_refused_by_what_it_is():
    cells = {"sequences": [Platynereis(seed=1, resolution=16), Platynereis(seed=2, resolution=16)]}
    again = methods(**cells, population=[Platynereis(seed=2, resolution=20)])["ridge-residual"]
    other = methods(**cells, population=[Platynereis(seed=3, resolution=16)])["ridge-residual"]
    assert "platynereis-002 is the new sequence platynereis-002" in str(again.unscorable(TIMELINE))
    assert other.unscorable(TIMELINE) is None


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_copy_under_another_name_is_refused(tmp_path, dimension):
    """A recording that was copied, or that is given twice."""
    ball = Sampled.example_of(dimension)
    copied = tmp_path / "copied.npz"
    copied.write_bytes(Path(ball.file).read_bytes())
    timeline = Timeline.shown({0, 2}, 2)
    other = Sampled(file=str(copied), title="other", dimension=dimension)
    method = methods(sequences=[ball, ball], population=[other])["ridge-residual"]
    assert "other is the new sequence ball" in str(method.unscorable(timeline))


def test_cells_that_resemble_each_other_are_no_copies():
    """Of 24 new cells and 72 to learn from, the two that are nearest to each other."""
    near = {"sequences": [Platynereis(seed=214, resolution=24)], "population": [Platynereis(seed=16, resolution=24)]}
    assert methods(**near)["ridge-residual"].unscorable(TIMELINE) is None


def test_frames_outside_the_times_that_others_are_known_at_are_refused():
    method = methods(known_from=0.2, known_until=0.9)["ridge-residual"]
    assert "frame at time 0, and the population is known from 0.2 to 0.9" in str(method.unscorable(TIMELINE))


def test_spheres_are_not_taken_for_each_other():
    method = methods(sequences=[Sphere(z1=0.9, z2=0.1), Sphere(z1=0.2, z2=0.1)], population=[Sphere(z1=0.5, z2=0.1)])
    assert method["ridge-residual"].unscorable(TIMELINE) is None
