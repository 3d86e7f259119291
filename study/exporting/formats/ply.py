"""Triangle meshes in physical units of the source, one PLY file for every sequence and time."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from study.exporting.cells import inert
from study.exporting.formats.base import Format
from study.exporting.group import slug
from trainables.shapes.sequence import SPACE

if TYPE_CHECKING:
    from study.exporting.moment import Moment, Movie


class Meshes(Format):
    """`<sequence>/t0.2500.ply`, vertices x, y, z, and `index.csv`; a time without a surface has no file.

    With `--spread` every vertex has the property `spread`, how sure its place is: a calibrated standard deviation
    (`exporting/uncertainty.py`).
    """

    name: ClassVar[str] = "ply"
    summary: ClassVar[str] = "triangle meshes in physical units, one file a time"
    order: ClassVar[int] = 3
    dimensions: ClassVar[frozenset[int]] = frozenset({SPACE})
    meshes: ClassVar[bool] = True

    def __init__(self, folder: Path, movie: Movie, title: str, spread: bool) -> None:
        super().__init__(folder, movie, title, spread)
        self._index: list[dict[str, Any]] = []

    def add(self, moment: Moment) -> None:
        import trimesh

        from study.exporting.uncertainty import displacement

        for part in moment.parts:
            space, mesh = part.member.space, part.mesh
            name, volume = "", 0.0
            if mesh is not None and not mesh.empty:
                faces = mesh.faces[:, ::-1] if space.mirrored else mesh.faces
                solid = trimesh.Trimesh(part.member.physical(mesh.vertices, part.time), faces, process=False)
                if self.spread:
                    ensemble = part.member.ensemble
                    own = ensemble.factor * displacement(ensemble, mesh.vertices, part.time) * space.scale
                    solid.vertex_attributes["spread"] = own.astype(np.float32)
                name, volume = f"{slug(part.member.label)}/t{moment.time:.4f}.ply", float(solid.volume)
                if (self.folder / name).exists():
                    name = f"{slug(part.member.label)}/t{moment.time:.8f}.ply"
                (self.folder / name).parent.mkdir(exist_ok=True)
                solid.export(self.folder / name, vertex_normal=False)
            kept = {key: part.row[key] for key in ("sequence", "time_index", "time", "frame", "shown")}
            self._index.append(kept | {"file": name, "volume": volume, "unit": space.unit})

    def close(self, rows: list[dict[str, Any]]) -> None:
        with open(self.folder / "index.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(self._index[0]) if self._index else ["sequence"])
            writer.writeheader()
            writer.writerows({key: inert(value) for key, value in row.items()} for row in self._index)
