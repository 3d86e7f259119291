"""Triplets of volume, mask and image as the data of a study: read, checked and kept before anything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from study.data.recordings import Wanted
from study.errors import Mistake
from trainables.reconstruction.readers.base import read_triplets
from trainables.reconstruction.triplets import EXAMPLE, cached, classes, opened
from trainables.shapes.bad_data import BadData


@dataclass(frozen=True, kw_only=True)
class ImageData:
    """Images of one side in one file, and what is to be told of them."""

    file: str
    labels: tuple[str, ...]
    side: int
    source: str

    @property
    def kinds(self) -> list[str]:
        """The class of each image."""
        return classes(list(self.labels))

    def told(self) -> dict[str, Any]:
        """What is recorded of the data."""
        counts = ", ".join(f"{count} {kind}" for kind, count in Counter(self.kinds).most_common())
        notes = [f"{len(self.labels)} triplets of side {self.side} ({counts})"]
        return {"source": self.source, "left_out": {}, "notes": notes}


def find(wanted: Wanted, say: Callable[[str], None] = lambda sentence: None) -> ImageData:
    """The triplets of a folder `obj/ mask/ image/`, or those that come with the program; Mistake if they cannot be
    used."""
    wanted.refuse_flags("images have no tracks, voxel sizes, layouts or frames to skip")
    path = wanted.only_path()
    if path is None:
        return example()
    say(f"reading {path}")
    try:
        triplets = read_triplets(path)
    except BadData as error:
        raise Mistake(f"--data {error}") from None
    source = Path(path).resolve().name
    return ImageData(file=cached(triplets), labels=tuple(triplets.labels), side=triplets.side, source=source)


@lru_cache
def example() -> ImageData:
    """The 90 red blood cells that come with the program."""
    triplets = opened(str(EXAMPLE))
    source = "the red blood cells that come with the program, 90 of the 135 of the published sample"
    return ImageData(file=str(EXAMPLE), labels=tuple(triplets.labels), side=triplets.side, source=source)


def again(record: dict[str, Any]) -> ImageData:
    """The data of a run that is resumed, from its record: the original folder is not needed."""
    method = next(iter(record["configuration"]["methods"].values()))
    labels = tuple(member["label"] for member in method["images"])
    source = (record.get("data") or {}).get("source", "")
    return ImageData(file=method["file"], labels=labels, side=method["side"], source=source)
