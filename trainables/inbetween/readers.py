"""Images from files: a folder, a stack or several files, as one stack of grey frames, NaN where there is no data.

Formats are plug-ins, one file each in `image_readers/`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from trainables.inbetween.image_readers.base import by_suffix
from trainables.inbetween.pictures import Array
from trainables.shapes.bad_data import BadData

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_PIXEL, _TIES, _CITATION = "33550", "33922", "34737"
_SIDE = 10_000
"""Pixels along a side over which a difference in the pixels' size may not add up to a hundredth of a pixel."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """T frames on one grid."""

    frames: Array
    """(T, H, W) float32, NaN where there is no data."""
    names: list[str]
    tags: dict[str, Any] = field(default_factory=dict)
    """GeoTIFF tags by number, where the files have them."""
    whole: bool = False
    """Whether the values are grey levels, scaled to [0, 1]."""
    scale: int = 1
    """Pixels of the source along a side of one of ours."""


def read_frames(paths: Sequence[Path]) -> Recording:
    """All frames of the files (of a folder: its images in the order of their names); raises BadData."""
    kinds = by_suffix()
    files = [file for path in paths for file in _files(path, list(kinds))]
    frames: list[Array] = []
    names: list[str] = []
    tags: dict[str, Any] | None = None
    whole = True
    for file in files:
        found, mine = kinds[file.suffix.lower()].read(file)
        for image in found:
            grey, integers = _grey(file, image)
            whole &= integers
            if frames and grey.shape != frames[0].shape:
                size, first = _size(grey), _size(frames[0])
                raise BadData(f"{file}: the image is {size} pixels, {names[0]} has {first}; cut both to one grid")
            if not np.isfinite(grey).any():
                raise BadData(f"{file}: the image has no data at all; leave it out")
            frames.append(grey)
            names.append(file.name)
        if tags is not None and not _one_grid(mine, tags):
            raise BadData(
                f"{file}: lies on another grid than {names[0]} (their georeferences differ); resample both to one grid"
            )
        tags = mine
    return Recording(frames=np.stack(frames), names=names, tags=tags or {}, whole=whole)


def _one_grid(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether georeferences are equal to a hundredth of a pixel, whatever they are called."""
    named = [{code: value for code, value in tags.items() if code != _CITATION} for tags in (first, second)]
    if set(named[0]) != set(named[1]):
        return False
    pixel = min((abs(float(size)) for size in first.get(_PIXEL, [])[:2]), default=1.0)
    for code, value in named[0].items():
        other = named[1][code]
        if code in (_PIXEL, _TIES):
            # a pixel's size adds up over the image's side
            allowed = pixel / 100 if code == _TIES else pixel / 100 / _SIDE
            if len(value) != len(other) or any(abs(a - b) > allowed for a, b in zip(value, other, strict=True)):
                return False
        elif value != other:
            return False
    return True


def _files(path: Path, suffixes: list[str]) -> list[Path]:
    if not path.exists():
        raise BadData(f"{path}: there is no such file or folder; name one that exists")
    if not path.is_dir():
        if path.suffix.lower() not in suffixes:
            raise BadData(f"{path}: not an image; give {', '.join(suffixes)}")
        return [path]
    found = sorted(
        (f for f in path.iterdir() if f.suffix.lower() in suffixes and not f.name.startswith(".")),
        key=_natural,
    )
    if not found:
        raise BadData(f"{path}: there is no image in the folder; it needs {', '.join(suffixes)}")
    return found


def _natural(file: Path) -> list[tuple[int, str]]:
    """For sorting: frame2 comes before frame10."""
    return [(int(word), "") if word.isdecimal() else (-1, word) for word in re.split(r"(\d+)", file.name) if word]


def _grey(file: Path, image: Array) -> tuple[Array, bool]:
    """One channel as float32, integers scaled to [0, 1], and whether they were integers. Transparent: no data."""
    integers = bool(np.issubdtype(image.dtype, np.integer))
    if integers:
        image = image / np.iinfo(image.dtype).max
    if image.ndim == 3 and image.shape[-1] in (3, 4):
        grey = image[..., :3] @ _LUMINANCE
        image = grey if image.shape[-1] == 3 else np.where(image[..., 3] > 0, grey, np.nan)
    if image.ndim != 2:
        raise BadData(f"{file}: an image of shape {_size(image)} is neither grey nor RGB; give one channel")
    found = image.astype(np.float32)
    found[np.isinf(found)] = np.nan
    return found, integers


def _size(image: Array) -> str:
    return " x ".join(str(n) for n in image.shape)
