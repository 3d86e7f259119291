"""What a format is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from trainables.shapes.sequence import PLANE, SPACE

if TYPE_CHECKING:
    from study.exporting.moment import Moment, Movie


class Format(ABC):
    """Writes one group's moments, in the order of time, into a folder."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """For the help: what is written, in a line."""
    order: ClassVar[int]
    """Place in the help."""
    dimensions: ClassVar[frozenset[int]] = frozenset({PLANE, SPACE})
    """Of the shapes that it writes."""
    meshes: ClassVar[bool] = False
    """Whether it takes meshes, in the plane outlines on the domain's grid."""
    everywhere: ClassVar[bool] = False
    """Whether it takes distances that are exact in the whole domain, not only near the surface."""

    def __init__(self, folder: Path, movie: Movie, title: str, spread: bool) -> None:
        """`folder` is there and empty; `title` says what is exported; `spread`: write it as a volume, too."""
        self.folder, self.movie, self.title, self.spread = folder, movie, title, spread
        self.group = movie.group

    @abstractmethod
    def add(self, moment: Moment) -> None:
        """Take the next time."""

    @abstractmethod
    def close(self, rows: list[dict[str, Any]]) -> None:
        """All times are there; `rows` are those of `spread.csv` of this group."""
