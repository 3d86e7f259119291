"""A small page of panels for a first screen: every row's name above it, the columns' titles over the first row.

Placed in inches, as :mod:`analysis.drawing.blocks` does; a panel is as large as fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.drawing import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, TALLEST = 3.9, 3.4
"""Inches of the page, and of what its panels may take from top to bottom."""
COLUMNS = 5
"""The most columns that can be told apart."""
GAP, NAME, TITLE, WORDS, LINE = 0.06, 0.2, 0.2, 0.15, 0.14
"""Inches between panels, of the lines above a row, above all columns and below a panel, and of a title's next line."""


@dataclass(frozen=True, kw_only=True)
class Small:
    """``rows`` and ``columns`` are names, ``aspect`` is height over width of a panel."""

    rows: Sequence[str]
    columns: Sequence[str]
    aspect: float
    legend: Sequence[Any] = ()

    @property
    def panel_size(self) -> tuple[float, float]:
        """Inches."""
        lines = len(self.rows) * (NAME + WORDS) + self._title
        width = min(self._across - GAP, (TALLEST - lines) / len(self.rows) / self.aspect)
        return width, width * self.aspect

    @property
    def _across(self) -> float:
        """Inches from column to column: of panels that are less wide, all the same, for their titles' sake."""
        return (WIDTH + GAP) / len(self.columns)

    @property
    def _title(self) -> float:
        return TITLE + LINE * max(title.count("\n") for title in self.columns)

    def _left(self, column: int) -> float:
        return column * self._across + (self._across - GAP - self.panel_size[0]) / 2

    def figure(self) -> Figure:
        """The page with its names, titles and legend, no panel yet."""
        from matplotlib.figure import Figure

        height = self._title + len(self.rows) * self._step + (TITLE if self.legend else 0.0)
        figure = Figure(figsize=(WIDTH, height))
        for row, name in enumerate(self.rows):
            y = 1 - (self._title + row * self._step + NAME - 0.05) / height
            figure.text(0, y, name, ha="left", va="baseline", fontsize=8.5, fontweight="bold")
        for column, title in enumerate(self.columns):
            x = (self._left(column) + self.panel_size[0] / 2) / WIDTH
            figure.text(x, 1 - (self._title - 0.06) / height, title, ha="center", va="bottom", fontsize=7.5)
        if self.legend:
            figure.legend(
                handles=self.legend, loc="lower left", bbox_to_anchor=(0, 0), ncols=len(self.legend),
                handlelength=1.2, fontsize=8, borderaxespad=0, borderpad=0,
            )  # fmt: skip
        return figure

    def panel(self, figure: Figure, row: int, column: int, words: str = "") -> Any:
        """The axes of one panel, with ``words`` below it."""
        width, height = self.panel_size
        tall = figure.get_figheight()
        top, left = self._title + row * self._step + NAME, self._left(column)
        if words:
            figure.text(
                (left + width / 2) / WIDTH, 1 - (top + height + WORDS - 0.04) / tall, words, ha="center",
                va="baseline", fontsize=7.5, color=style.MUTED,
            )  # fmt: skip
        return figure.add_axes((left / WIDTH, 1 - (top + height) / tall, width / WIDTH, height / tall))

    @property
    def _step(self) -> float:
        return NAME + self.panel_size[1] + WORDS
