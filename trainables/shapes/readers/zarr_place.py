"""Where Zarr finds an array or a group: a folder, or a Zip file of one, `.zarr.zip` or `.ozx`."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

_ZIPS = (".zip", ".ozx")
_SAID = ("zarr.json", ".zarray", ".zgroup", ".zattrs")
"""Files of which one at least lies in every folder of Zarr."""


def metadata(place: Path) -> dict[str, Any] | None:
    """What a folder, or a Zip file, says of itself: the names of `_SAID` and their content; none if it is not
    Zarr's."""
    if place.is_dir():
        texts = {name: (place / name).read_bytes() for name in _SAID if (place / name).is_file()}
    elif place.suffix.lower() in _ZIPS and zipfile.is_zipfile(place):
        with zipfile.ZipFile(place) as packed:
            inner = _inner(packed)
            there = set(packed.namelist())
            texts = {name: packed.read(inner + name) for name in _SAID if inner + name in there}
    else:
        texts = {}
    return {name: _parsed(text) for name, text in texts.items()} if texts else None


def is_array(place: Path) -> bool:
    """Whether it is an array, not a group."""
    said = metadata(place) or {}
    return ".zarray" in said or said.get("zarr.json", {}).get("node_type") == "array"


def attributes(place: Path) -> dict[str, Any]:
    """Its attributes, before it is opened."""
    said = metadata(place) or {}
    found: dict[str, Any] = said.get(".zattrs") or said.get("zarr.json", {}).get("attributes") or {}
    return found


def level(place: Path) -> dict[str, Any] | None:
    """What an image of OME-Zarr says of one of its arrays, a level of detail, in its `datasets`; none of others."""
    said = attributes(place.parent) if place.is_dir() else {}
    said = said.get("ome", said)
    images = said.get("multiscales")
    sets = [one for image in images if isinstance(image, dict) for one in image.get("datasets", ())] if images else []
    return next((one for one in sets if isinstance(one, dict) and one.get("path") == place.name), None)


def opened(place: Path) -> Any:
    """The array or group; what Zarr raises."""
    import zarr

    if place.is_dir():
        return zarr.open(str(place), mode="r")
    with zipfile.ZipFile(place) as packed:
        inner = _inner(packed).rstrip("/")
    return zarr.open(zarr.storage.ZipStore(str(place), mode="r"), mode="r", path=inner)


def _inner(packed: zipfile.ZipFile) -> str:
    """The folder inside a Zip file that is Zarr's, with its slash: the one that was packed, or nothing."""
    names = packed.namelist()
    tops = {name.split("/", 1)[0] for name in names}
    if len(tops) == 1 and not any(name in names for name in _SAID):
        return f"{tops.pop()}/"
    return ""


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
