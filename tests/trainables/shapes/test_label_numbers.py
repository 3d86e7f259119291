"""Numbers that do not follow cells, cells in pieces, values of any type, and frames that were painted."""

import numpy as np
import pytest

from tests.trainables.shapes.reading import cell, read, refused, same
from trainables.shapes.bad_data import BadData
from trainables.shapes.preparation import prepare
from trainables.shapes.readers.base import open_recording


def exchanged(frames: int = 4) -> np.ndarray:
    labels = np.zeros((frames, 8, 8, 40), "uint16")
    for t in range(frames):
        labels[t][cell(t)] = 1 + t % 2
        labels[t][cell(t, x=20)] = 2 - t % 2
    return labels


def test_labels_renumbered_in_every_frame_are_refused_or_linked(recordings):
    refused(recordings.tiff_folder(exchanged()), "numbers do not follow cells", "--link")
    found, _ = read(recordings.folder / "tiffs", link=True)
    assert set(found) == {"track-01", "track-02"}
    assert all((found["track-01"][t] == cell(t)).all() for t in range(4))
    assert all((found["track-02"][t] == cell(t, x=20)).all() for t in range(4))


def test_one_label_that_jumps_is_told(recordings):
    labels = np.zeros((9, 8, 8, 60), "uint16")
    for t in range(9):
        for k in range(3):
            labels[t][cell(0, x=2 + 18 * k, shape=(8, 8, 60))] = k + 1
    labels[8][labels[8] > 0] = np.where(labels[8][labels[8] > 0] == 1, 2, np.where(labels[8][labels[8] > 0] == 2, 1, 3))
    _, listing = read(recordings.tiff_folder(labels))
    assert "label(s) fit another number better" in listing.notes[0]
    assert listing.overlap[0] == 0


def divided() -> np.ndarray:
    """A cell, and from frame 2 on two."""
    labels = np.zeros((4, 8, 8, 40), "uint8")
    for t in range(4):
        labels[t, 2:6, 2:6, 4:16] = 255
    labels[2:, :, :, 9:11] = 0
    return labels


def test_a_division_is_linked(recordings):
    labels = divided().astype("uint16")
    labels[2:, ..., 11:] = np.where(labels[2:, ..., 11:] > 0, 7, 0)
    listing = open_recording(recordings.tiff_folder(labels), link=True).sequences()
    (lineage,) = listing.all_usable()
    assert lineage.label == "lineage-01"
    assert [(track.begin, track.end, track.parent) for track in lineage.tracks] == [(0, 1, 0), (2, 3, 1), (2, 3, 1)]


def test_pieces_are_never_dropped_in_silence(recordings):
    path = recordings.tiff_folder(divided())
    (sequence,) = open_recording(path).sequences().all_usable()
    with pytest.raises(
        BadData, match=r"\(frame 2\): track-255 is in several pieces.* 50% .*--pieces all.*--pieces split"
    ):
        prepare(sequence, 16)
    found, _ = read(path, pieces="all")
    assert same(found["track-255"], divided(), 255)
    assert prepare(open_recording(path, pieces="all").sequences().usable[0], 16).metadata["dropped"] == 0
    dropped = prepare(open_recording(path, pieces="largest").sequences().usable[0], 16).metadata
    assert (dropped["dropped"], dropped["dropped_in"]) == (0.5, 2)
    (lineage,) = open_recording(path, pieces="split").sequences().all_usable()
    assert len(lineage.tracks) == 3
    assert prepare(lineage, 32).metadata["division"] == 1.5


def test_a_table_needs_no_linking(recordings):
    path = recordings.challenge(recordings.balls())
    refused(path, "leave --link out", link=True)
    refused(path, "leave --pieces split out", pieces="split")


@pytest.mark.parametrize("kind", ["float32", "float64", "bool", "uint64", "uint32"])
def test_whole_numbers_of_any_type_are_labels(kind, recordings):
    labels = recordings.balls()
    number = {"bool": 1, "uint64": 2**40 + 3, "uint32": 3_000_000_000}.get(kind, 3)
    stored = np.where(labels > 0, number, 0).astype(kind)
    found, _ = read(recordings.npz(stored))
    assert same(found[f"track-{number:02d}"], labels)


def test_labels_painted_in_some_frames_are_shown_there(recordings):
    labels = recordings.balls(frames=9, radius=3)
    labels[[1, 2, 3, 5, 6, 7]] = 0
    (sequence,) = open_recording(recordings.tiff_imagej(labels)).sequences().all_usable()
    assert sequence.frames == (0, 4, 8)
    assert prepare(sequence, 16).times.tolist() == [0, 0.5, 1]


def test_labels_that_begin_where_another_ends_are_told_until_something_says_what_they_are(recordings):
    labels = np.zeros((5, 12, 12, 30), "uint16")
    for t in range(5):
        labels[t, 2:9, 2:9, 2:8] = 5 if t < 3 else 12
        labels[t, 2:9, 2:9, 8:14] = 5 if t < 3 else 11
        labels[t, 2:9, 2:9, 20:26] = 7
    path = recordings.npz(labels)
    notes = "; ".join(open_recording(path).sequences(minimum_frames=2).notes)
    assert "labels begin where another ends (11 and 12 where 5 was, in frame 3), and are taken for other cells" in notes
    assert "begin where another ends" not in "; ".join(open_recording(path, link=True).sequences().notes)
    table = recordings.challenge(labels, rows=((5, 0, 2, 0), (11, 3, 4, 5), (12, 3, 4, 5), (7, 0, 4, 0)))
    assert "begin where another ends" not in "; ".join(open_recording(table).sequences().notes)
