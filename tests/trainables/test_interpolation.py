"""The methods that need no network."""

import io

import pandas as pd
import pytest
import torch

from trainables.interpolants import available, named
from trainables.interpolation import BarycenterOnly, Blend, Blending, Interpolation, Transporting, blends
from trainables.saved_model import load
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import grid_points
from trainables.shapes.sphere import Sphere
from trainables.shapes.timeline import Timeline

ALL = {"train", "validation", "test"}
NAMES = [*(name for name in available() if name != "barycenter"), "moved+volume", "lineage+volume", "barycenter"]


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path))


def opened(name: str, sequences=None, grid: int = 20, shown=(0, 8)) -> Interpolation:
    sequences = sequences or [Bifurcation()]
    timeline = Timeline.shown(set(shown), 8)
    if name == "barycenter":
        fields = BarycenterOnly(sequences=sequences, evaluation_grid=grid, barycenter_grid=20)
        return Transporting(fields.model_dump(mode="json"), timeline, [1, 2], torch.device("cpu"))
    fields = blends(sequences, [name], evaluation_grid=grid)[f"{name}-blend"]
    return Blending(fields.model_dump(mode="json"), timeline, [1, 2], torch.device("cpu"))


@pytest.mark.parametrize("name", NAMES)
def test_shown_frames_are_exact_and_replicates_equal(name):
    found = pd.DataFrame(opened(name).rows(ALL))
    shown = found[found.role == "train"]
    assert (shown.chamfer == 0).all()
    assert (shown.dice == 1).all()
    assert (found[found.role == "test"].dice < 1).any()
    one, other = (found[found.replicate == r].drop(columns="replicate").reset_index(drop=True) for r in (0, 1))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_kept_is_read_back_as_the_field_that_is_scored(name, tmp_path):
    sequences = [Bifurcation(), Sphere(z1=0.3, z2=0.4)]
    model = opened(name, sequences)
    torch.save(model.model(), tmp_path / "model.pt")
    points = grid_points(20).reshape(-1, 3)
    for number, sequence in enumerate(sequences):
        field = load(str(tmp_path / "model.pt"), replicate=1, sequence=number)
        predict = model.predictor(sequence, 20)
        for time in (0.0, 0.375, 0.7, 1.0):
            found = field(torch.cat([points, torch.full_like(points[:, :1], time)], dim=1).numpy())
            assert found == pytest.approx(predict(time).ravel(), abs=1e-5)


def test_a_kept_field_takes_points_of_many_times_between_grid_points_and_beyond_the_domain(tmp_path):
    torch.save(opened("linear").model(), tmp_path / "model.pt")
    field = load(str(tmp_path / "model.pt"))
    points = torch.tensor([[0.13, 0.4, -0.2, 0.0], [0.13, 0.4, -0.2, 1.0], [0.13, 0.4, -0.2, 0.5], [5.0, 0, 0, 0.0]])
    first, last, middle, beyond = field(points.numpy())
    assert middle == pytest.approx((first + last) / 2, abs=1e-6)
    assert first == pytest.approx(float(Bifurcation().sdf(points[0, :3], 0.0)), abs=0.1)
    assert beyond == pytest.approx(float(Bifurcation().sdf(points[3, :3], 0.0)), abs=0.1)


def test_a_kept_model_is_of_tensors_numbers_and_strings_alone(tmp_path):
    content = io.BytesIO()
    torch.save(opened("lineage+volume").model(), content)
    content.seek(0)
    assert torch.load(content, weights_only=True)["replicates"] == 2


def test_what_a_rule_could_not_do_is_noted_in_its_rows():
    class Vanishing(Bifurcation):
        name = "bifurcation"

        def sdf(self, points, time):
            return super().sdf(points, time) + (9.0 if time == 1 else 0.0)

    model = opened("lineage", grid=12)
    model.configuration.sequences = [Vanishing()]
    assert {row["notes"] for row in opened("lineage", grid=12).rows(ALL)} == {""}
    assert all("no piece can be matched" in row["notes"] for row in model.rows(ALL))


def test_fields_of_a_rule_are_paths_of_its_method_and_the_barycenters_keep_theirs():
    blend = Blend(sequences=[Bifurcation()], rules={"kriging": {"noise": 0.3}})
    assert blend.rules["kriging"].noise == 0.3
    assert Blend.model_validate(blend.model_dump(mode="json")) == blend
    assert {"barycenter_grid", "barycenter_blur", "evaluation_grid"} <= set(BarycenterOnly.model_fields)


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"cubic": {}}, "there is no interpolant 'cubic'; choose among "),
        ({"linear": {}, "spline": {}}, "linear and spline both say how frames are weighted in time: keep one of them"),
        ({}, "there is no interpolant ''"),
        (["moved"], "not a mapping from interpolant to its fields"),
    ],
)
def test_rules_that_do_not_exist_or_combine_are_refused(rules, sentence):
    with pytest.raises(ValueError, match=sentence):
        Blend(sequences=[Bifurcation()], rules=rules)


def test_a_time_halfway_is_the_mean_of_its_neighbours():
    model = opened("linear", grid=12, shown=(0, 4, 8))
    assert model.timeline.neighbours(0.25) == (0, 0.5)
    assert model.timeline.neighbours(0.5) == (1, 0.0)
    assert model.timeline.neighbours(1.0) == (1, 1.0)
    predict = model.predictor(Bifurcation(), 12)
    assert predict(0.25) == pytest.approx((predict(0.0) + predict(0.5)) / 2, abs=1e-6)


def test_a_combination_is_called_after_its_parts():
    assert list(blends([Bifurcation()], ["linear", "moved+volume"])) == ["linear-blend", "moved+volume-blend"]
    assert named("moved+volume").model_dump() == blends([Bifurcation()], ["moved+volume"])[
        "moved+volume-blend"
    ].interpolant().model_dump()  # fmt: skip
