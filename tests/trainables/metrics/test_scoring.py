"""True shapes that fall between the points of the evaluation grid are found before anything is trained."""

import numpy as np
import pytest

from study import catalog
from study.design import flags
from study.errors import Mistake
from trainables.autodecoder.latent_generalization import LatentGeneralizationConfiguration
from trainables.interpolation import Interpolating, blends
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.prepared import Prepared
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import ShapeSequence, fills_grid, grid_points, has_voxel
from trainables.shapes.sphere import Sphere
from trainables.shapes.timeline import Timeline

ENDS = Timeline.shown({0, 1}, 1)


def linear_blend(sequence: ShapeSequence, grid: int) -> Interpolating:
    return blends([sequence], ["linear"], evaluation_grid=grid)["linear-blend"]


def flat(tmp_path, thickness: float, height: float) -> Sampled:
    """A disc of radius 1.5, which becomes thinner from one frame to the next: a nucleus of a flat cell."""
    points = grid_points(64).numpy()
    wide = np.hypot(points[..., 0], points[..., 1]) - 1.5
    frames = [np.maximum(wide, np.abs(points[..., 2] - height) - t / 2) for t in (1.0, thickness)]
    content = Prepared(
        sdf=np.stack(frames).astype(np.float32),
        times=np.array([0.0, 1.0]),
        frames=np.array([0, 1]),
        affine=np.eye(4),
        source_shape=np.array([64, 64, 64]),
        voxel=np.ones(3),
        metadata={"label": "nucleus"},
    ).to_bytes()
    file = tmp_path / f"{thickness}.npz"
    file.write_bytes(content)
    return Sampled(file=str(file), title="nucleus 4")


def test_a_flat_nucleus_between_two_planes_of_the_grid_is_named(tmp_path):
    height = 0.0  # between the two middle planes of an even grid
    thin = linear_blend(flat(tmp_path, 0.2, height), 24)
    assert thin.unscorable(ENDS) == (
        "nucleus 4 has no voxel at time 1 on the grid of 24³ points, 0.261 apart, on which it is scored; "
        "refine evaluation_grid"
    )
    thin.evaluation_grid = 48
    assert thin.unscorable(ENDS) is None


@pytest.mark.parametrize("n", [8, 16, 24, 33])
@pytest.mark.parametrize(
    "sequence",
    [Sphere(z1=1, z2=-0.5), Sphere(z1=0.3, z2=-0.95), Bifurcation(), Bifurcation(radius=0.15, smoothing=50)],
)
def test_what_is_known_in_advance_is_what_the_whole_grid_says(sequence, n):
    for time in (0.0, 0.4, 1.0):
        assert has_voxel(sequence, time, n) == bool((sequence.sdf(grid_points(n), time) < 0).any())


def test_a_ball_said_to_be_inside_is_inside(tmp_path):
    sequences: list[ShapeSequence] = [Sphere(z1=1, z2=-0.5), Bifurcation(), flat(tmp_path, 0.5, 0.1)]
    for sequence in sequences:
        for time in (0.0, 1.0):
            deepest = -float(sequence.sdf(grid_points(96), time).min())
            assert 0 < sequence.inscribed(time) <= deepest + 0.1


class Everything(ShapeSequence):
    name = "everything"

    def sdf(self, points, time):
        return points[..., 0] * 0 + (1 if time < 0.5 else -1)


class Corners(Everything):
    name = "corners"

    def sdf(self, points, time):
        return 5.0 - points.norm(dim=-1) if time < 0.5 else points.norm(dim=-1) - 5.0


def test_a_shape_that_fills_the_domain_has_no_surface():
    assert fills_grid(Everything(), 1.0, 9)
    assert not fills_grid(Everything(), 0.0, 9)
    assert not fills_grid(Corners(), 1.0, 9)


def test_a_study_of_a_shape_that_fills_the_domain_is_a_mistake(monkeypatch):
    monkeypatch.setattr(Sphere, "inscribed", lambda self, time: 6.0)
    monkeypatch.setattr(Sphere, "has_outside", lambda self, time: False)
    monkeypatch.setattr(Sphere, "sdf", lambda self, points, time: points[..., 0] * 0 - 1)
    whole = linear_blend(Sphere(z1=0.25, z2=0.125), 8)
    assert str(whole.unscorable(ENDS)).startswith("sphere z1=+0.25 z2=+0.125 fills the whole domain at time 0, ")


@pytest.mark.parametrize("sequence", [Sphere(z1=1, z2=-0.5), Bifurcation(), Bifurcation(radius=0.9, smoothing=0.1)])
def test_a_corner_said_to_be_outside_is_outside(sequence, tmp_path):
    for one in (sequence, flat(tmp_path, 0.5, 0.1)):
        for time in (0.0, 1.0):
            corners = one.sdf(grid_points(2), time)
            assert not one.has_outside(time) or bool((corners > 0).any())


def test_unseen_sequences_are_looked_at_too():
    configuration = LatentGeneralizationConfiguration(
        sequences=[Sphere(z1=0, z2=0.5)], unseen=[Sphere(z1=0, z2=-0.97)], evaluation_grid=16
    )
    # The nearest points are 0.2 √3 away: from t = 0.674 on, and the next time is 13/18.
    assert "sphere z1=+0 z2=-0.97 has no voxel at time 0.7222" in str(configuration.unscorable(ENDS))


def test_sequences_that_only_the_search_sees_are_looked_at():
    study = catalog.load("spheres", "smoke")
    flags.edit(study, "validation", "other-sequences")
    study.check()
    study.search_on = [Sphere(z1=0, z2=-0.97)]
    with pytest.raises(Mistake, match=r"method none: sphere z1=\+0 z2=-0.97 has no voxel at time .*"):
        study.check()


def test_a_study_with_such_a_shape_is_a_mistake():
    study = catalog.load("spheres", "smoke")
    study.check()
    flags.edit(study, "evaluation_grid", "8")
    with pytest.raises(Mistake, match=r"method none: sphere .* has no voxel at time .*; refine evaluation_grid"):
        study.check()
