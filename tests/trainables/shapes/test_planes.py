"""Recordings in the plane: frames (y, x), in every format of labels."""

import numpy as np
import pytest
import tifffile

from trainables.shapes.mask_to_sdf import MARGIN, mask_to_sdf, redistanced
from trainables.shapes.readers.base import open_recording
from trainables.shapes.readers.cell_tracking_challenge import CellTrackingChallenge
from trainables.shapes.readers.flattening import flattened
from trainables.shapes.readers.label_arrays import LabelArrays
from trainables.shapes.readers.label_stack import LabelStack
from trainables.shapes.readers.ome_zarr import OmeZarr
from trainables.testing.readers import masks

Y, X = np.indices((20, 30))
DISCS = np.stack([3 * (np.hypot(Y - 9, X - 9 - t) < 5.2) for t in range(6)]).astype(np.uint16)


@pytest.mark.parametrize("kind", [CellTrackingChallenge, LabelArrays, LabelStack, OmeZarr])
def test_discs_are_found_in_every_layout_of_a_format(kind, tmp_path):
    for path in kind.written(DISCS, tmp_path / "written"):
        reader = open_recording(path)
        (sequence,) = reader.sequences().all_usable()
        assert type(reader) is kind
        assert sequence.shape == (20, 30)
        assert len(reader.voxel_size()) == 2
        assert all((inside == (DISCS[t] > 0)).all() for t, inside in masks(sequence).items())
        assert [frame.border for frame in sequence.read()] == [False] * 6


def test_the_size_of_a_pixel_is_that_of_the_file_or_of_two_numbers_beside_it(tmp_path):
    resolution, metadata = (5.0, 4.0), {"axes": "TYX", "unit": "um"}
    for name, options in (("imagej", {"imagej": True}), ("plain", {})):
        path = tmp_path / f"{name}.tif"
        tifffile.imwrite(path, DISCS, resolution=resolution, metadata=metadata, **options)
        assert open_recording(path).voxel_size() == pytest.approx((0.25, 0.2))
    tifffile.imwrite(
        tmp_path / "a.ome.tif", DISCS, ome=True, metadata={"axes": "TYX", "PhysicalSizeX": 0.2, "PhysicalSizeY": 0.25}
    )
    assert open_recording(tmp_path / "a.ome.tif").voxel_size() == pytest.approx((0.25, 0.2))
    np.save(tmp_path / "labels.npy", DISCS)
    assert open_recording(tmp_path / "labels.npy", (0.5, 0.25)).voxel_size() == (0.5, 0.25)
    (tmp_path / "voxel_size.txt").write_text("0.3 0.1")
    assert open_recording(tmp_path / "labels.npy").voxel_size() == (0.3, 0.1)


def test_a_volume_of_one_plane_is_a_plane(tmp_path):
    tifffile.imwrite(tmp_path / "thin.tif", DISCS[:, None], imagej=True, metadata={"axes": "TZYX"})
    (sequence,) = open_recording(tmp_path / "thin.tif").sequences().all_usable()
    assert sequence.shape == (20, 30)


def test_a_stack_of_few_planes_is_offered_in_the_plane_and_taken_so(tmp_path):
    stack = DISCS[:, None] * np.array([0, 1, 1], np.uint16)[:, None, None]
    stack[:, 0, (Y > 15) & (X < 4)] = 8
    tifffile.imwrite(tmp_path / "thin.tif", stack, imagej=True, resolution=(4, 2), metadata={"axes": "TZYX"})
    (note,) = open_recording(tmp_path / "thin.tif").sequences().notes
    assert note.startswith("it has 3 planes: along z a shape is hardly known; --flat takes it in the plane")
    for voxel in ((2.0, 0.5, 0.25), (0.5, 0.25), None):
        reader = open_recording(tmp_path / "thin.tif", voxel, flat=True)
        listing = reader.sequences()
        disc, corner = listing.all_usable()
        assert (disc.shape, corner.shape) == ((20, 30), (20, 30))
        assert reader.voxel_size() == pytest.approx((0.5, 0.25) if voxel else (1.0, 1.0))
        assert all((inside == (DISCS[t] > 0)).all() for t, inside in masks(disc).items())
        assert listing.notes == ["seen along z, where no two cells lie above each other"]
    stack[0, 0, (Y > 7) & (Y < 11) & (X == 9)] = 8
    tifffile.imwrite(tmp_path / "thin.tif", stack, imagej=True, metadata={"axes": "TZYX"})
    (note, *_) = open_recording(tmp_path / "thin.tif", flat=True).sequences().notes
    share = 3 / ((DISCS[0] > 0).sum() + 16)
    assert f"in up to {share:.1%} of a frame's labelled pixels several cells lie above each other" in note


def test_seen_along_z_a_pixel_is_of_the_cell_with_most_planes_there_and_of_equals_of_the_smaller_number():
    columns = [[1, 1, 2], [9, 2, 0], [0, 7, 0], [0, 0, 0], [3, 2, 2]]
    found, several = flattened(np.array(columns, np.uint16).T[:, None])
    assert found.tolist() == [[1, 2, 7, 0, 2]]
    assert several == 0.75


def test_the_distance_of_a_disc_is_that_of_its_circle():
    y, x = np.indices((64, 72))
    for radius in (6, 8, 12, 20):
        true = np.hypot(y - 30.2, x - 33.1) - radius
        near = np.abs(true) < 1

        def off(antialias, true=true, near=near):
            found = mask_to_sdf(true < 0, (1.0, 1.0), antialias)[MARGIN:-MARGIN, MARGIN:-MARGIN]
            return np.sqrt(np.mean((found - true)[near] ** 2))

        assert off(True) < 0.2
        assert off(True) < 0.75 * off(False)

    circle = np.hypot(y - 30.2, x - 33.1)
    distance = redistanced((circle / 12) ** 2 - 1, 1.0)  # a field that is no distance
    assert np.sqrt(np.mean((distance - (circle - 12))[circle > 4] ** 2)) < 0.1
