"""Frames as the data of a study: read, checked and kept before anything else.

Three kinds of study are made of them: windows of a film whose true frames between are known, an image that is moved by
a known motion, and a pair of images between which nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from study.data.recordings import Wanted
from study.errors import Mistake
from trainables.files import cache_folder
from trainables.inbetween import films, motion, scenes
from trainables.inbetween.pictures import cached
from trainables.inbetween.readers import Recording, read_frames
from trainables.inbetween.windows import Window
from trainables.shapes.bad_data import BadData

Say = Callable[[str], None]
Make = Callable[[Recording], films.Made]

_SEA_ICE = "sea ice seen by radar, which comes with the program"


@dataclass(frozen=True, kw_only=True)
class PictureData:
    """Windows of the frames in one file, and what is to be told of them."""

    file: str
    windows: list[Window]
    gaps: list[int]
    """How many frames apart the shown ones are."""
    shape: tuple[int, int]
    source: str
    notes: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """What is recorded of the data."""
        return {"source": self.source, "left_out": {}, "notes": self.notes, "shape": list(self.shape)}

    @property
    def searched(self) -> list[str]:
        """Labels of the windows that the search sees."""
        return [window.label for window in self.windows if window.role == "validation"]


def film(wanted: Wanted, say: Say = lambda sentence: None) -> PictureData:
    """Windows of a film: `--data` is a folder of frames, a stack, or several files; Mistake if it cannot be used."""
    return _found(wanted, films.example, "sand sliding down a slope, which comes with the program", films.windows, say)


def moved(wanted: Wanted, say: Say = lambda sentence: None) -> PictureData:
    """Parts of an image, moved along known characteristics."""
    return _found(wanted, scenes.example, _SEA_ICE, motion.windows, say)


def pair(wanted: Wanted, say: Say = lambda sentence: None) -> PictureData:
    """Tiles of the second of two images, hidden from every method."""
    return _found(wanted, scenes.example, _SEA_ICE, scenes.windows, say)


def again(record: dict[str, Any]) -> PictureData:
    """The data of a run that is resumed, from its record: the original files are not needed."""
    configuration = record["configuration"]
    method = next(iter(configuration["methods"].values()))
    told = record.get("data") or {}
    return PictureData(
        file=method["file"],
        windows=[Window.model_validate(window) for window in method["windows"]],
        gaps=[len(timeline["times"]) - 1 for timeline in configuration["supervisions"].values()],
        shape=tuple(told["shape"]),
        source=told.get("source", ""),
        notes=told.get("notes", []),
    )


def _found(wanted: Wanted, example: Callable[[], Recording], what: str, make: Make, say: Say) -> PictureData:
    """What is made of the images that the user names, or of the example."""
    wanted.refuse_flags("images have no tracks, voxel sizes, layouts or frames to skip", but="bands")
    bands = wanted.band_numbers()
    if not wanted.paths:
        if bands is not None:
            raise Mistake(f"--bands {wanted.bands}: the images that come with the program are grey; leave --bands out")
        found = _of_example(example, what, make, cache_folder())
        windows = [window.model_copy() for window in found.windows]
        return replace(found, windows=windows, gaps=[*found.gaps], notes=[*found.notes])
    say(f"reading {', '.join(wanted.paths)}")
    try:
        recording = read_frames([Path(path) for path in wanted.paths], bands)
    except BadData as error:
        raise Mistake(f"--data {error}") from None
    return _made(", ".join(Path(path).name for path in wanted.paths), recording, make)


@lru_cache
def _of_example(example: Callable[[], Recording], what: str, make: Make, cache: Path) -> PictureData:
    """Made once in a process for each place of the cache, where its file lies."""
    return _made(what, example(), make)


def _made(source: str, recording: Recording, make: Make) -> PictureData:
    try:
        made = make(recording)
    except BadData as error:
        raise Mistake(f"--data {source}: {error}") from None
    missing = float(np.isnan(recording.frames).mean())
    notes = [*recording.notes, *made.notes]
    if missing:
        notes.append(f"{missing:.1%} of the pixels have no data: they are neither trained on nor scored")
    shape = (int(made.pictures.frames.shape[-2]), int(made.pictures.frames.shape[-1]))
    return PictureData(
        file=cached(made.pictures), windows=made.windows, gaps=made.gaps, shape=shape, source=source, notes=notes
    )
