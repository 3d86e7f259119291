"""OME-Zarr: the signed distance (float32, physical units), and the labels, of axes t, z, y, x, or t, y, x.

Source: OME-NGFF 0.4, ngff.openmicroscopy.org/0.4, on Zarr version 2, which viewers read for longer than 0.5 and still
do. Written with `zarr` itself: the library `ome-zarr` brings twenty more packages, a client of S3 among them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from study.exporting.formats.base import Format
from study.exporting.space import UNITS
from trainables.shapes.readers.frame_times import even
from trainables.shapes.readers.ome_zarr import SECONDS

if TYPE_CHECKING:
    import zarr

    from study.exporting.moment import Moment, Movie

VERSION = "0.4"
NAME = "cells"
"""Of the label image."""


class OmeZarr(Format):
    """`sdf.ome.zarr` with `labels/cells` inside; with `--spread` also `spread.ome.zarr`.

    Distances are NaN where no sequence's domain is; where there are several, the smallest distance counts.
    """

    name: ClassVar[str] = "ome-zarr"
    summary: ClassVar[str] = "signed distances and labels as OME-Zarr (NGFF 0.4)"
    order: ClassVar[int] = 2
    everywhere: ClassVar[bool] = True

    def __init__(self, folder: Path, movie: Movie, title: str, spread: bool) -> None:
        super().__init__(folder, movie, title, spread)
        root = self._image(folder / "sdf.ome.zarr", "signed distance")
        self._sdf = self._array(root, np.float32, np.nan)
        labels = root.create_group("labels")
        labels.attrs.put({"labels": [NAME]})
        cells = labels.create_group(NAME)
        image_label: dict[str, Any] = {"version": VERSION, "source": {"image": "../../"}}
        attributes: dict[str, Any] = {"multiscales": self._multiscales(NAME), "image-label": image_label}
        cells.attrs.put(attributes | self._seconds())
        self._labels = self._array(cells, movie.kind, 0)
        self._spread = None
        if spread:
            self._spread = self._array(self._image(folder / "spread.ome.zarr", "spread"), np.float32, np.nan)

    def add(self, moment: Moment) -> None:
        space = self.group.space
        volumes = {"sdf": np.full(space.shape, np.nan, np.float32), "spread": np.full(space.shape, np.nan, np.float32)}
        labels = np.zeros(space.shape, dtype=self._labels.dtype)
        for part in moment.parts:
            box, scale = part.member.box, np.float32(part.member.space.scale)
            np.fmin(volumes["sdf"][box], part.sdf * scale, out=volumes["sdf"][box])
            if self._spread is not None:
                np.fmax(volumes["spread"][box], part.uncertainty() * scale, out=volumes["spread"][box])
            np.maximum(labels[box], part.labels.astype(labels.dtype), out=labels[box])
        self._sdf[moment.index] = volumes["sdf"]
        self._labels[moment.index] = labels
        if self._spread is not None:
            self._spread[moment.index] = volumes["spread"]

    def close(self, rows: list[dict[str, Any]]) -> None:
        """Everything is written."""

    def _image(self, path: Path, name: str) -> zarr.Group:
        import zarr

        root = zarr.open_group(str(path), mode="w", zarr_format=2)
        told: dict[str, Any] = {"multiscales": self._multiscales(name), "times": self.group.times, "title": self.title}
        root.attrs.put(told | self._seconds())
        return root

    def _seconds(self) -> dict[str, Any]:
        """When the frames are, where the format's own scale cannot say it, for they are not evenly apart."""
        if self.group.seconds is None or even(dict(enumerate(self.group.frame_axis().tolist()))):
            return {}
        return {SECONDS: (self.group.frame_axis() * self.group.seconds).tolist()}

    def _array(self, parent: zarr.Group, kind: type, empty: float) -> Any:
        from numcodecs import Zlib

        shape = self.group.space.shape
        return parent.create_array(
            "0", shape=(len(self.group.times), *shape), chunks=(1, *(min(side, 128) for side in shape)), dtype=kind,
            fill_value=empty, compressors=Zlib(level=4), chunk_key_encoding={"name": "v2", "separator": "/"},
        )  # fmt: skip

    def _multiscales(self, name: str) -> list[dict[str, Any]]:
        space, times = self.group.space, self.group.frame_axis()
        unit = {"unit": long} if (long := UNITS.get(space.unit, space.unit)) in UNITS.values() else {}
        clock = {} if self.group.seconds is None else {"unit": "second"}
        times = times * (self.group.seconds or 1.0)
        if not even(dict(enumerate(times.tolist()))):  # frame by frame, without a unit: no scale says it
            times, clock = np.arange(len(times)), {}
        names = "zyx"[-space.dimension :]
        axes = [{"name": "t", "type": "time"} | clock, *({"name": axis, "type": "space"} | unit for axis in names)]
        step = float(np.diff(times).mean()) if len(times) > 1 else 1.0
        transformations = [
            {"type": "scale", "scale": [step, *space.voxel]},
            {"type": "translation", "translation": [float(times[0]), *space.origin]},
        ]
        dataset = {"path": "0", "coordinateTransformations": transformations}
        return [{"version": VERSION, "name": name, "axes": axes, "datasets": [dataset]}]
