"""Pages of images that several figures draw: rows of methods, columns of times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.drawing import blocks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = "#2e6fb7"
"""Colour of the frame around what was shown to the methods."""
WIDTH = 11.0
"""Inches of a page."""
LEFT = 1.42


def page(
    rows: Sequence[tuple[str, Sequence[str]]], times: Sequence[float], shape: tuple[int, int], above: float = 0.05
) -> blocks.Page:
    """A page of panels for images of `shape` (height, width)."""
    width = min(2.6, (WIDTH - LEFT) / len(times) - 0.05)
    return blocks.Page(
        blocks=rows, columns=[f"t = {time:.3g}" for time in times], width=width, height=width * shape[0] / shape[1],
        left=LEFT, gap=0.05, above=above,
    )  # fmt: skip


def panel(
    page: blocks.Page, figure: Figure, place: tuple[int, int, int], image: np.ndarray, grey: tuple[float, float],
    shown: bool = False,
) -> Any:  # fmt: skip
    """The axes of one image at (block, row, column); what has no data is hatched."""
    axis = page.panel(figure, *place)
    draw(axis, image, grey, shown)
    return axis


def draw(axis: Any, image: np.ndarray, grey: tuple[float, float], shown: bool = False) -> None:
    """One image on the axes of a panel, framed where it was shown."""
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(visible=False)
    axis.set_facecolor("#f2d9d9")
    axis.imshow(image, cmap="gray", vmin=grey[0], vmax=grey[1], interpolation="nearest", aspect="auto")
    for side in axis.spines.values():
        side.set_visible(shown)
        side.set_color(SHOWN)
        side.set_linewidth(2.0)
