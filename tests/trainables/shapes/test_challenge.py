"""The Cell Tracking Challenge's layout as people have it: outlines and markers, gaps, tables."""

import numpy as np
import pytest
import tifffile

from tests.trainables.shapes.conftest import Recordings
from tests.trainables.shapes.reading import cell, read, refused, same
from trainables.shapes.preparation import prepare
from trainables.shapes.readers.base import open_recording


def challenge_with_outlines(recordings: Recordings, silver: bool) -> tuple[np.ndarray, object]:
    markers, outlines = np.zeros((3, 8, 12, 40), "uint16"), np.zeros((3, 8, 12, 40), "uint16")
    for t in range(3):
        outlines[t, 1:7, 2:9, 2 + t : 12 + t] = 7  # numbers of its own
        markers[t, 3:5, 4:6, 6 + t : 8 + t] = 3
        outlines[t, 2:6, 2:9, 20 : 28 + t] = 1 + t
        markers[t, 3:5, 4:6, 23:25] = 5
    tracking = recordings.challenge(markers)
    folder = tracking.parent.parent / "01_ST" / "SEG" if silver else tracking.parent / "SEG"
    folder.mkdir(parents=True)
    for t, frame in enumerate(outlines):
        tifffile.imwrite(folder / f"man_seg{t:03d}.tif", frame, compression="zlib")
    return outlines, tracking


@pytest.mark.parametrize("silver", [True, False])
def test_outlines_take_the_place_of_markers_and_their_numbers(silver, recordings):
    outlines, tracking = challenge_with_outlines(recordings, silver)
    for path in (tracking, tracking.parent, tracking.parent.parent):
        found, _ = read(path)
        assert set(found) == {"track-03", "track-05"}
        assert same(found["track-03"], outlines, 7)
        assert all((found["track-05"][t] == (outlines[t] == 1 + t)).all() for t in range(3))


def test_a_frame_without_outlines_is_left_out(recordings):
    _, tracking = challenge_with_outlines(recordings, True)
    (tracking.parent.parent / "01_ST" / "SEG" / "man_seg001.tif").unlink()
    found, listing = read(tracking)
    assert set(found["track-03"]) == {0, 2}
    assert "not wholly labelled in frame 1" in listing.usable[0].notes[0]


def test_markers_alone_are_refused(recordings):
    markers = np.zeros((3, 14, 20, 30), "uint16")
    z, y, x = np.indices((14, 20, 30))
    for t in range(3):
        for label, at in ((1, 6), (2, 14), (3, 22)):
            markers[t][(z - 6) ** 2 + (y - 8) ** 2 + (x - at - t) ** 2 < 8] = label
    tracking = recordings.challenge(markers)
    read(tracking)  # small cells of one size, for all that is known
    (tracking.parent.parent / "01").mkdir()
    refused(tracking, "markers, all of about", "NN_ST/SEG or NN_GT/SEG")
    tiny = np.where((markers > 0) & (y < 9), markers, 0)
    refused(recordings.challenge(np.where(z < 7, tiny, 0).astype("uint16"), name="tiny"), "markers, all of about")


@pytest.mark.parametrize(
    ("rows", "frames", "gone"),
    [
        ([(1, 0, 1, 0), (2, 3, 4, 1), (3, 0, 4, 0)], [0, 1, 3, 4], 2),  # re-entering, linked by the parent column
        ([(1, 0, 1, 0), (2, 3, 4, 1), (3, 3, 4, 1)], [0, 1, 3, 4], 2),  # a division that skips a frame
        ([(1, 0, 4, 0)], [0, 1, 3, 4], 2),  # a gap
    ],
)
def test_a_frame_in_which_a_cell_is_not_labelled_is_left_out(rows, frames, gone, recordings):
    labels = np.zeros((5, 8, 8, 40), "uint16")
    for label, begin, end, _ in rows:
        for t in range(begin, end + 1):
            if t != gone or label == 3:
                labels[t][cell(0, x=2 + 10 * (label - 1))] = label
    found, listing = read(recordings.challenge(labels, rows))
    first = next(iter(found.values()))
    assert list(first) == frames
    assert any(f"frame {gone}" in note for note in listing.usable[0].notes)
    prepared = prepare(listing.usable[0], 16)
    assert prepared.times.tolist() == pytest.approx([frame / 4 for frame in frames])


def test_a_missing_image_is_a_frame_left_out(recordings):
    folder = recordings.challenge(recordings.balls(frames=4))
    (folder / "man_track001.tif").unlink()
    found, listing = read(folder)
    assert list(found["track-03"]) == [0, 2, 3]
    assert "frame 1, left out" in listing.usable[0].notes[0]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("3 0 2 0\n5 1 2 3\n", "track 5, from frame 1, is taken to have no parent, for track 3 goes on until frame 2"),
        ("3 0 2 7\n5 1 2 0\n", "track 7 is not listed"),
        ("3 0 2 -1\n5 1 2 -1\n", None),
        ("3,0,2,0\n5,1,2,0\n", None),
        ("label begin end parent\n3 0 2 0\n5 1 2 0\n", None),
        ("\ufeff3 0 2 0\r\n5 1 2 0\r\n", None),
    ],
)
def test_tables_as_people_have_them(text, note, recordings):
    labels = recordings.balls()
    labels[1:, :2, :2, :2] = 5
    folder = recordings.challenge(labels)
    (folder / "man_track.txt").write_bytes(text.encode())
    listing = open_recording(folder).sequences([3, 5])
    assert [s.label for s in listing.all_usable()] == ["track-03", "track-05"]
    assert (note is None) == (not listing.notes)
    assert note is None or note in listing.notes[0]


@pytest.mark.parametrize("row", ["5 1 x 0", "5 2 1 0", "5 1 2", "5 1 2 0\n5 1 2 0"])
def test_one_odd_row_costs_one_sequence(row, recordings):
    labels = recordings.balls()
    labels[1:, :2, :2, :2] = 5
    reader = open_recording(recordings.challenge(labels, f"3 0 2 0\n{row}\n"))
    listing = reader.sequences()
    assert [s.label for s in listing.usable] == ["track-03"]
    assert "row 2" in listing.bad["track-05"] or "row 3" in listing.bad["track-05"]
    assert [s.label for s in reader.sequences([3]).all_usable()] == ["track-03"]


@pytest.mark.parametrize("suffix", ["TIF", "tiff", "TIFF"])
def test_images_of_a_challenge_with_another_suffix(suffix, recordings):
    labels = recordings.balls()
    folder = recordings.challenge(labels)
    for file in folder.glob("*.tif"):
        file.rename(file.with_suffix(f".{suffix}"))
    assert same(read(folder)[0]["track-03"], labels)


def test_tables_and_sizes_that_powershell_writes(recordings):
    labels = recordings.balls()
    folder = recordings.challenge(labels)
    rows = (folder / "man_track.txt").read_text()
    (folder / "man_track.txt").write_bytes(rows.replace("\n", "\r\n").encode("utf-16"))
    for encoding in ("utf-16", "utf-8-sig"):
        (folder / "voxel_size.txt").write_bytes("1.0, 0.2, 0.3\r\n".encode(encoding))
        assert same(read(folder)[0]["track-03"], labels)
        assert open_recording(folder).voxel_size() == (1.0, 0.2, 0.3)
