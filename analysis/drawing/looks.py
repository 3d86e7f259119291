"""How a shape is looked at in a panel: in space as a rendered surface, in the plane as an outline over the truth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.drawing import rendering, style
from analysis.drawing.rendering import Mesh

SHOWN, OTHER = "#2e6fb7", "#efc48c"
"""Colours at times that the model was shown, and at all others: dark and light when printed grey."""
TRUE = "#d9dde2"
"""Of the true shape below an outline."""
LINE = "#b5651d"
"""Of an outline at a time that the model was not shown."""
_LINE = 0.03
"""What a line takes beside a shape, of the shape's size."""
RESOLUTION = 200
"""Pixels per inch of a rendered picture."""

Window = tuple[float, float, float, float]
"""Left, right, lower and upper edge, in domain units."""


class Look(ABC):
    """What differs between shapes in space and in the plane."""

    title: str
    what: str
    """What is seen, as the beginning of a caption."""
    same: str
    """What is the same in all panels, a sentence."""
    pictures: str
    """What a reader who does not see them is told that they are."""
    corners: int
    """Of an element of a mesh, and numbers of a vertex."""

    def mesh(self, vertices: np.ndarray, faces: np.ndarray) -> Mesh:
        """From the numbers of a row of the table ``surfaces``."""
        return Mesh(vertices.reshape(-1, self.corners), faces.reshape(-1, self.corners))

    @abstractmethod
    def extent(self, meshes: Sequence[Mesh]) -> Window:
        """What holds all meshes as they are seen."""

    @abstractmethod
    def panel(self, axis: Any, mesh: Mesh, truth: Mesh | None, shown: bool, window: Window, size: Any) -> None:
        """Draw a mesh, ``truth`` beside it where it is not the truth itself, into axes of ``size`` inches."""

    @abstractmethod
    def handles(self) -> list[Any]:
        """Of a legend."""


class Surface(Look):
    """Rendered: one camera, light and scale for all."""

    title, corners = "Surfaces over time", 3
    what, same = "Zero level sets", "Camera, light and scale are the same everywhere."
    pictures = "Rendered surfaces"

    def extent(self, meshes: Sequence[Mesh]) -> Window:
        return rendering.extent(list(meshes))

    def panel(self, axis: Any, mesh: Mesh, truth: Mesh | None, shown: bool, window: Window, size: Any) -> None:
        from matplotlib.colors import to_rgb

        axis.set_axis_off()
        if mesh.empty:
            nothing(axis, "no surface")
            return
        shape = (round(size[1] * RESOLUTION), round(size[0] * RESOLUTION))
        colour = to_rgb(SHOWN if shown else OTHER)
        axis.imshow(
            rendering.picture(mesh, colour, window, shape), aspect="auto", interpolation="antialiased"
        )  # fmt: skip

    def handles(self) -> list[Any]:
        from matplotlib.patches import Patch

        return [
            Patch(facecolor=SHOWN, label="ground truth shown to the model at this time"),
            Patch(facecolor=OTHER, label="not shown"),
        ]


class Outline(Look):
    """The zero level's contours, over the true shape."""

    title, corners = "Outlines over time", 2
    what = "Zero levels in the plane over the true shape, which is grey"
    same = "The scale is the same everywhere, and y points down, as in an image."
    pictures = "Outlines"

    def extent(self, meshes: Sequence[Mesh]) -> Window:
        points = np.concatenate([np.zeros((0, 2)), *(mesh.vertices for mesh in meshes)])
        if not len(points):
            return -1.0, 1.0, -1.0, 1.0
        low, high = points.min(axis=0), points.max(axis=0)
        (left, lower), (right, upper) = low - _LINE * (high - low), high + _LINE * (high - low)
        return float(left), float(right), float(lower), float(upper)

    def panel(self, axis: Any, mesh: Mesh, truth: Mesh | None, shown: bool, window: Window, size: Any) -> None:
        axis.set_axis_off()
        axis.set(xlim=window[:2], ylim=window[:1:-1], aspect="equal")
        self._fill(axis, mesh if truth is None else truth)
        for line in lines(mesh):
            axis.plot(*line.T, color=SHOWN if shown else LINE, lw=1.3, solid_joinstyle="round")
        if mesh.empty:
            nothing(axis, "no outline")

    def _fill(self, axis: Any, mesh: Mesh) -> None:
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        if not mesh.empty:  # outlines of holes run the other way round
            path = Path.make_compound_path(*(Path(line, closed=True) for line in lines(mesh)))
            axis.add_patch(PathPatch(path, facecolor=TRUE, edgecolor="none"))

    def handles(self) -> list[Any]:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        return [
            Patch(facecolor=TRUE, label="ground truth"),
            Line2D([], [], color=SHOWN, lw=1.6, label="shown to the model"),
            Line2D([], [], color=LINE, lw=1.6, label="not shown"),
        ]


def look(dimension: int) -> Look:
    """Of shapes of that dimension."""
    return Outline() if dimension == 2 else Surface()


def lines(contours: Mesh) -> list[np.ndarray]:
    """The contours of edges that follow each other: ``(P, 2)`` each."""
    edges = contours.faces
    breaks = np.flatnonzero(edges[1:, 0] != edges[:-1, 1]) + 1
    return [contours.vertices[[*run[:, 0], run[-1, 1]]] for run in np.split(edges, breaks) if len(run)]


def nothing(axis: Any, words: str) -> None:
    """Say in a panel that there is nothing to draw."""
    axis.text(
        0.5, 0.5, words, transform=axis.transAxes, ha="center", va="center", fontsize=8.5, style="italic",
        bbox={"boxstyle": "round,pad=0.5", "facecolor": "none", "edgecolor": style.MUTED, "linestyle": (0, (3, 2))},
    )  # fmt: skip
