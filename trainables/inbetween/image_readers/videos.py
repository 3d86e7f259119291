"""Films as cameras and editors write them: MP4, AVI, QuickTime, Matroska, WebM; every frame of the first picture track.

FFmpeg decodes them, through the package av, which the extra `images` installs.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from trainables.inbetween.image_readers.base import ImageReader
from trainables.inbetween.pictures import Array
from trainables.shapes.bad_data import BadData

_MOST = 1 << 32
"""Bytes of all frames of a film, at most: what is read of it is held in memory."""


class Videos(ImageReader):
    """The frames of a film."""

    name: ClassVar[str] = "videos"
    suffixes: ClassVar[tuple[str, ...]] = (".mp4", ".avi", ".mov", ".mkv", ".webm")

    @classmethod
    def read(cls, file: Path) -> tuple[list[Array], dict[str, Any]]:
        library = _library(file)
        try:
            frames = list(_frames(file, library))
        except BadData:
            raise
        except Exception as error:  # what a decoder raises on a broken file is not documented
            raise BadData(f"{file}: cannot be read as a film ({error}); the file is damaged, copy it again") from None
        if not frames:
            raise BadData(f"{file}: there is no frame in it; the file is damaged, copy it again")
        return frames, {}

    @classmethod
    def written(cls, frames: Array, folder: Path) -> list[Path]:
        library = _library(folder)
        paths = [folder / "film.avi", folder / "film.mkv"]
        for path in paths:
            with library.open(str(path), "w") as film:
                track = film.add_stream("ffv1", rate=10)
                track.height, track.width, track.pix_fmt = frames.shape[1], frames.shape[2], "gray"
                for frame in frames:
                    film.mux(track.encode(library.VideoFrame.from_ndarray(frame, format="gray")))
                film.mux(track.encode())
        return paths


def _library(file: Path) -> Any:
    try:
        return importlib.import_module("av")
    except ModuleNotFoundError:
        raise BadData(
            f"{file}: films are decoded by the package av, which is not installed; install it, as pip install av, or "
            "save the frames as images in a folder"
        ) from None


def _frames(file: Path, library: Any) -> Iterator[Array]:
    library.logging.set_level(library.logging.PANIC)  # what is wrong is told once, by us
    size = 0
    with library.open(str(file)) as film:
        if not film.streams.video:
            raise BadData(f"{file}: there are no pictures in it; give a film")
        for frame in film.decode(film.streams.video[0]):
            values: Array = frame.to_ndarray(format="gray" if frame.format.name == "gray" else "rgb24")
            size += values.nbytes
            if size > _MOST:
                raise BadData(
                    f"{file}: a film of more than {_MOST >> 30} GB of pictures ({values.shape[1]} x {values.shape[0]} "
                    "pixels each); cut out the part that is wanted, or make it smaller"
                )
            yield np.asarray(values)
