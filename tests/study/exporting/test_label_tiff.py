"""Labels as a file: sizes that are known are in it, and none that nobody said."""

import numpy as np
import pytest
import tifffile

from study.exporting import label_tiff
from trainables.shapes.readers.base import open_recording
from trainables.shapes.readers.tiff_voxel import voxel_in

KINDS = [np.uint16, np.float32, np.uint32, np.uint64]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(4, 6, 8), (6, 8)])
def test_a_size_that_is_known_is_in_the_file(tmp_path, kind, shape):
    file, voxel = tmp_path / "t0.tif", (1.5, 0.3, 0.2)[-len(shape) :]
    label_tiff.write(file, np.ones(shape, kind), voxel, "µm", 60.0)
    assert voxel_in(file)[0][-len(shape) :] == pytest.approx(voxel)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(4, 6, 8), (6, 8)])
def test_a_size_that_nobody_said_is_not(tmp_path, kind, shape):
    file = tmp_path / "t0.tif"
    label_tiff.write(file, np.ones(shape, kind), (1.0,) * len(shape), "voxel", 60.0)
    assert voxel_in(file) is None
    assert tifffile.imread(file).shape == shape


@pytest.mark.parametrize(("voxel", "unit"), [(None, "voxel"), ((1.0, 1.0, 1.0), "µm")])
def test_what_is_prepared_says_whether_a_size_is_known(tmp_path, voxel, unit):
    from trainables.shapes.preparation import prepare

    z, y, x = np.indices((14, 16, 18))
    ball = np.stack([3 * ((z - 6) ** 2 + (y - 7) ** 2 + (x - 6 - t) ** 2 < 16).astype("uint16") for t in range(3)])
    np.save(tmp_path / "labels.npy", ball)
    recording = open_recording(tmp_path / "labels.npy", voxel=voxel)
    (sequence,) = recording.sequences().all_usable()
    assert prepare(sequence, resolution=24).metadata["unit"] == unit
