"""What readers of images keep, and readers of triplets of volume, mask and image: what was written is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from trainables.inbetween.image_readers import base as images
from trainables.inbetween.image_readers.base import ImageReader
from trainables.inbetween.readers import read_frames
from trainables.reconstruction.readers import base as triplet_readers
from trainables.reconstruction.readers.base import TripletReader, read_triplets
from trainables.reconstruction.triplets import THRESHOLD, Triplets, cached, opened
from trainables.shapes.bad_data import BadData

SIDE = 16


def film(frames: int = 12) -> NDArray[np.uint8]:
    """Grey frames (T, H, W), H < W, each brighter than the last; rows and columns are told apart."""
    y, x = np.indices((10, 14))
    return np.stack([8 * y + 3 * x + 5 * t for t in range(frames)]).astype(np.uint8)


def ellipsoids(count: int = 4) -> Triplets:
    """Flat and tall ellipsoids in turn, each of a size of its own, with their middle slices."""
    places = np.indices((SIDE,) * 3) - (SIDE - 1) / 2
    axes = [(3.0, 6.0 - i % 3, 5.0) if i % 2 else (6.0, 4.0 + i % 3, 3.0) for i in range(count)]
    inside = [sum((p / a) ** 2 for p, a in zip(places, three, strict=True)) < 1 for three in axes]
    volumes = np.stack([255 * one.astype(np.uint8) for one in inside])
    masks = volumes[:, SIDE // 2]
    shades = (masks // 3 + volumes.mean(1) / 2).astype(np.uint8)
    labels = [f"{'A_flat' if i % 2 else 'B_tall'}{i:03d}" for i in range(count)]
    order = sorted(range(count), key=labels.__getitem__)
    return Triplets(labels=sorted(labels), volumes=volumes[order], masks=masks[order], images=shades[order])


class ImageReaderContract:
    """`kind` is a class of `trainables.inbetween.image_readers.base.ImageReader`."""

    def test_it_is_found_by_its_name_and_its_files_by_their_suffix(self, kind: type[ImageReader]) -> None:
        assert images.available().get(kind.name) is kind
        assert kind.suffixes
        for suffix in kind.suffixes:
            assert suffix.startswith(".")
            assert suffix == suffix.lower()
            assert images.by_suffix()[suffix] is kind, "another reader takes these files"

    def test_frames_come_as_they_were_and_in_order(self, kind: type[ImageReader], tmp_path: Path) -> None:
        frames = film()
        paths = kind.written(frames, tmp_path)
        assert paths, "it writes what it reads"
        for path in paths:
            recording = read_frames([path])
            assert recording.frames.shape == frames.shape
            assert recording.frames.dtype == np.float32
            np.testing.assert_allclose(recording.frames, frames / 255, atol=0.5 / 255)

    def test_a_file_in_capitals_is_taken_too(self, kind: type[ImageReader], tmp_path: Path) -> None:
        for path in kind.written(film(), tmp_path):
            for file in [path] if path.is_file() else list(path.iterdir()):
                file.rename(file.with_suffix(file.suffix.upper()))
            found = path if path.is_dir() else path.with_suffix(path.suffix.upper())
            assert len(read_frames([found]).frames) == len(film())

    @pytest.mark.parametrize("content", [b"", b"no image at all"])
    def test_a_damaged_file_is_one_sentence_with_its_name(
        self, kind: type[ImageReader], content: bytes, tmp_path: Path
    ) -> None:
        for suffix in kind.suffixes:
            file = tmp_path / f"broken{suffix}"
            file.write_bytes(content)
            with pytest.raises(BadData, match=f"broken{suffix}") as told:
                read_frames([file])
            assert "\n" not in str(told.value)


class TripletReaderContract:
    """`kind` is a class of `trainables.reconstruction.readers.base.TripletReader`."""

    def test_it_is_found_by_its_name_and_says_what_it_accepts(self, kind: type[TripletReader]) -> None:
        assert triplet_readers.available().get(kind.name) is kind
        assert len(kind.accepts) > 10
        assert not kind.accepts.endswith(".")

    def test_triplets_come_as_they_were_in_the_order_of_their_names(
        self, kind: type[TripletReader], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
        made = ellipsoids()
        (tmp_path / "written").mkdir()
        paths = kind.written(made, tmp_path / "written")
        assert paths, "it writes what it reads"
        for path in paths:
            assert kind.recognises(path)
            for found in (read_triplets(path), opened(cached(read_triplets(path)))):
                assert found.labels == made.labels
                assert found.side == SIDE
                assert ((found.volumes > THRESHOLD) == (made.volumes > THRESHOLD)).all(), "depth, rows, columns"
                assert ((found.masks > THRESHOLD) == (made.masks > THRESHOLD)).all()
                shades = found.images / (255.0 if found.images.dtype == np.uint8 else 1.0)
                np.testing.assert_allclose(shades, made.images / 255, atol=0.5 / 255)

    def test_a_damaged_file_is_one_sentence_with_its_name(self, kind: type[TripletReader], tmp_path: Path) -> None:
        for path in kind.written(ellipsoids(), tmp_path):
            file = path if path.is_file() else next(file for file in sorted(path.rglob("*")) if file.is_file())
            file.write_bytes(file.read_bytes()[:60])
            with pytest.raises(BadData, match=file.name) as told:
                read_triplets(path)
            assert "\n" not in str(told.value)

    def test_other_files_are_not_taken_for_its_own(self, kind: type[TripletReader], tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("no triplets")
        (tmp_path / "empty").mkdir()
        for path in (tmp_path / "notes.txt", tmp_path / "empty", tmp_path / "absent"):
            assert not kind.recognises(path)
            with pytest.raises(BadData, match=kind.accepts):
                read_triplets(path)
