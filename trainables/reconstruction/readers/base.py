"""What a reader of triplets is, and how that of a path is found."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from trainables.plugins import plugins
from trainables.reconstruction.triplets import Triplets
from trainables.shapes.bad_data import BadData
from trainables.shapes.odd_files import refuse_odd


class TripletReader(ABC):
    """A layout of triplets. A new one is a new file in this folder."""

    name: ClassVar[str]
    accepts: ClassVar[str]
    """What is read, as part of a sentence."""

    @classmethod
    @abstractmethod
    def recognises(cls, path: Path) -> bool:
        """Whether a path that exists looks like this layout; what is wrong inside is told when it is read."""

    @classmethod
    @abstractmethod
    def read(cls, path: Path) -> Triplets:
        """All triplets, in the order of their names; raises BadData with the first thing that is wrong."""

    @classmethod
    @abstractmethod
    def written(cls, triplets: Triplets, folder: Path) -> list[Path]:
        """Write triplets, for its contract test: in every layout that is read, the paths to open. `folder` is there,
        and empty."""


def available() -> dict[str, type[TripletReader]]:
    """Every reader of this folder, and of other installed packages, by name."""
    return plugins(sys.modules[__package__], TripletReader, "triplet_readers")  # type: ignore[type-abstract]


def read_triplets(path: str | Path) -> Triplets:
    """The triplets at a path; raises BadData if nothing there is recognised, or it cannot be used."""
    place, kinds = Path(path), available().values()
    for reader in kinds:
        if place.exists() and reader.recognises(place):
            refuse_odd(place)
            return reader.read(place)
    accepted = "; ".join(reader.accepts for reader in kinds)
    raise BadData(f"{path}: there are no triplets that can be read; name {accepted}")
