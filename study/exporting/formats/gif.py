"""A moving picture of every sequence: its surface, its volume, and how far the replicates disagree, over time; in the
plane its outline and its area."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from study.errors import shown
from study.exporting.formats.base import Format
from study.exporting.group import slug
from trainables.shapes.sequence import PLANE, power

if TYPE_CHECKING:
    from PIL.Image import Image

    from analysis.drawing.rendering import Mesh
    from study.exporting.moment import Moment, Movie
    from study.exporting.space import Space

SECONDS = 6.0
"""That a picture runs, if a frame then takes between 40 and 250 ms."""
SIDE = 400
"""Height of the surface's panel, in pixels."""


class MovingPicture(Format):
    """`<sequence>.gif`; the camera stands still; times that the model was shown are blue."""

    name: ClassVar[str] = "gif"
    summary: ClassVar[str] = "a moving picture of the surface or outline, its volume or area, and the spread"
    order: ClassVar[int] = 4
    meshes: ClassVar[bool] = True

    def __init__(self, folder: Path, movie: Movie, title: str, spread: bool) -> None:
        super().__init__(folder, movie, title, spread)
        self._meshes: dict[str, list[Mesh]] = {member.label: [] for member in self.group.members}

    def add(self, moment: Moment) -> None:
        for part in moment.parts:
            if part.mesh is not None:
                self._meshes[part.member.label].append(part.mesh)

    def close(self, rows: list[dict[str, Any]]) -> None:
        for member in self.group.members:
            mine = [row for row in rows if row["sequence"] == member.label]
            if not mine:
                continue
            images = _images(self._meshes[member.label], mine, f"{shown(member.label)}: {self.title}", member.space)
            duration = round(min(250.0, max(40.0, 1000 * SECONDS / len(images))) / 10) * 10
            images[0].save(
                self.folder / f"{slug(member.label)}.gif", save_all=True, append_images=images[1:], loop=0,
                duration=duration, disposal=1, optimize=False,
            )  # fmt: skip


def _images(meshes: list[Mesh], rows: list[dict[str, Any]], title: str, space: Space) -> list[Image]:
    """One picture of each mesh, beside the curves of `rows`, with a line at its time."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image as images

    from analysis.drawing import style
    from analysis.drawing.looks import RESOLUTION, look

    seen = look(space.dimension)
    left, right, lower, upper = seen.extent(meshes)
    half = 0.54 * max(right - left, upper - lower)
    middle, height = (left + right) / 2, (lower + upper) / 2
    window = (middle - half, middle + half, height - half, height + half)
    with style.context():
        figure = Figure(figsize=(9.2, 4.8), dpi=style.DPI)
        canvas = FigureCanvasAgg(figure)
        figure.text(0.02, 0.95, _short(title, 120), fontsize=9.5, fontweight="bold", va="center")
        shape_axis = figure.add_axes((0.02, 0.06, SIDE / 920, SIDE / 480))
        markers = _curves(figure, rows, space)
        found = []
        for mesh, row in zip(meshes, rows, strict=True):
            shape_axis.clear()
            seen.panel(shape_axis, mesh, None, row["shown"], window, (SIDE / RESOLUTION, SIDE / RESOLUTION))
            frame = "" if row["frame"] is None else f"   frame {row['frame']}"
            shown = "   shown to the model" if row["shown"] else ""
            shape_axis.text(
                0.02, 0.98, f"t = {row['time']:.3f}{frame}{shown}", transform=shape_axis.transAxes, va="top"
            )
            for marker in markers:
                marker.set_xdata([row["time"], row["time"]])
            canvas.draw()
            pixels = np.asarray(canvas.buffer_rgba())[..., :3].copy()
            found.append(images.fromarray(pixels).quantize(128, dither=images.Dither.NONE))
    return found


def _curves(figure: Any, rows: list[dict[str, Any]], space: Space) -> list[Any]:
    """Volume and spread over time; the lines that mark the present time."""
    from analysis.drawing import style
    from analysis.drawing.looks import SHOWN

    times = np.array([row["time"] for row in rows])
    shown = [row["time"] for row in rows if row["shown"]]
    volume, low, high = figure.add_axes((0.56, 0.56, 0.42, 0.31)), None, None
    mean, deviation = (np.array([row[name] for row in rows]) for name in ("volume_mean", "volume_sd"))
    volume.plot(times, [row["volume"] for row in rows], color=style.INK, label="exported shape")
    if np.isfinite(deviation).any():
        low, high = mean - deviation, mean + deviation
        volume.fill_between(times, low, high, color=style.MUTED, alpha=0.3, lw=0, label="replicates, mean ± sd")
    volume.legend(fontsize=8, loc="lower right")
    what = "area" if space.dimension == PLANE else "volume"
    volume.set_title(f"{what}, {power(_plain(space.unit), space.dimension)}", fontsize=9.5)
    volume.set_ylim(bottom=0)
    spread = figure.add_axes((0.56, 0.11, 0.42, 0.31))
    values = np.array([row["uncertainty"] for row in rows])
    if np.isfinite(values).any():
        spread.plot(times, values, color=style.INK)
        spread.set_ylim(bottom=0)
    else:
        spread.text(0.5, 0.5, "one replicate: no spread", ha="center", transform=spread.transAxes, style="italic")
    where = "outline" if space.dimension == PLANE else "surface"
    spread.set_title(f"uncertainty of the {where}, {_plain(space.unit)}", fontsize=9.5)
    spread.set_xlabel("time")
    markers = []
    for axis in (volume, spread):
        axis.tick_params(labelsize=8)
        for time in shown:
            axis.axvline(time, color=SHOWN, lw=0.9, ls=(0, (1.2, 2)), zorder=0)
        if math.isclose(times[0], times[-1]):
            axis.set_xlim(times[0] - 0.5, times[0] + 0.5)
        markers.append(axis.axvline(times[0], color="#c0392b", lw=1.4))
    return markers


def _plain(unit: str) -> str:
    return "domain units" if unit == "domain" else unit


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
