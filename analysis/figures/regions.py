"""Regions where most changes, in the manner of Han 2023, figures 5 and 9: one at the border, where things move in and
out, and one inside, where features appear, go, or turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.drawing import images, style
from analysis.tables import order
from analysis.tables.images import TRUTH, Pictures, pictures, supervisions
from analysis.tables.selection import NoRows
from analysis.wording import listing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "Regions that change most"
ORDER = 18
TIMES = 9
PART = 0.4
"""A region is this part of the shorter side of the image."""

Box = tuple[int, int, int, int]
"""Top, bottom, left, right."""


def variants(run: Run) -> dict[str, str]:
    """One for each supervision."""
    return {name: f"{name} supervision" for name in supervisions(run)}


def draw(run: Run, supervision: str | None = None) -> Figure:
    """A block of rows for each region of one supervision, the first unless named."""
    found = pictures(run, supervision or supervisions(run)[0])
    chosen, rows, grey = _regions(found), found.rows(run), found.grey()
    times = order.spread(found.times(), TIMES)
    side = next(iter(chosen.values()))
    with style.context():
        page = images.page([(name, rows) for name in chosen], times, (side[1] - side[0], side[3] - side[2]))
        figure = page.figure()
        for block, (top, bottom, left, right) in enumerate(chosen.values()):
            for row, name in enumerate(rows):
                for column, time in enumerate(times):
                    image = found.frames.get((name, time))
                    if image is not None:
                        cut, shown = image[top:bottom, left:right], name == TRUTH and time in found.shown
                        images.panel(page, figure, (block, row, column), cut, grey, shown)
    return figure


def _regions(found: Pictures) -> dict[str, Box]:
    """What is drawn, by name: where the first and the last true frame differ most."""
    known = [frame for (row, _), frame in sorted(found.frames.items(), key=lambda entry: entry[0][1]) if row == TRUTH]
    change = np.nan_to_num(np.abs(known[-1] - known[0]))
    height, width = change.shape
    side = max(8, round(PART * min(height, width)))
    if side > min(height, width):
        raise NoRows("the images are too small to cut regions out of them")
    tops, lefts = ([*range(0, size - side, side // 2), size - side] for size in (height, width))
    boxes = [(top, top + side, left, left + side) for top in tops for left in lefts]

    def amount(box: Box) -> float:
        return float(change[box[0] : box[1], box[2] : box[3]].sum())

    at_border = [box for box in boxes if box[0] == 0 or box[2] == 0 or box[1] == height or box[3] == width]
    inside = [box for box in boxes if box not in at_border]
    found_boxes = {"at the border": max(at_border, key=amount)}
    return found_boxes | ({"inside": max(inside, key=amount)} if inside else {})


def caption(run: Run, supervision: str | None = None) -> str:
    found = pictures(run, supervision or supervisions(run)[0])
    where = [f"{name}: rows {b[0]} to {b[1]}, columns {b[2]} to {b[3]}" for name, b in _regions(found).items()]
    return (
        f"Two regions of '{found.sequence}' in which the first and the last true frame differ most "
        f"({'; '.join(where)}). Framed in blue: shown to the methods."
    )


def alternative(run: Run, supervision: str | None = None) -> str:
    found = pictures(run, supervision or supervisions(run)[0])
    return f"Enlarged regions {listing(list(_regions(found)))} over time, one row each for {listing(found.rows(run))}."
