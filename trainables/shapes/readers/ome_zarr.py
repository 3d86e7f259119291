"""Label images in OME-Zarr (OME-NGFF 0.4 and 0.5): axes, size of a voxel and unit are those of its metadata.

A folder of an image is read as the label image in its `labels` group; the finest level is taken, unless the array of
another is named.
"""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import PrivateAttr

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers import zarr_place
from trainables.shapes.readers.base import Sizes
from trainables.shapes.readers.labels import LabelReader
from trainables.shapes.readers.size import refuse_huge
from trainables.shapes.readers.tiff_axes import arranged, order_of
from trainables.shapes.readers.tiff_time import seconds
from trainables.shapes.readers.tiff_voxel import micrometres

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SECONDS = "seconds"
"""An attribute, not of the standard, for images that are not evenly apart: when each was taken."""
_TOLD = 6
"""Images that a sentence names, at most."""


class OmeZarr(LabelReader):
    """A folder of a label image, or of an image that has one, or a Zip file of it."""

    name: ClassVar[str] = "ome-zarr"
    accepts: ClassVar[str] = "an OME-Zarr folder, or its Zip file, of labels, or of an image with one label image"

    has_time: ClassVar[bool] = True
    """Whether one of its axes is time."""
    _opened: Any = PrivateAttr(None)
    """The array, its order of axes t, z, y, x, or t, y, x, and the first entry of `multiscales`."""
    _attributes: dict[str, Any] = PrivateAttr(default_factory=dict)
    """Of its group."""

    @classmethod
    def written(cls, labels: Array, folder: Path) -> list[Path]:
        """Of versions 0.4 and 0.5, each a label image in an image."""
        import zarr

        space = "zyx"[1 - labels.ndim :]
        axes = [{"name": "t", "type": "time"}, *({"name": axis, "type": "space"} for axis in space)]
        scale = [{"type": "scale", "scale": labels.ndim * [1.0]}]
        image = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
        paths = []
        for version, zarr_format in (("0.4", 2), ("0.5", 3)):
            path = folder / f"labels-{version}.ome.zarr"
            root: Any = zarr.open_group(str(path), mode="w", zarr_format=zarr_format)  # type: ignore[arg-type]
            said: dict[str, dict[str, Any]] = {
                "": {"multiscales": [image]},
                "labels": {"labels": ["cells"]},
                "labels/cells": {"multiscales": [image]},
            }
            for name, attributes in said.items():
                group = root.create_group(name) if name else root
                group.attrs.put(attributes if version == "0.4" else {"ome": {"version": version} | attributes})
            root["labels/cells"].create_array("0", data=labels, chunks=(1, *labels.shape[1:]))
            paths += [path, path / "labels" / "cells"]
        return paths

    @classmethod
    def recognises(cls, path: Path) -> bool:
        if zarr_place.is_array(path):
            return zarr_place.level(path) is not None
        return bool({".zattrs", "zarr.json"} & set(zarr_place.metadata(path) or ()))

    def numbers(self) -> list[int]:
        array, order, _ = self._image()
        return list(range(array.shape[order[0]]))

    def labels(self, number: int) -> Array:
        array, order, _ = self._image()
        one: list[slice] = [slice(None)] * len(array.shape)
        one[order[0]] = slice(number, number + 1)
        refuse_huge([n for axis, n in enumerate(array.shape) if axis != order[0]], array.dtype.itemsize, self.path)
        try:
            return arranged(array[tuple(one)], order)[0]
        except Exception as error:  # what a codec raises on a broken chunk is not documented
            raise BadData(f"{self.where(number)}: cannot be read ({error}); copy it again") from None

    def where(self, number: int) -> str:
        return f"{self.path} (frame {number})"

    def said_voxel(self) -> tuple[Sizes, str] | None:
        scales = self._scales()[1 if self.has_time else 0 :]
        factors = [micrometres(unit) for _, unit in scales]
        sizes = tuple(f * scale for f, (scale, _) in zip(factors, scales, strict=True) if f is not None)
        if len(sizes) < len(factors) or min(sizes) <= 0:
            return None
        return sizes, "OME-Zarr metadata"

    def said_interval(self) -> tuple[float, str] | None:
        scale, unit = self._scales()[0]
        factor = seconds(unit)
        return None if factor is None or scale <= 0 else (factor * scale, "OME-Zarr metadata")

    def said_times(self) -> tuple[dict[int, float], str] | None:
        array, order, _ = self._image()
        said = self._attributes.get(SECONDS)
        if not self.has_time or not isinstance(said, list) or len(said) != array.shape[order[0]]:
            return None
        if not all(isinstance(one, int | float) and math.isfinite(one) for one in said):
            return None
        if any(b <= a for a, b in pairwise(said)):
            return None
        return {number: float(one - said[0]) for number, one in enumerate(said)}, f"attribute {SECONDS}"

    def _scales(self) -> list[tuple[float, str]]:
        """Scale and unit of the axes t, z, y, x, a unit "" where none is named."""
        array, order, image = self._image()
        axes = [axis if isinstance(axis, dict) else {} for axis in image["axes"]]
        scale = [1.0] * len(array.shape)
        for holder in (image, image["datasets"][0]):
            for step in holder.get("coordinateTransformations", []):
                if step.get("type") == "scale":
                    scale = [a * float(b) for a, b in zip(scale, step["scale"], strict=True)]
        return [(scale[i], str(axes[i].get("unit", ""))) for i in order]

    def _image(self) -> tuple[Any, list[int], dict[str, Any]]:
        if self._opened is None:
            try:
                self._opened = self._open()
            except BadData:
                raise
            except Exception as error:  # Zarr's own are of many kinds
                raise BadData(f"{self.path}: cannot be read as OME-Zarr ({error!r}); copy it again") from None
        opened: tuple[Any, list[int], dict[str, Any]] = self._opened
        return opened

    def _open(self) -> tuple[Any, list[int], dict[str, Any]]:
        level = zarr_place.level(self.path) if zarr_place.is_array(self.path) else None
        if level is None:
            group, labelled = self._labels_of(self._only_image(zarr_place.opened(self.path)))
        else:
            group = zarr_place.opened(self.path.parent)
            labelled = "image-label" in _metadata(group)
        images = _metadata(group).get("multiscales")
        if not images:
            arrays = sorted(group.array_keys())
            what = f"the array {self.path / arrays[0]}, if it is of labels" if arrays else "the folder of a label image"
            raise BadData(f"{self.path}: it has no image of OME-Zarr 0.4 or 0.5; give {what}")
        image = images[0] if level is None else images[0] | {"datasets": [level]}
        array: Any = group[image["datasets"][0]["path"]]
        if array.dtype.kind not in ("uibf" if labelled else "uib"):
            raise BadData(f"{self.path}: an image with values of type {array.dtype} and no labels; give a label image")
        names = [axis["name"] if isinstance(axis, dict) else axis for axis in image["axes"]]
        order = order_of("".join(str(name)[:1].upper() for name in names), array.shape, self.has_time, self.path)
        self._attributes = _metadata(group)
        return array, order, image

    def _labels_of(self, group: Any) -> tuple[Any, bool]:
        """The label image of an image, or what was given, and whether it is said to be of labels; raises BadData if
        there are several."""
        labelled = "image-label" in _metadata(group)
        if "labels" in group and _is_group(group["labels"]):
            group = group["labels"]
        while (names := _metadata(group).get("labels")) is not None:
            if len(names) != 1:
                where = f"{self.path}: it has the label images {', '.join(names) or 'of none'}"
                raise BadData(f"{where}; name one, as {self.path / 'labels' / (names or ['NAME'])[0]}")
            group, labelled = group[names[0]], True
        return group, labelled

    def _only_image(self, group: Any) -> Any:
        """The image in a folder of images: what bioformats2raw writes, a plate or a well; raises BadData if there are
        several."""
        images = _images_in(group)
        if images is None:
            return group
        if len(images) != 1:
            more = f" and {len(images) - _TOLD} more" if len(images) > _TOLD else ""
            named = ", ".join(images[:_TOLD]) + more or "none"
            raise BadData(f"{self.path}: it holds the images {named}; name one, as {self.path / (images or ['0'])[0]}")
        return group[images[0]]


def _images_in(group: Any) -> list[str] | None:
    """The paths of the images in a folder of them, plate by well by field; none if it is no such folder."""
    said = _metadata(group)
    if "multiscales" in said:
        return None
    if "plate" in said:
        wells = [str(well["path"]) for well in said["plate"]["wells"]]
        return [f"{well}/{image}" for well in wells for image in _images_in(group[well]) or ()]
    if "well" in said:
        return [str(image["path"]) for image in said["well"]["images"]]
    if "bioformats2raw.layout" in said:
        return sorted(name for name in group.group_keys() if name != "OME")
    return None


def _is_group(held: Any) -> bool:
    import zarr

    return isinstance(held, zarr.Group)


def _metadata(group: Any) -> dict[str, Any]:
    """Attributes of a group; since 0.5 those of OME are under a key of their own."""
    attributes: dict[str, Any] = group.attrs.asdict()
    found: dict[str, Any] = attributes.get("ome", attributes)
    return found
