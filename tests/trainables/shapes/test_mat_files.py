"""MATLAB's files: labels or signed distances, of either version, in the order of axes that is said."""

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from tests.trainables.shapes.reading import refused
from tests.trainables.shapes.test_recordings_of_other_kinds import planes, told, understood
from trainables.shapes.readers.base import open_recording


def write(path, version, **arrays):
    """Arrays in the order that MATLAB's size tells."""
    if version == 5:
        savemat(path, arrays)
        return path
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, array in arrays.items():
            file[name] = np.asarray(array).T
            file[name].attrs["MATLAB_class"] = np.bytes_(np.asarray(array).dtype.name.replace("float64", "double"))
    return path


@pytest.mark.parametrize("version", [5, 7.3])
@pytest.mark.parametrize("kind", ["uint16", "float64", "uint8"])
def test_labels_in_the_order_that_is_said(version, kind, recordings):
    labels = recordings.balls()
    matlab = write(recordings.folder / "a.mat", version, cells=labels.transpose(2, 3, 1, 0).astype(kind))
    understood(matlab, labels, layout="YXZT")
    numpy = write(recordings.folder / "b.mat", version, cells=labels.astype(kind))
    understood(numpy, labels, layout="TZYX")
    film = write(recordings.folder / "c.mat", version, film=planes().transpose(1, 2, 0))
    understood(film, planes(), layout="YXT")


@pytest.mark.parametrize("version", [5, 7.3])
def test_an_order_that_nobody_says_is_asked_for(version, recordings):
    path = write(recordings.folder / "a.mat", version, cells=recordings.balls().transpose(2, 3, 1, 0))
    refused(path, "'cells' has the size 16 x 18 x 14 x 3", r"--layout YXZT \(3 frames\) or --layout TZYX \(16 frames\)")
    with pytest.raises(Exception, match="give a letter for each"):
        open_recording(path, layout="TYX").sequences()
    with pytest.raises(Exception, match="are called ZYX"):
        open_recording(path, layout="ZYX").sequences()


def test_a_text_in_the_file_says_the_order(recordings):
    labels = recordings.balls()
    path = recordings.folder / "a.mat"
    savemat(path, {"cells": labels.transpose(2, 3, 1, 0), "axes": "YXZT"})
    understood(path, labels)


@pytest.mark.parametrize("version", [5, 7.3])
def test_of_several_arrays_the_one_that_is_called_labels_or_none(version, recordings):
    labels = recordings.balls()
    both = write(recordings.folder / "a.mat", version, labels=labels, raw=labels * 7, spacing=np.ones((1, 3)))
    assert "arrays that are not read: raw, spacing" in told(understood(both, labels, layout="TZYX"))
    two = write(recordings.folder / "b.mat", version, cells=labels, nuclei=labels)
    refused(two, r"has the arrays cells \(3, 14, 16, 18\), nuclei \(3, 14, 16, 18\); keep that of the labels")
    none = write(recordings.folder / "c.mat", version, voxel=np.ones((1, 3)))
    refused(none, "no array of numbers with three axes or more, but voxel")


@pytest.mark.parametrize("version", [5, 7.3])
def test_signed_distances(version, recordings):
    labels = recordings.balls()
    fields = np.where(labels > 0, -0.3, 0.3)
    path = write(recordings.folder / "a.mat", version, sdf=fields.transpose(0, 2, 3, 1))
    (sequence,) = open_recording(path, layout="TYXZ").sequences().all_usable()
    assert sequence.frames == (0, 1, 2)
    for frame, truth in zip(sequence.read(), labels, strict=True):
        assert np.array_equal(frame.values < 0, truth > 0)
    refused(path, "nothing says which axis is which")
    path = write(recordings.folder / "b.mat", version, sdf=-fields)
    with pytest.raises(Exception, match="8 of the 8 corners"):
        open_recording(path, layout="TZYX").sequences().all_usable()


def test_cells_of_matlab_and_damaged_files_are_refused(recordings):
    path, held = recordings.folder / "a.mat", np.empty(3, dtype=object)
    held[:] = list(recordings.balls())
    savemat(path, {"frames": held, "seg": {"labels": recordings.balls()}})
    refused(path, r"but frames \(cell \(1, 3\)\), seg \(struct \(1, 1\)\); save the labels of all frames as one array")
    refused(path, r"as in labels = cat\(ndims\(frames\{1\}\) \+ 1, frames\{:\}\); save\('labels.mat', 'labels'\)")
    path.write_bytes(path.read_bytes()[:300])
    refused(path, "cannot be read as MATLAB's|no array of numbers")
    path.write_bytes(b"nothing")
    refused(path, "cannot be read as MATLAB's")


@pytest.mark.parametrize("version", [5, 7.3])
def test_a_file_a_frame(version, recordings):
    labels, folder, film = recordings.balls(), recordings.folder / "volumes", recordings.folder / "film"
    for place, frames in ((folder, labels.transpose(0, 2, 3, 1)), (film, planes())):
        place.mkdir()
        for number, frame in enumerate(frames):
            write(place / f"t{number + 8}.mat", version, cells=frame, seconds=np.ones((1, 1)))
    assert "arrays that are not read: seconds" in told(understood(film, planes(), [8, 9, 10, 11]))
    understood(folder, labels, [8, 9, 10], layout="YXZ")
    refused(
        folder,
        r"t8.mat: 'cells' has the size 16 x 18 x 14",
        r"--layout YXZ \(14 planes\) or --layout ZYX \(16 planes\)",
    )
    refused(folder, "a file of a folder is one frame", layout="YXZT")
