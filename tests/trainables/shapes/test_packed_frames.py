"""A frame is read from its file once for all tracks, and is the same array whether it was kept or not."""

import numpy as np
import tifffile

from trainables.shapes.readers.base import open_recording
from trainables.shapes.readers.packed_frames import PackedFrames


def frames(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 1 << 16, (5, 6, 7)).astype(">u2").transpose(2, 0, 1) for _ in range(count)]


def test_what_was_kept_is_what_was_read_and_may_be_written_to():
    read, packed = frames(3), PackedFrames()
    for _ in range(2):
        for number, frame in enumerate(read):
            found = packed.get(number, lambda number: read[number].copy())
            assert found.dtype == frame.dtype
            np.testing.assert_array_equal(found, frame)
            found[:] = 0


def test_where_there_is_no_room_a_frame_is_read_again():
    read, asked = frames(3), []
    room = PackedFrames(most=700)  # one of them is 420 bytes
    for _ in range(2):
        for number, frame in enumerate(read):
            found = room.get(number, lambda number: (asked.append(number), read[number])[1])
            np.testing.assert_array_equal(found, frame)
    assert asked == [0, 1, 2, 1, 2], "what came first is kept"


def test_tracks_of_a_recording_share_its_files(tmp_path, monkeypatch):
    labels = np.zeros((4, 8, 40, 40), "uint16")
    for label in range(1, 5):
        labels[:, 2:6, 9 * label - 6 : 9 * label, 9 * label - 6 : 9 * label] = label
    for number, frame in enumerate(labels):
        tifffile.imwrite(tmp_path / f"t{number}.tif", frame, metadata={"axes": "ZYX"})
    reader, opened = open_recording(tmp_path), []
    whole = type(reader).labels
    monkeypatch.setattr(type(reader), "labels", lambda self, number: (opened.append(number), whole(self, number))[1])
    found = reader.sequences().all_usable()
    assert len(found) == 4
    for one in found:
        for number, frame in zip(one.frames, one.read(), strict=True):
            assert (labels[number] == one.tracks[0].label).sum() == frame.values.sum()
    assert sorted(opened) == sorted(set(opened))
