"""Times of frames: from a table, and of several sequences together."""

import numpy as np
import pytest

from tests.trainables.shapes.reading import cell
from trainables.shapes.bad_data import BadData
from trainables.shapes.common_frames import in_common
from trainables.shapes.preparation import prepare
from trainables.shapes.readers.base import open_recording
from trainables.shapes.readers.frame_times import read_times


def test_times_of_frames_are_read_and_used(recordings):
    file = recordings.folder / "times.csv"
    file.write_text("frame,seconds\n0,0\n1,30\n2,120\n")
    (sequence,) = open_recording(recordings.npz(recordings.balls()), times=read_times(file)).sequences().all_usable()
    assert prepare(sequence, 16).times.tolist() == [0, 0.25, 1]
    file.write_text("# minutes\n0\n1\n4\n")
    assert read_times(file) == {0: 0, 1: 1, 2: 4}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 0\n1 5\n2 4\n", "frame 2 is at 4, not after frame 1 at 5"),
        ("0 0\n0 5\n", "frame 0 is there twice"),
        ("0 0\n1 soon\n", "row 2: '1 soon'"),
        ("0 0 0\n", "row 1"),
        ("", "there is no time in it"),
    ],
)
def test_times_that_are_none(text, words, tmp_path):
    (tmp_path / "times.txt").write_text(text)
    with pytest.raises(BadData, match=words):
        read_times(tmp_path / "times.txt")


def test_a_file_called_times_that_somebody_else_wrote_is_left_to_them(recordings):
    folder = recordings.challenge(recordings.balls())
    (folder / "times.txt").write_text("of Monday\n09:00 to 10:00\n")
    assert open_recording(folder).known_times() is None
    assert len(open_recording(folder).sequences().all_usable()) == 1
    (folder / "times.txt").write_text("frame seconds\n0 5\n1 6\n2 9\n")
    assert open_recording(folder).known_times() == {0: 0, 1: 1, 2: 4}


def test_a_frame_without_a_time(recordings):
    (sequence,) = open_recording(recordings.npz(recordings.balls()), times={0: 0.0, 1: 1.0}).sequences().all_usable()
    with pytest.raises(BadData, match=r"\(frame 2\): --times does not say when"):
        prepare(sequence, 16)


def test_sequences_keep_the_moments_that_all_of_them_know(recordings):
    labels = np.zeros((6, 8, 8, 40), "uint16")
    for t in range(6):
        labels[t][cell(0)] = 1
        labels[t][cell(0, x=20)] = 2
    labels[2][labels[2] == 1] = 0
    labels[4][labels[4] == 2] = 0
    both = in_common(open_recording(recordings.npz(labels)).sequences().usable)
    assert [sequence.frames for sequence in both] == [(0, 1, 3, 5)] * 2
    labels[1:5][labels[1:5] == 1] = 0
    labels[5][labels[5] == 2] = 0
    recordings.npz(labels)
    with pytest.raises(BadData, match="track-01, track-02 have no two frames in common"):
        in_common(open_recording(recordings.folder / "labels.npz").sequences([1, 2]).usable)
