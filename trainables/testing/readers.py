"""What a reader of recordings keeps: the same moving ball is found, whatever the format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from trainables.shapes.preparation import prepare
from trainables.shapes.readers.base import Reader, Recorded, available, open_recording

Labels = NDArray[np.uint16]


def balls(frames: int = 3, shape: tuple[int, int, int] = (14, 16, 18)) -> Labels:
    """Labels (t, z, y, x): a ball, label 3, that moves one voxel a frame along x; all axes are told apart."""
    z, y, x = np.indices(shape)
    return np.stack(
        [3 * ((z - 6) ** 2 + (y - 7) ** 2 + (x - 6 - t) ** 2 < 16).astype(np.uint16) for t in range(frames)]
    )


def masks(sequence: Recorded) -> dict[int, NDArray[np.bool_]]:
    """Whole volumes, true inside, by frame."""
    volumes = {}
    for frame in sequence.read():
        inside = frame.values if frame.values.dtype == bool else frame.values < 0
        volumes[frame.number] = np.zeros(sequence.shape, bool)
        here = tuple(slice(o, o + n) for o, n in zip(frame.offset, inside.shape, strict=True))
        volumes[frame.number][here] = inside
    return volumes


class ReaderContract:
    """`kind` is a class of `trainables.shapes.readers.base.Reader`."""

    def opened(self, kind: type[Reader], labels: Labels, folder: Path) -> list[Reader]:
        """A reader of each path that `kind` writes, found as a user's is."""
        readers = [open_recording(path) for path in kind.written(labels, folder / "written")]
        assert readers, "it writes what it reads"
        return readers

    def only(self, reader: Reader) -> Recorded:
        (sequence,) = reader.sequences().all_usable()
        return sequence

    def test_it_is_found_by_its_name_and_says_what_it_accepts(self, kind: type[Reader]) -> None:
        assert available().get(kind.name) is kind
        assert len(kind.accepts) > 10
        assert not kind.accepts.endswith(".")

    def test_a_recording_is_recognised_listed_and_read_frame_by_frame(self, kind: type[Reader], tmp_path: Path) -> None:
        labels = balls()
        for reader in self.opened(kind, labels, tmp_path):
            assert type(reader) is kind, f"{reader.path} is read as {reader.name}"
            sequence = self.only(reader)
            assert sequence.frames == (0, 1, 2)
            assert sequence.shape == labels.shape[1:]
            found = masks(sequence)
            assert all((found[t] == (labels[t] > 0)).all() for t in range(3)), "axes are (z, y, x), frames in order"
            assert [frame.border for frame in sequence.read()] == [False] * 3
            assert [frame.number for frame in sequence.read(2)] == [0, 1]

    def test_ten_frames_and_more_are_in_the_order_of_their_numbers(self, kind: type[Reader], tmp_path: Path) -> None:
        labels = balls(11, (14, 16, 26))
        for reader in self.opened(kind, labels, tmp_path):
            found = masks(self.only(reader))
            assert all((found[t] == (labels[t] > 0)).all() for t in range(11))

    @pytest.mark.parametrize("face", [slice(0, 8), slice(8, None)])
    def test_a_shape_that_touches_a_face_of_the_volume_is_flagged_in_that_frame(
        self, kind: type[Reader], face: slice, tmp_path: Path
    ) -> None:
        labels = balls()
        labels[1, 6, 7, face] = 3
        for reader in self.opened(kind, labels, tmp_path):
            assert [frame.border for frame in self.only(reader).read()] == [False, True, False]

    def test_the_voxel_size_that_is_given_wins(self, kind: type[Reader], tmp_path: Path) -> None:
        for path in kind.written(balls(), tmp_path / "written"):
            assert open_recording(path, (3.0, 2.0, 1.5)).voxel_size() == (3.0, 2.0, 1.5)
            assert min(open_recording(path).voxel_size()) > 0

    def test_what_it_reads_becomes_a_shape_sequence(self, kind: type[Reader], tmp_path: Path) -> None:
        for reader in self.opened(kind, balls(), tmp_path)[:1]:
            prepared = prepare(self.only(reader), resolution=16)
            assert prepared.sdf.shape == (3, 16, 16, 16)
            assert all(frame.min() < 0 < frame.max() for frame in prepared.sdf)

    def test_other_files_are_not_taken_for_its_own(self, kind: type[Reader], tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("no recording")
        (tmp_path / "empty").mkdir()
        assert not kind.recognises(tmp_path / "notes.txt")
        assert not kind.recognises(tmp_path / "empty")
