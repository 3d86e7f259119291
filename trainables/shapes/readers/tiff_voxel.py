"""The size of a voxel as TIFF files say it: OME-XML, ImageJ's description, or tifffile's own; or a file beside them."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import AXES, Sizes
from trainables.shapes.readers.text_files import decoded, words
from trainables.shapes.readers.tiff import library
from trainables.shapes.readers.tiff_series import ome_xml

VOXEL_FILE = "voxel_size.txt"
_MICROMETRES = {
    "µm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0, "micrometer": 1.0, "micrometers": 1.0, "micrometre": 1.0,
    "micrometres": 1.0, "nm": 1e-3, "nanometer": 1e-3, "nanometers": 1e-3, "å": 1e-4, "angstrom": 1e-4, "mm": 1e3,
    "millimeter": 1e3, "millimeters": 1e3, "cm": 1e4, "centimeter": 1e4, "m": 1e6, "meter": 1e6,
}  # fmt: skip

_TAGGED = {3: "cm", 4: "mm", 5: "µm"}
"""TIFF's tag ResolutionUnit; that of inches is what programs write that know nothing."""


def micrometres(unit: str) -> float | None:
    """Length of a unit in µm; none for pixels, inches, and what is no unit."""
    plain = html.unescape(unit).replace("\\u00B5", "µ").replace("μ", "µ").strip().lower()
    return _MICROMETRES.get(plain)


def voxel_beside(folder: Path) -> Sizes | None:
    """Voxel size (z, y, x) in µm from `voxel_size.txt` in a folder, if there is one; raises BadData."""
    file = folder / VOXEL_FILE
    if not file.exists():
        return None
    try:
        sizes = tuple(float(word) for word in words(decoded(file.read_bytes())))
    except ValueError:
        sizes = ()
    if len(sizes) not in AXES or not all(0 < size < float("inf") for size in sizes):
        raise BadData(f"{file}: not three positive numbers, nor two; write the size of a voxel as z y x, or y x, in µm")
    return sizes


def voxel_of(folder: Path, first: Path | None) -> tuple[Sizes, str] | None:
    """What a folder's `voxel_size.txt`, else its first TIFF says, and where; none if neither does. Raises BadData."""
    if beside := voxel_beside(folder):
        return beside, VOXEL_FILE
    return voxel_in(first) if first is not None else None


def voxel_in(path: Path) -> tuple[Sizes, str] | None:
    """Voxel size (z, y, x) in µm from a TIFF's metadata, and which; of a plane (y, x); none if they do not say
    all."""
    try:
        with library().TiffFile(path) as file:
            for said, what in ((_from_ome, "OME"), (_from_imagej, "ImageJ"), (_from_tifffile, "tifffile")):
                if (sizes := said(file)) and all(0 < size < float("inf") for size in sizes):
                    return sizes, f"{what} metadata of {path.name}"
    except Exception:  # what is wrong with the file is told when it is read
        return None
    return None


def _from_ome(file: Any) -> Sizes | None:
    root = ome_xml(file)
    if root is None:
        return None
    pixels = next(e for e in root.iter() if e.tag.rpartition("}")[2] == "Pixels")
    sizes = []
    for axis in "YX" if "PhysicalSizeZ" not in pixels.attrib and pixels.get("SizeZ") == "1" else "ZYX":
        size, factor = pixels.get(f"PhysicalSize{axis}"), micrometres(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        if size is None or factor is None:
            return None
        sizes.append(float(size) * factor)
    return tuple(sizes)


def _from_imagej(file: Any) -> Sizes | None:
    """ImageJ leaves `spacing` out where it is exactly 1, has a sign for the order of the planes, and names units of y
    and z where they are not that of x."""
    metadata = file.imagej_metadata
    if not metadata:
        return None
    units = [str(metadata.get(name, metadata.get("unit", ""))) for name in ("zunit", "yunit", "unit")]
    return _sizes(file, units, abs(float(metadata.get("spacing", 1.0))))


def _from_tifffile(file: Any) -> Sizes | None:
    metadata: dict[str, Any] = (file.shaped_metadata or ({},))[0]
    depth, axes = metadata.get("spacing"), file.series[0].axes
    if depth is None and len(axes) > 2 and axes != "TYX":  # a depth that is not said
        return None
    said = str(metadata.get("unit") or _TAGGED.get(int(file.pages[0].resolutionunit), ""))
    return _sizes(file, [said] * 3, None if depth is None else float(depth))


def _sizes(file: Any, units: list[str], depth: float | None) -> Sizes | None:
    """Depth of a plane, if it has one, and the pixels' sizes by TIFF's tags of resolution, in units of z, y, x."""
    (of_z, of_y, of_x), tags = map(micrometres, units), file.pages[0].tags
    if of_y is None or of_x is None or "XResolution" not in tags or "YResolution" not in tags:
        return None
    (x, per_x), (y, per_y) = tags["XResolution"].value, tags["YResolution"].value
    plane = per_y / y * of_y, per_x / x * of_x
    if depth is None:
        return plane
    return None if of_z is None else (depth * of_z, *plane)
