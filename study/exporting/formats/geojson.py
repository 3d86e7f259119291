"""Outlines as GeoJSON, as QuPath reads and draws them; other programs read it as plain polygons.

Sources: RFC 7946, and QuPath's documentation, "Exporting annotations": coordinates are pixels, with the origin in the
upper left corner of the image, so that the centre of the first pixel is at (0.5, 0.5); a geometry has a `plane`, whose
`t` is the number of the image. Written without a library, for it is JSON. Fiji makes ROIs of the label images.
"""

from __future__ import annotations

import colorsys
import json
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from study.exporting.formats.base import Format
from trainables.shapes.sequence import PLANE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from study.exporting.moment import Moment, Movie, Part

DECIMALS = 3
"""Of a pixel."""
_TURN = 0.618
"""Of the circle of hues, from a label to the next: near ones differ, and there is one for each."""


class GeoJson(Format):
    """`outlines.geojson`: a polygon for every label and time, in pixels of the label images.

    With `--spread` each has the calibrated uncertainty of its place, mean over the outline.
    """

    name: ClassVar[str] = "geojson"
    summary: ClassVar[str] = "outlines in the plane as polygons, for QuPath"
    order: ClassVar[int] = 5
    dimensions: ClassVar[frozenset[int]] = frozenset({PLANE})

    def __init__(self, folder: Path, movie: Movie, title: str, spread: bool) -> None:
        super().__init__(folder, movie, title, spread)
        self._features: list[dict[str, Any]] = []

    def add(self, moment: Moment) -> None:
        from study.exporting.outlines import outlines

        for part in moment.parts:
            corner = [side.start for side in part.member.box]
            unsure = part.uncertainty() * part.member.space.scale if self.spread else None
            for label, shapes in outlines(part.labels, part.sdf).items():
                self._features.append(self._feature(moment, part, label, shapes, corner, unsure))

    def _feature(
        self, moment: Moment, part: Part, label: int, shapes: list[list[NDArray]], corner: list[int],
        unsure: NDArray | None,
    ) -> dict[str, Any]:  # fmt: skip
        from study.exporting.outlines import mean_along

        space = part.member.space
        measured = {f"area {space.unit}²": float((part.labels == label).sum() * space.voxel_volume)}
        if unsure is not None:
            mean = mean_along([ring for shape in shapes for ring in shape], unsure)
            measured |= {f"uncertainty {space.unit}": mean} if np.isfinite(mean) else {}
        coordinates = [[_ring(ring, corner, outer=not place) for place, ring in enumerate(shape)] for shape in shapes]
        several = len(coordinates) > 1
        return {
            "type": "Feature",
            "geometry": {
                "type": "MultiPolygon" if several else "Polygon",
                "coordinates": coordinates if several else coordinates[0],
                "plane": {"c": -1, "z": 0, "t": moment.index},
            },
            "properties": {
                "objectType": "detection", "name": str(label), "color": _colour(label), "label": label,
                **{key: part.row[key] for key in ("sequence", "time_index", "time", "frame", "shown")},
                "measurements": measured,
            },
        }  # fmt: skip

    def close(self, rows: list[dict[str, Any]]) -> None:
        space = self.group.space
        pixel = dict(zip("yx", space.voxel, strict=True)) | {"unit": space.unit}
        content = {"type": "FeatureCollection", "title": self.title, "pixel": pixel, "features": self._features}
        with open(self.folder / "outlines.geojson", "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False)


def _ring(ring: NDArray, corner: list[int], outer: bool) -> list[list[float]]:
    """x, y of the points of a ring, the outer one with its inside on the left where y points up, holes reversed."""
    from study.exporting.outlines import area

    turned = ring if (area(ring) > 0) == outer else ring[::-1]
    return np.round((turned + corner + 0.5)[:, ::-1], DECIMALS).tolist()


def _colour(label: int) -> list[int]:
    """Red, green, blue: the same of a label at all times."""
    return [round(255 * part) for part in colorsys.hsv_to_rgb(label * _TURN % 1, 0.75, 0.95)]
