"""The image in a TIFF file that is read, and the axes that it has.

A file may hold several images: written one after another they are frames, or planes, of one. A plain array of three or
four planes is kept by tifffile (and scikit-image) as colours, of which the program that wrote it said nothing.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainables.shapes.bad_data import BadData

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

UNNAMED = "Q"


@dataclass(frozen=True)
class Stored:
    """An image, in one series of pages or, along its first axis, in several."""

    series: Sequence[Any]
    axes: str
    """A letter for each axis, Q for those that the file gives no name."""
    shape: tuple[int, ...]
    item_bytes: int

    def read(self) -> Array:
        import numpy as np

        if len(self.series) == 1:
            return np.asarray(self.series[0].asarray())
        return np.stack([one.asarray() for one in self.series])


def stored_in(file: Any, path: Path) -> Stored:
    """The image of an opened file: the first, and those after it that are alike; raises BadData where these are more
    than frames or planes may be."""
    found = list(file.series)
    first = found[0]
    axes = _axes(file, first)
    shape = tuple(int(n) for n in first.shape)
    alike = [one for one in found if one.shape == first.shape and one.dtype == first.dtype and one.axes == first.axes]
    if len(same := [one for one in found if one.shape == first.shape]) > len(alike):
        sizes = " x ".join(map(str, first.shape))
        kinds = " and ".join(dict.fromkeys(str(one.dtype) for one in same))
        raise BadData(f"{path}: it holds {len(same)} images of {sizes}, of {kinds}; save that of the labels alone")
    if len(alike) == 1:
        return Stored(alike, axes, shape, first.dtype.itemsize)
    if file.is_ome or "T" in axes:
        sizes = " x ".join(map(str, shape))
        raise BadData(f"{path}: it holds {len(alike)} images of {sizes} ({axes}); save that of the labels alone")
    return Stored(alike, UNNAMED + axes, (len(alike), *shape), first.dtype.itemsize)


def _axes(file: Any, series: Any) -> str:
    """The axes of a series: colours in planes of their own are meant only where the file names them."""
    axes: str = series.axes
    if series.kind != "shaped" or "S" not in axes or axes.endswith("S"):
        return axes
    named = any("axes" in said for said in file.shaped_metadata or ())
    return axes if named else axes.replace("S", UNNAMED)


def ome_xml(file: Any) -> ElementTree.Element | None:
    """What an opened OME-TIFF says of itself, or the file beside it that it refers to; none of other files."""
    if not file.ome_metadata:
        return None
    root = ElementTree.fromstring(file.ome_metadata)
    master = _master(root)
    if master is None:
        return root
    beside = Path(file.filehandle.path).parent / Path(master).name
    return ElementTree.fromstring(beside.read_bytes()) if beside.suffix.lower() == ".ome" else None


def refuse_part(file: Any, path: Path) -> None:
    """BadData if a file that is to have time is one of several, of which another says what they are."""
    if file.ome_metadata and (master := _master(ElementTree.fromstring(file.ome_metadata))) is not None:
        raise BadData(
            f"{path}: one of the files that {Path(master).name} joins, and it does not say what its planes are; name "
            "their folder"
        )


def _master(root: ElementTree.Element) -> str | None:
    """The file that holds the metadata of an OME-TIFF without any of its own."""
    only = next((e for e in root.iter() if e.tag.rpartition("}")[2] == "BinaryOnly"), None)
    return None if only is None else only.get("MetadataFile", "another file")
