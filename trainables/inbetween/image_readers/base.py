"""What a reader of images is, and how that of a file is found: by the file's suffix."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from trainables.inbetween.pictures import Array
from trainables.plugins import plugins


@dataclass(frozen=True)
class Bands:
    """Several channels of one image, of which the file does not say what they are."""

    values: Array
    """(H, W, C), of whatever C."""
    frames: bool = False
    """Whether they may as well be frames, one after the other."""


class ImageReader(ABC):
    """A format of images. A new format is a new file in this folder."""

    name: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    """Of its files, in lower case."""

    @classmethod
    @abstractmethod
    def read(cls, file: Path) -> tuple[Sequence[Array | Bands], dict[str, Any]]:
        """The images of a file in order, each grey `(H, W)`, colours `(H, W, 3)`, either with opacity, `(H, W, 2)` or
        `(H, W, 4)`, or `Bands`:
        integers over the whole range of their type, or floating point, NaN where there is no data. And its GeoTIFF tags
        by number, of files that have some. Raises BadData with one sentence that names the file.
        """

    @classmethod
    @abstractmethod
    def written(cls, frames: Array, folder: Path) -> list[Path]:
        """Write grey frames `(T, H, W)` uint8 without loss, for its contract test: in every layout that is read, the
        paths to open. `folder` is there, and empty."""


def available() -> dict[str, type[ImageReader]]:
    """Every reader of this folder, and of other installed packages, by name."""
    return plugins(sys.modules[__package__], ImageReader, "image_readers")  # type: ignore[type-abstract]


def by_suffix() -> dict[str, type[ImageReader]]:
    """Which reader takes which files."""
    return {suffix: reader for reader in available().values() for suffix in reader.suffixes}
