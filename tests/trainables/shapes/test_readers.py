"""What is particular to each reader of recordings; what all keep to is in `test_contract.py`."""

import h5py
import numpy as np
import pytest
import tifffile

from tests.lineages import write as write_lineages
from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import example, open_recording
from trainables.testing.readers import masks


def test_the_voxel_size_that_a_file_says_is_taken(recordings):
    assert open_recording(recordings.tiff_imagej(recordings.balls())).voxel_size() == (2.0, 0.2, 0.25)


def test_the_voxel_size_of_ome_and_of_a_file_beside_the_images(recordings, tmp_path):
    metadata = {"axes": "TZYX", "PhysicalSizeZ": 500, "PhysicalSizeY": 0.3, "PhysicalSizeX": 0.2}
    metadata |= {"PhysicalSizeZUnit": "nm"}
    tifffile.imwrite(tmp_path / "cells.ome.tif", recordings.balls(), ome=True, metadata=metadata)
    assert open_recording(tmp_path / "cells.ome.tif").voxel_size() == pytest.approx((0.5, 0.3, 0.2))
    folder = recordings.challenge(recordings.balls())
    (folder / "voxel_size.txt").write_text("1.0 0.2 0.3\n")
    assert open_recording(folder).voxel_size() == (1.0, 0.2, 0.3)


def test_a_challenge_folder_is_found_from_above(recordings):
    folder = recordings.challenge(recordings.balls())
    for path in (folder, folder.parent, folder.parent.parent):
        assert open_recording(path).sequences().usable[0].label == "track-03"


def family() -> tuple[np.ndarray, list[tuple[int, int, int, int]]]:
    """Mother 1 in frames 0–1, daughters 2 and 3 in frames 2–3; track 4 in frames 1–3."""
    labels = np.zeros((4, 8, 8, 24), "uint16")
    labels[:2, 2:6, 2:6, 2:10] = 1
    labels[2:, 2:6, 2:6, 2:5] = 2
    labels[2:, 2:6, 2:6, 7:10] = 3
    labels[1:, 2:6, 2:6, 16:20] = 4
    return labels, [(1, 0, 1, 0), (2, 2, 3, 1), (3, 2, 3, 1), (4, 1, 3, 0)]


def test_a_mother_and_her_daughters_are_one_sequence(recordings):
    labels, rows = family()
    reader = open_recording(recordings.challenge(labels, rows))
    (sequence,) = reader.sequences().all_usable()
    assert sequence.label == "lineage-01"
    assert [track.label for track in sequence.tracks] == [1, 2, 3]
    assert sequence.frames == (0, 1, 2, 3)
    found = masks(sequence)
    assert all((found[t] == np.isin(labels[t], [1, 2, 3])).all() for t in range(4))


def test_tracks_are_chosen_by_number_by_length_or_alone(recordings):
    labels, rows = family()
    reader = open_recording(recordings.challenge(labels, rows))
    assert [s.label for s in reader.sequences(minimum_frames=3).usable] == ["lineage-01", "track-04"]
    assert [s.label for s in reader.sequences([3, 4]).usable] == ["track-03", "track-04"]
    assert [s.label for s in reader.sequences(daughters=False).usable] == ["track-04"]
    assert [s.frames for s in reader.sequences([1], daughters=False).usable] == [(0, 1)]
    with pytest.raises(BadData, match="no track spans 5 frames; the longest spans 4"):
        reader.sequences(minimum_frames=5)


def test_the_largest_part_of_each_label_is_kept_and_the_rest_is_told(recordings):
    labels = recordings.balls()
    labels[1, 12, 14, 16] = 3
    path = recordings.challenge(labels)
    reader = open_recording(path)
    frames = list(reader.sequences().usable[0].read())
    size = int((labels[1] > 0).sum())
    assert frames[1].values.sum() == size - 1
    assert [f.dropped for f in frames] == pytest.approx([0, 1 / size, 0])
    reader.pieces = "all"
    assert next(f for f in reader.sequences().usable[0].read() if f.number == 1).values.sum() == size


def test_tiffs_of_a_folder_are_ordered_by_number(recordings):
    labels = recordings.balls(frames=11)
    (sequence,) = open_recording(recordings.tiff_folder(labels)).sequences().all_usable()
    found = masks(sequence)
    assert all((found[t] == (labels[t] > 0)).all() for t in range(11))


