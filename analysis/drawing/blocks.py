"""A page of small panels in blocks: headings over the blocks, names left of the rows, titles over the columns.

Placed in inches: with a hundred panels matplotlib's constrained layout takes seconds, and this is known beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.drawing import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Page:
    """Sizes in inches; a panel is ``width`` × ``height``."""

    blocks: Sequence[tuple[str, Sequence[str]]]
    """Heading of each block, and the names of its rows."""
    columns: Sequence[str]
    """Titles of the columns, over every block."""
    width: float
    height: float
    left: float
    right: float = 0.12
    above: float = 0.42
    """For the legend."""
    heading: float = 0.52
    """Above each block's first row."""
    below: float = 0.1
    gap: float = 0.07
    """Between panels."""

    @property
    def size(self) -> tuple[float, float]:
        across, rows = len(self.columns), sum(len(rows) for _, rows in self.blocks)
        width = self.left + across * (self.width + self.gap) - self.gap + self.right
        inner = rows * (self.height + self.gap) + len(self.blocks) * self.heading
        return max(width, style.SMALLEST), self.above + inner + self.below

    def figure(self) -> Figure:
        """An empty page with its headings, names and titles."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=self.size)
        for block, (heading, rows) in enumerate(self.blocks):
            top = self.top(block, 0)
            self.text(figure, 0.12, top + 0.3, heading, ha="left", va="baseline", fontweight="bold", fontsize=12)
            for column, title in enumerate(self.columns):
                centre = self.left + column * (self.width + self.gap) + self.width / 2
                self.text(figure, centre, top + 0.08, title, ha="center", va="baseline", fontsize=10)
            for row, name in enumerate(rows):
                middle = self.top(block, row) - self.height / 2
                self.text(figure, self._names, middle, broken(name), ha="right", va="center", fontweight="bold")
        return figure

    def panel(self, figure: Figure, block: int, row: int, column: int) -> Any:
        """The axes of one panel."""
        width, height = self.size
        left, top = self.left + column * (self.width + self.gap), self.top(block, row)
        return figure.add_axes(
            (left / width, (top - self.height) / height, self.width / width, self.height / height)
        )  # fmt: skip

    def top(self, block: int, row: int) -> float:
        """The upper edge of a row, above the page's lower edge."""
        before = sum(len(rows) for _, rows in self.blocks[:block]) + row
        return self.size[1] - self.above - (block + 1) * self.heading - before * (self.height + self.gap)

    def text(self, figure: Figure, x: float, y: float, text: str, **looks: Any) -> None:
        """Write ``text`` at a place in inches from the lower left corner."""
        width, height = self.size
        figure.text(x / width, y / height, text, **looks)

    @property
    def _names(self) -> float:
        return min(self.left - 0.12, 1.3)


def broken(name: str) -> str:
    """A method's name on two lines, where it is long."""
    return name.replace("+", "+\n").replace("-", "-\n") if len(name) > 12 else name
