"""The time between two frames as TIFF files say it: OME-XML, or ImageJ's description."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from trainables.shapes.readers.tiff import library
from trainables.shapes.readers.tiff_series import ome_xml

_SECONDS = {
    "ns": 1e-9, "nanosecond": 1e-9, "µs": 1e-6, "us": 1e-6, "microsecond": 1e-6, "ms": 1e-3, "millisecond": 1e-3,
    "msec": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0,
    "hr": 3600.0, "d": 86400.0, "day": 86400.0,
}  # fmt: skip

_EVEN = 0.05
"""Steps between frames that differ from their mean by no more than this share are one step."""


def seconds(unit: str) -> float | None:
    """Length of a unit of time in seconds; none for frames, and what is no unit."""
    plain = html.unescape(unit).replace("μ", "µ").strip().lower()
    return _SECONDS.get(plain) or _SECONDS.get(plain.removesuffix("s"))


def interval_in(path: Path) -> tuple[float, str] | None:
    """Seconds from frame to frame by a TIFF's metadata, and which; none if they do not say it."""
    try:
        with library().TiffFile(path, _multifile=False) as file:
            for said, what in ((_from_ome, "OME"), (_from_imagej, "ImageJ")):
                if (found := said(file)) and 0 < found < float("inf"):
                    return found, f"{what} metadata of {path.name}"
    except Exception:  # what is wrong with the file is told when it is read
        return None
    return None


def _from_ome(file: Any) -> float | None:
    root = ome_xml(file)
    if root is None:
        return None
    pixels = next(e for e in root.iter() if e.tag.rpartition("}")[2] == "Pixels")
    step, factor = pixels.get("TimeIncrement"), seconds(pixels.get("TimeIncrementUnit", "s"))
    if step is None:
        return _between_planes(pixels)
    return None if factor is None else float(step) * factor


def _between_planes(pixels: Any) -> float | None:
    """The step between the moments of the first planes of all frames; none where they are not said, or not even."""
    moments: dict[int, float] = {}
    for plane in (e for e in pixels if e.tag.rpartition("}")[2] == "Plane"):
        delta, factor = plane.get("DeltaT"), seconds(plane.get("DeltaTUnit", "s"))
        if delta is not None and factor is not None and plane.get("TheZ", "0") == plane.get("TheC", "0") == "0":
            moments[int(plane.get("TheT", "0"))] = float(delta) * factor
    if len(moments) < 2 or sorted(moments) != list(range(len(moments))):
        return None
    steps = [moments[t] - moments[t - 1] for t in range(1, len(moments))]
    mean = sum(steps) / len(steps)
    return mean if all(abs(step - mean) <= _EVEN * mean for step in steps) else None


def _from_imagej(file: Any) -> float | None:
    metadata = file.imagej_metadata or {}
    step, factor = metadata.get("finterval"), seconds(str(metadata.get("tunit", "s")))
    return None if step is None or factor is None else float(step) * factor
