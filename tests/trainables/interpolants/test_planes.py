"""Every rule in the plane: what it keeps in space, and circles whose field is known."""

import numpy as np
import pytest
from skimage.measure import find_contours

from trainables.interpolants import available, field
from trainables.interpolants.moved import Moved
from trainables.interpolants.volume import Volume
from trainables.interpolants.voxels import volume
from trainables.shapes.sequence import grid_points
from trainables.testing.interpolants import combinations

N = 40
TIMES = [0.0, 0.2, 0.6, 1.0]
RULES = [*available(), *combinations()]


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path_factory.getbasetemp() / "planes"))


def ellipse(centre, axes):
    points = (grid_points(N, dimension=2).numpy().astype(float) - np.asarray(centre)) / np.asarray(axes)
    return ((np.linalg.norm(points, axis=-1) - 1) * min(axes)).astype(np.float32)


def frames():
    return np.stack(
        [
            ellipse((-0.6, 0.1), (1.0, 1.2)), ellipse((-0.1, 0.3), (1.1, 1.1)), ellipse((0.4, 0.3), (1.3, 1.0)),
            ellipse((0.8, 0.0), (1.4, 0.9)),
        ]
    )  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_frames_are_hit_approached_without_a_jump_and_their_own_mirror_image(rule):
    shown = frames()
    found = field(rule, shown, TIMES)
    for frame, time in zip(shown, TIMES, strict=True):
        assert np.array_equal(found(time), frame)
        near = np.abs(frame) < 0.5
        assert np.abs(found(min(1.0, time + 1e-4)) - frame)[near].max() < 0.03
    between = found(0.4)
    assert (between.shape, between.dtype) == ((N, N), np.float32)
    mirrored = field(rule, shown[:, ::-1], TIMES)(0.4)[::-1]
    near = np.abs(between) < 0.25
    assert mirrored[near] == pytest.approx(between[near], abs=0.02)


def test_a_disc_that_moves_is_the_disc_on_its_way():
    shown = np.stack([ellipse((-0.9, 0.2), (1, 1)), ellipse((0.9, -0.4), (1, 1))])
    halfway = field("moved", shown, [0.0, 1.0])(0.5)
    true = ellipse((0.0, -0.1), (1, 1))
    assert np.abs(halfway - true)[np.abs(true) < 0.5].max() < 0.02


def test_the_volume_of_a_disc_is_its_area():
    disc = ellipse((0.1, -0.2), (1.2, 1.2))
    assert volume(disc) == pytest.approx(np.pi * 1.2**2, rel=0.01)
    grown = Volume(exponent=0.5).fit(np.stack([ellipse((0, 0), (0.8, 0.8)), ellipse((0, 0), (1.6, 1.6))]), [0, 1])
    (line,) = find_contours(grown(0.5), 0.0)
    assert np.linalg.norm(line * 6 / (N - 1) - 3, axis=1).mean() == pytest.approx(1.2, abs=0.02)


def test_a_shape_that_turns_is_turned_in_its_plane():
    def turned(angle):
        points = grid_points(N, dimension=2).numpy().astype(float)
        c, s = np.cos(angle), np.sin(angle)
        along, across = points @ (c, s), points @ (-s, c)
        return ((np.hypot(along / 1.6, across / 0.7) - 1) * 0.7).astype(np.float32)

    halfway = Moved(rotation=True).fit(np.stack([turned(0.0), turned(0.5)]), [0.0, 1.0])(0.5)
    true = turned(0.25)
    plain = field("moved", np.stack([turned(0.0), turned(0.5)]), [0.0, 1.0])(0.5)
    near = np.abs(true) < 0.2
    assert np.abs(halfway - true)[near].mean() < 0.3 * np.abs(plain - true)[near].mean()


def test_a_disc_that_parts_becomes_two():
    shown = np.stack(
        [ellipse((0, 0), (1.3, 1.0)), np.minimum(ellipse((-1.2, 0), (0.7, 0.7)), ellipse((1.2, 0), (0.7, 0.7)))]
    )
    found = field("lineage", shown, [0.0, 1.0])
    assert [len(find_contours(found(time), 0.0)) for time in (0.05, 0.95)] == [1, 2]
