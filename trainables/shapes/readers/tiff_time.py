"""The time between two frames as TIFF files say it: OME-XML, or ImageJ's description."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from trainables.shapes.readers.tiff import library

_SECONDS = {
    "ns": 1e-9, "nanosecond": 1e-9, "µs": 1e-6, "us": 1e-6, "microsecond": 1e-6, "ms": 1e-3, "millisecond": 1e-3,
    "msec": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0,
    "hr": 3600.0, "d": 86400.0, "day": 86400.0,
}  # fmt: skip


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
    if not file.ome_metadata:
        return None
    pixels = next(e for e in ElementTree.fromstring(file.ome_metadata).iter() if e.tag.rpartition("}")[2] == "Pixels")
    step, factor = pixels.get("TimeIncrement"), seconds(pixels.get("TimeIncrementUnit", "s"))
    return None if step is None or factor is None else float(step) * factor


def _from_imagej(file: Any) -> float | None:
    metadata = file.imagej_metadata or {}
    step, factor = metadata.get("finterval"), seconds(str(metadata.get("tunit", "s")))
    return None if step is None or factor is None else float(step) * factor