LOPSIDED = np.zeros((30, 20, 20, 20), "float32") + 0.3
for _t in range(30):
    LOPSIDED[_t, 3:6, 4:12, 5 : 8 + _t // 3] = -0.3
"""(t, z, y, x), of different length along each axis, so that exchanged axes show."""


@pytest.mark.parametrize("frames", [5, 30])
@pytest.mark.parametrize("chunked", [False, True])
def test_published_volumes_have_time_last_and_their_planes_turned(frames, chunked, tmp_path):
    matlab = LOPSIDED[:frames].transpose(0, 2, 3, 1)  # [T rows columns planes], h5py sees it in reverse
    with h5py.File(tmp_path / "cell.h5", "w") as file:
        stored = file.create_dataset("sdf_vid", data=matlab.T, chunks=(20, 20, 20, 1) if chunked else None)
        published = np.stack([stored[..., t].swapaxes(1, 2) for t in range(frames)])
    assert (published == LOPSIDED[:frames]).all()
    (sequence,) = open_recording(tmp_path / "cell.h5").sequences().all_usable()
    assert sequence.frames == tuple(range(frames))
    found = masks(sequence)
    assert all((found[t] == (LOPSIDED[t] < 0)).all() for t in range(frames))


@pytest.mark.parametrize("chunked", [False, True])
def test_volumes_with_time_first_are_told_by_their_chunks_or_lengths(chunked, tmp_path):
    with h5py.File(tmp_path / "cell.h5", "w") as file:
        file.create_dataset("sdf_vid", data=LOPSIDED, chunks=(1, 20, 20, 20) if chunked else None)
    (sequence,) = open_recording(tmp_path / "cell.h5").sequences().all_usable()
    found = masks(sequence)
    assert len(found) == 30
    assert all((found[t] == (LOPSIDED[t] < 0)).all() for t in range(30))


def test_a_layout_that_the_file_leaves_open_is_given(tmp_path):
    fields = LOPSIDED[:20, :12]
    with h5py.File(tmp_path / "cell.h5", "w") as file:
        file["sdf_vid"] = fields  # 20 frames of 12 x 20 x 20, or 20 of 20 x 20 x 12
    (bad,) = open_recording(tmp_path / "cell.h5").sequences().bad.values()
    assert "which axis is time" in bad
    (sequence,) = open_recording(tmp_path / "cell.h5", layout="time-first").sequences().all_usable()
    assert all((mask == (fields[t] < 0)).all() for t, mask in masks(sequence).items())


def test_the_recording_of_the_package_has_two_full_tracks_cut_by_the_border():
    reader = open_recording(example())
    assert reader.voxel_size() == (1.0, 0.202, 0.202)
    sequences = reader.sequences().all_usable()
    assert [(s.label, len(s.frames)) for s in sequences] == [("track-02", 20), ("track-08", 20)]
    assert all(frame.border for s in sequences for frame in s.read())
    assert sum(f.stat().st_size for f in example().rglob("*") if f.is_file()) < 300_000
    assert (example() / "LICENSE").exists()


def test_the_full_recordings_of_which_the_package_has_a_part(shared_data):
    reader = open_recording(shared_data("cho_nuclei/ctc"))
    listing = reader.sequences()
    assert [s.label for s in listing.all_usable()] == [f"track-{n:02d}" for n in range(1, 9)]
    ours = open_recording(example()).sequences([8]).usable[0]
    theirs = reader.sequences([8]).usable[0]
    for a, b in zip(ours.read(), theirs.read(), strict=True):
        assert (a.values == b.values).all()
    nuclei = open_recording(shared_data("hl60_nuclei/HL60_3D_labels_only.npz"))
    assert [(s.label, len(s.frames)) for s in nuclei.sequences().all_usable()] == [("track-12", 55)]
    assert len(nuclei.sequences(minimum_frames=49).all_usable()) == 7


def test_the_nuclei_that_divide_are_lineages_with_a_moment_of_division(shared_data, tmp_path):
    with np.load(shared_data("hl60_nuclei/HL60_3D_labels_only.npz"), allow_pickle=False) as file:
        write_lineages(file["labels"], tmp_path / "hl60")
    listing = open_recording(tmp_path / "hl60").sequences()
    whole = {s.label: [track.label for track in s.tracks] for s in listing.all_usable()}
    assert whole["lineage-05"] == [5, 15, 16]
    assert whole["lineage-09"] == [9, 17, 18]
    assert sorted(whole["lineage-04"]) == [4, 11, 12, 31, 32, 33, 34]
    assert all(len(s.frames) == 75 for s in listing.usable)
