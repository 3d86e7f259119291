"""Surfaces in 3D with a time slider: ground truth beside the methods, one camera for all, in a page that needs nothing
else.

What is here goes into the page as JSON and as the packed meshes; ``viewer.js`` draws it with plotly.js, which is
embedded. Meshes and plotly.js are compressed: the browser unpacks them when the reader comes near.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from analysis.drawing.looks import OTHER, SHOWN, look
from analysis.drawing.rendering import Mesh, camera
from analysis.figures import surfaces
from analysis.pages.viewer.meshes import BYTES_PER_VERTEX, STEPS, packed, simplified
from analysis.tables import order, record
from analysis.tables.run import Run
from analysis.tables.selection import NotApplicable
from analysis.wording import listing

MOST_PANELS = 12
"""Each panel takes one of the sixteen or so WebGL contexts that a browser gives a page."""
FEWEST_VERTICES = 200
"""A mesh is not simplified further, whatever the budget."""


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """What the template needs."""

    data: str
    """JSON; see :func:`viewer`."""
    meshes: str
    """All meshes (:func:`analysis.pages.viewer.meshes.packed`), one after the other, as :func:`compressed`."""
    script: str
    library: str
    """plotly.js, as :func:`compressed`."""
    caption: str
    alternative: str
    choice: str
    """What a reader chooses between."""


def viewer(runs: Sequence[Run], budget: int) -> Viewer | None:
    """The viewer of the runs that kept surfaces, None if none has; its meshes take about ``budget`` bytes of the page.

    The JSON: ``runs``, each with ``title``, ``low`` (3,) and ``step`` (domain units) of the packed positions,
    ``ranges`` (3, 2) of the axes, and ``views``, one per supervision, or per sequence and
    supervision, with ``times``, ``shown`` (numbers of times), ``division`` (the time at which one shape becomes two),
    ``panels`` (``name``, and ``surfaces``: a number in ``meshes`` per time, null where there is none); ``meshes``:
    how many vertices and triangles each has, none where there is no surface; ``camera`` (3,): where the viewer stands;
    ``colours``.
    """
    found = [scene for run in runs if (scene := _scene(run)) is not None]
    if not found:
        return None
    distinct = {key: mesh for scene in found for key, mesh in scene.meshes.items()}
    full = [mesh for mesh in distinct.values() if not mesh.empty]
    most = max(FEWEST_VERTICES, budget // BYTES_PER_VERTEX // max(1, len(full)))
    packs: list[Mesh] = []
    content: list[bytes] = []
    described = [scene.described(most, packs, content, several=len(found) > 1) for scene in found]
    coarser = any(len(mesh.vertices) > most for mesh in full)
    colours = {"shown": SHOWN, "other": OTHER}
    sizes = [[len(np.unique(mesh.faces)), len(mesh.faces)] for mesh in packs]
    data = {"runs": described, "meshes": sizes, "camera": camera()[2].round(4).tolist(), "colours": colours}
    return Viewer(
        data=json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        meshes=compressed(b"".join(content)),
        script=Path(__file__).with_name("viewer.js").read_text(encoding="utf-8"),
        library=_library(),
        caption=_caption(found, most if coarser else None),
        alternative=_alternative(found),
        choice="Sequence and supervision" if any(len(scene.sequences) > 1 for scene in found) else "Supervision",
    )


def compressed(content: bytes) -> str:
    """gzip as base64; the same content gives the same text."""
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


@lru_cache(maxsize=1)
def _library() -> str:
    from plotly.offline import get_plotlyjs

    return compressed(str(get_plotlyjs()).encode())


@dataclass(frozen=True, kw_only=True)
class _View:
    title: str
    """The supervision, after the sequence where there are several."""
    times: list[float]
    shown: list[int]
    division: float | None
    panels: list[tuple[str, list[str | None]]]
    """Name → key of the mesh at each time."""
    left_out: list[str]


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """The surfaces of one run; equal meshes (the truth, under every method) are there once."""

    run: Run
    sequences: list[str]
    views: list[_View]
    meshes: Mapping[str, Mesh]

    def described(self, most: int, packs: list[Mesh], content: list[bytes], several: bool) -> dict[str, Any]:
        """For the JSON; the meshes are added to ``packs``, and packed to ``content``."""
        corners = np.concatenate([mesh.vertices for mesh in self.meshes.values()] or [np.zeros((0, 3))])
        low, high = (corners.min(axis=0), corners.max(axis=0)) if len(corners) else (-np.ones(3), np.ones(3))
        step = float((high - low).max()) / STEPS or 1.0
        numbers = {}
        for key, mesh in self.meshes.items():
            numbers[key] = len(packs)
            packs.append(mesh if mesh.empty else simplified(mesh, most))
            content.append(packed(packs[-1], low, step))
        title = f"{self.run.study}, {self.run.name}" if several else self.run.study
        return {
            "title": title,
            "low": low.tolist(),
            "step": step,
            "ranges": np.stack([low, high], axis=-1).tolist(),
            "views": [
                {
                    "title": view.title,
                    "times": view.times,
                    "shown": view.shown,
                    "division": view.division,
                    "panels": [
                        {"name": name, "surfaces": [None if key is None else numbers[key] for key in keys]}
                        for name, keys in view.panels
                    ],
                }
                for view in self.views
            ],
        }


def _scene(run: Run) -> _Scene | None:
    if record.dimension(run) == 2:
        return None  # there is nothing to turn
    try:
        sequences = surfaces.sequences(run)
    except NotApplicable:
        return None
    views: list[_View] = []
    meshes: dict[str, Mesh] = {}
    for sequence in sequences:
        found = _views(run, sequence, several=len(sequences) > 1)
        views += found[0]
        meshes |= found[1]
    needed = {key for view in views for _, panel in view.panels for key in panel if key is not None}
    return _Scene(
        run=run, sequences=sequences, views=views, meshes={key: meshes[key] for key in meshes if key in needed}
    )


def _views(run: Run, sequence: str, several: bool) -> tuple[list[_View], dict[str, Mesh]]:
    """A view per supervision of one sequence, and the meshes by their keys."""
    table = surfaces.chosen(run, sequence)
    found, shown = surfaces.meshes_of(table, look(3)), surfaces.shown_times(table)
    keys = {address: _key(mesh) for address, mesh in found.items()}
    views = []
    for supervision in order.ordered(table["supervision"], record.supervisions(run)):
        times = sorted({time for where, _, time in found if where == supervision})
        names = surfaces.row_names(run, found, supervision)
        panels = [(name, [keys.get((supervision, name, time)) for time in times]) for name in names[:MOST_PANELS]]
        views.append(
            _View(
                title=f"{sequence}, {supervision}" if several else supervision,
                times=times,
                shown=[number for number, time in enumerate(times) if time in shown[supervision]],
                division=surfaces.division(run, sequence),
                panels=panels,
                left_out=names[MOST_PANELS:],
            )
        )
    return views, {keys[address]: mesh for address, mesh in found.items()}


def _key(mesh: Mesh) -> str:
    return hashlib.sha256(mesh.vertices.tobytes() + b"|" + mesh.faces.tobytes()).hexdigest()


def _caption(scenes: list[_Scene], most: int | None) -> str:
    names = list(dict.fromkeys(f"'{name}'" for scene in scenes for name in scene.sequences))
    which = f"{'sequence' if len(names) == 1 else 'sequences'} {listing(names)}"
    said = [
        f"The surfaces of {which}: drag one to turn all, move the slider to change the time. Blue: the ground truth "
        "was shown to the model at this time."
    ]
    if most is not None:
        said.append(f"Simplified to at most {most} vertices each; the run folder has all.")
    if left_out := order.ordered({name for scene in scenes for view in scene.views for name in view.left_out}, []):
        said.append(f"Not here, because a browser draws no more: {listing(left_out)}.")
    return " ".join(said)


def _alternative(scenes: list[_Scene]) -> str:
    said = []
    for scene in scenes:
        for view in scene.views:
            names = listing([name for name, _ in view.panels])
            empty = [
                f"{name}, t = {time:g}"
                for name, keys in view.panels
                for time, key in zip(view.times, keys, strict=True)
                if key is not None and scene.meshes[key].empty
            ]
            said.append(
                f"{scene.run.study}, {view.title} supervision: surfaces that can be turned, side by side, of "
                f"{names} at {len(view.times)} times from {view.times[0]:g} to {view.times[-1]:g}"
                + (f"; no surface: {'; '.join(empty)}" if empty else "")
            )
    return ". ".join(said) + "."
