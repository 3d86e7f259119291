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

from trainables.inbetween.image_readers.base import Bands, by_suffix
from trainables.inbetween.overlap import overlap
from trainables.inbetween.pictures import Array
from trainables.shapes.bad_data import BadData
from trainables.shapes.odd_files import refuse_odd
from trainables.shapes.readers.name_clock import clocks

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_PIXEL, _TIES, _CITATION = "33550", "33922", "34737"
GREY_LEVELS = ("uint8", "uint16")
"""Types whose values single precision holds."""
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
    kind: str = ""
    """The type of the source's values, where it is one of 8 or 16 bits in all frames."""
    scale: int = 1
    """Pixels of the source along a side of one of ours."""
    notes: list[str] = field(default_factory=list)
    """What must be told of them."""


def read_frames(paths: Sequence[Path], bands: Sequence[int] | None = None) -> Recording:
    """All frames of the files (of a folder: its images in the order of their names); raises BadData.

    bands: which one, or which three as red, green and blue, counted from 1, of images of several.
    """
    kinds = by_suffix()
    files = [file for path in paths for file in _files(path, list(kinds))]
    stacks: list[list[Array]] = []
    tags: list[dict[str, Any]] = []
    whole = True
    types: set[str] = set()
    for file in files:
        found, mine = kinds[file.suffix.lower()].read(file)
        greys = [_grey(file, image, bands) for image in found]
        whole &= all(integers for _, integers in greys)
        types |= {(image.values if isinstance(image, Bands) else image).dtype.name for image in found}
        stacks.append([grey for grey, _ in greys])
        tags.append(mine)
        if not all(np.isfinite(grey).any() for grey, _ in greys):
            raise BadData(f"{file}: the image has no data at all; leave it out")
    stacks, one, notes = _on_one_grid(files, stacks, tags)
    names = [file.name for file, stack in zip(files, stacks, strict=True) for _ in stack]
    frames = np.stack([grey for stack in stacks for grey in stack])
    kind = next(iter(types)) if len(types) == 1 and types <= {*GREY_LEVELS} else ""
    return Recording(frames=frames, names=names, tags=one, whole=whole, kind=kind, notes=notes)


def _on_one_grid(
    files: list[Path], stacks: list[list[Array]], tags: list[dict[str, Any]]
) -> tuple[list[list[Array]], dict[str, Any], list[str]]:
    """The images of all files on one grid, its tags, and what is to be told; raises BadData."""
    sizes = [(file, image) for file, stack in zip(files, stacks, strict=True) for image in stack]
    first = sizes[0][1]
    other = next((place for place in sizes if place[1].shape != first.shape), None)
    elsewhere = next((file for file, mine in zip(files, tags, strict=True) if not _one_grid(mine, tags[0])), None)
    if other is None and elsewhere is None:
        return stacks, tags[0], []
    if all(tags) and all(len({image.shape for image in stack}) == 1 for stack in stacks):
        stacks, found, note = overlap(files, stacks)
        return stacks, found, [note]
    name = files[0].name
    if other is not None:
        raise BadData(
            f"{other[0]}: the image is {_size(other[1])} pixels, {name} has {_size(first)}; cut both to one grid"
        )
    raise BadData(
        f"{elsewhere}: lies on another grid than {name} (their georeferences differ); resample both to one grid"
    )


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
    refuse_odd(path)
    if not path.is_dir():
        if path.suffix.lower() not in suffixes:
            raise BadData(f"{path}: not an image; give {', '.join(suffixes)}")
        return [path]
    found = sorted(
        (f for f in path.iterdir() if f.suffix.lower() in suffixes and not f.name.startswith(".")),
        key=_natural,
    )
    said = clocks([file.stem for file in found])
    if said is not None and len(set(said.parted)) == 1:
        found = [file for _, file in sorted(zip(said.seconds, found, strict=True))]
    if not found:
        raise BadData(f"{path}: there is no image in the folder; it needs {', '.join(suffixes)}")
    return found


def _natural(file: Path) -> list[tuple[int, str]]:
    """For sorting: frame2 comes before frame10."""
    return [(int(word), "") if word.isdecimal() else (-1, word) for word in re.split(r"(\d+)", file.name) if word]


def _grey(file: Path, image: Array | Bands, bands: Sequence[int] | None) -> tuple[Array, bool]:
    """One channel as float32, integers scaled to [0, 1], and whether they were integers. Transparent: no data."""
    values = image.values if isinstance(image, Bands) else image
    if values.dtype.kind not in "uifb":
        raise BadData(f"{file}: values of type {values.dtype}; give real numbers, such as the amplitude of radar data")
    integers = bool(np.issubdtype(values.dtype, np.integer))
    if integers:
        values = values / np.iinfo(values.dtype).max
    opacity = None
    if not isinstance(image, Bands) and values.ndim == 3 and values.shape[-1] in (2, 4):
        values, opacity = values[..., :-1], values[..., -1]
    channels = 1 if values.ndim == 2 else values.shape[-1]
    if bands is not None:
        values = _chosen(file, values.reshape(*values.shape[:2], channels), bands)
    elif isinstance(image, Bands) and image.frames:
        raise BadData(
            f"{file}: {channels} planes, which may be frames or colours; for frames save one image a file, or name the "
            "axes, as metadata={'axes': 'TYX'} does in tifffile, for colours say --bands 1,2,3"
        )
    elif isinstance(image, Bands):
        raise BadData(
            f"{file}: an image of {channels} bands; name the one to take, or three as red, green and blue, as --bands 1"
        )
    if values.ndim == 3 and values.shape[-1] in (1, 3):
        values = values[..., 0] if values.shape[-1] == 1 else values @ _LUMINANCE
    if values.ndim != 2:
        raise BadData(f"{file}: an image of shape {_size(values)} is neither grey nor RGB; give one channel")
    found = values.astype(np.float32)
    found[np.isinf(found)] = np.nan
    if opacity is not None:
        found[~(opacity > 0)] = np.nan
    return found, integers


def _chosen(file: Path, values: Array, bands: Sequence[int]) -> Array:
    """These bands, counted from 1, of an image `(H, W, C)`; raises BadData."""
    named = ",".join(map(str, bands))
    if len(bands) not in (1, 3):
        raise BadData(f"{file}: --bands {named}: name one band, or three as red, green and blue")
    if absent := [band for band in bands if not 1 <= band <= values.shape[-1]]:
        raise BadData(f"{file}: --bands {named}: there is no band {absent[0]}, it has {values.shape[-1]}, from 1")
    found: Array = values[..., [band - 1 for band in bands]]
    return found


def _size(image: Array) -> str:
    return " x ".join(str(n) for n in image.shape)
