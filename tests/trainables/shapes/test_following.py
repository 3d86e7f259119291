"""A domain that follows a shape which goes far: no hidden frame has a say, and the way back is right."""

import io

import numpy as np
import pytest

from study.data.understood import notes
from study.data.width import widths
from study.exporting.group import Member
from study.exporting.space import source
from trainables.shapes.preparation import prepare
from trainables.shapes.prepared import Prepared
from trainables.shapes.readers.base import open_recording
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import grid_spacing

VOXEL = (1.0, 0.5, 0.5)
SHAPE = (12, 40, 200)
SHOWN = [0, 2, 4]


def far(t: int, jump: float = 0.0) -> np.ndarray:
    """A flat cell, 5 voxels long, that goes 36 voxels a frame along a bent path."""
    z, y, x = np.indices(SHAPE)
    away = (z - 5.5) ** 2 / 2**2 + (y - 20 - t - jump) ** 2 / 4**2 + (x - 15 - 36 * t - jump) ** 2 / 4**2
    inside: np.ndarray = away < 1
    return inside.astype(np.uint8)


def prepared(tmp_path, frames, shown=SHOWN) -> Prepared:
    np.savez(tmp_path / "cell.npz", labels=np.stack(frames))
    reader = open_recording(tmp_path / "cell.npz", VOXEL)
    (recorded,) = reader.sequences().usable
    return prepare(recorded, 48, shown=shown)


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("far"), [far(t) for t in range(5)])


def test_a_shape_that_goes_far_is_wide_on_the_grid(held):
    longest, shortest = (side / grid_spacing(48) for side in widths(held))
    assert longest >= 12
    assert shortest >= 4
    assert held.places is not None
    whole = 2 * 2.2 * VOXEL[2] * 8 / (4 * 36 + 8) / VOXEL[2] / grid_spacing(48)
    assert whole < 3  # what it is in a domain at rest


def test_hidden_frames_have_no_say_in_the_path(held, tmp_path):
    other = prepared(tmp_path, [far(t, jump=3.0 if t == 3 else 0.0) for t in range(5)])
    np.testing.assert_array_equal(held.places, other.places)
    np.testing.assert_array_equal(held.affine, other.affine)
    assert not np.array_equal(held.sdf[3], other.sdf[3])


def test_the_way_back_finds_every_frame_where_it_is(held, tmp_path):
    file = tmp_path / "held.npz"
    file.write_bytes(held.to_bytes())
    sequence = Sampled(file=str(file), title="cell")
    recording = source(sequence)
    assert recording is not None
    box = recording.space.box(recording.places)
    member = Member("cell", sequence, None, recording.space, box, recording.space.points(box), recording, [])  # type: ignore[arg-type]
    for index, time in enumerate(sequence.times()):
        found = np.zeros(SHAPE, bool)
        found[box] = member.truth(time)
        true = far(index) > 0
        assert 2 * (found & true).sum() / (found.sum() + true.sum()) > 0.95
        centre = member.physical(np.zeros((1, 3)), time)[0, ::-1] / VOXEL  # of the domain
        np.testing.assert_allclose(centre, np.argwhere(true).mean(axis=0), atol=0.7)


def test_a_shape_that_stays_has_a_domain_at_rest(tmp_path):
    z, y, x = np.indices(SHAPE)
    still = [
        (((z - 5.5) / 4) ** 2 + ((y - 20) / 9) ** 2 + ((x - 50 - 2 * t) / 9) ** 2 < 1).astype(np.uint8)
        for t in range(5)
    ]
    found = prepared(tmp_path, still)
    assert found.places is None
    with np.load(io.BytesIO(found.to_bytes())) as file:
        assert "places" not in file


def test_that_the_domain_follows_is_told(held, tmp_path):
    np.savez(tmp_path / "cell.npz", labels=np.stack([far(t) for t in range(5)]))
    listing = open_recording(tmp_path / "cell.npz", VOXEL).sequences()
    file = tmp_path / "held.npz"
    file.write_bytes(held.to_bytes())
    told = notes(listing.usable, listing, [Sampled(file=str(file), title=listing.usable[0].label)])
    assert any("goes so far that the domain follows" in note for note in told)
