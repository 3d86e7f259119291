"""A pair of images between which nothing is known: tiles of the second are hidden from every method and scored.

Two passes of a satellite see one scene at different angles: each image's own smooth level, a quadratic surface, is
subtracted, and the rest scaled to the first image's spread; both are those of what is shown. Of every 2 × 2 tiles one
is hidden, half of these for the search and half for the test, like the squares of a chessboard. What a method says of
the second image there, from the first and from what surrounds the tile, is its terminal reconstruction error; the drift
of a tile is measured by phase correlation of what lies around it in both.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np

from trainables.inbetween.films import Made
from trainables.inbetween.pictures import Array, Pictures
from trainables.inbetween.readers import Recording
from trainables.inbetween.windows import Window
from trainables.shapes.bad_data import BadData

Box = tuple[int, int, int, int]
"""Top, bottom, left, right; the ends are not in it."""
TILES = 8
"""Tiles along the shorter side of the image."""
SMALLEST = 16
"""Pixels along a side of a tile, at least."""
_FRACTION = 10
"""Drift is found to a tenth of a pixel."""
_EXAMPLE = Path(__file__).parent / "data" / "sea_ice_sar" / "pair.npz"


def example() -> Recording:
    """A pair of radar images of sea ice, see the README beside it."""
    with np.load(_EXAMPLE, allow_pickle=False) as saved:
        metadata = json.loads(str(saved["metadata"]))
        frames = saved["frames"].astype(np.float32)
    return Recording(frames=frames, names=["first", "last"], tags=metadata["tags"], scale=metadata["scale"])


def windows(recording: Recording) -> Made:
    """Hidden tiles of the second image; BadData if there are not two images, or they are too small."""
    if len(recording.frames) != 2:
        one = "there is one image only" if len(recording.frames) == 1 else f"there are {len(recording.frames)} images"
        raise BadData(f"{one}; give two of the same grid, as --data A.tif B.tif")
    boxes = _boxes(recording.frames)
    hidden = np.zeros(recording.frames.shape[1:], dtype=bool)
    for _, box in boxes:
        hidden[_slices(box)] = True
    first, last = levelled(recording.frames, hidden)
    found = []
    for (row, column), box in boxes:
        role: Literal["validation", "test"] = "validation" if (row + column) % 2 else "test"
        drift = _drift(first, last, box)
        found.append(Window(label=f"tile {row + 1}-{column + 1}", role=role, last=1, box=list(box), drift=drift))
    side = min(first.shape) // TILES
    for wanted in ("validation", "test"):
        if not any(window.role == wanted for window in found):
            raise BadData("too few tiles have data in both images; give images that overlap more")
    unit = "" if recording.whole else "dB"
    images = np.stack([first, last])
    span = float(np.nanmax(images) - np.nanmin(images))
    pictures = Pictures(
        frames=images[None], hidden=hidden, span=max(span, 1e-12), unit=unit,
        metadata={"tags": recording.tags, "scale": recording.scale},
    )  # fmt: skip
    drifts = np.array([window.drift for window in found if window.drift])
    note = f"{len(found)} tiles of side {side} pixels of the second image are hidden from every method"
    if len(drifts):
        x, y = np.median(drifts, axis=0)
        note += f"; their drift by phase correlation is {x:+.1f} pixels in x (right) and {y:+.1f} in y (down), median"
    level = "values are relative to each image's own smooth level, a quadratic surface"
    return Made(pictures=pictures, windows=found, gaps=[1], notes=[note, level])


def _boxes(images: Array) -> list[tuple[tuple[int, int], Box]]:
    """The tiles to hide, by row and column, where both images have data; BadData if the images are too small."""
    height, width = images.shape[1:]
    side = min(height, width) // TILES
    if side < SMALLEST:
        raise BadData(
            f"the images are {height} x {width} pixels; {TILES} tiles of {SMALLEST} pixels need {TILES * SMALLEST} "
            "along each side; give larger images"
        )
    known: Array = np.array(np.isfinite(images).all(axis=0))
    places = [
        ((row, column), (top, top + side, left, left + side))
        for row, top in enumerate(range(side // 2, height - side, 2 * side))
        for column, left in enumerate(range(side // 2, width - side, 2 * side))
    ]
    return [(place, box) for place, box in places if known[_slices(box)].any()]


def levelled(images: Array, hidden: Array) -> Array:
    """Images `(2, H, W)` without the quadratic surface that fits each best, the second at the spread of the first.

    Surface and spread of the second are those of its pixels that are not `hidden` `(H, W)`: what is hidden changes
    nothing of what is shown.
    """
    rows, columns = (np.linspace(-1, 1, n) for n in images.shape[1:])
    y, x = np.meshgrid(rows, columns, indexing="ij")
    basis = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    found, spread = [], []
    for image, shown in zip(images, (np.ones_like(hidden), ~hidden), strict=True):
        known = np.isfinite(image) & shown
        surface = np.linalg.lstsq(basis[known], image[known].astype(np.float64), rcond=None)[0]
        found.append(image - basis @ surface)
        spread.append(float(found[-1][known].std()) or 1.0)
    levels: Array = np.stack([found[0], found[1] * spread[0] / spread[1]]).astype(np.float32)
    return levels


def _drift(first: Array, last: Array, box: Box) -> list[float] | None:
    """Displacement (x, y) of what lies around a box, from a region twice as wide; None where data are missing."""
    from skimage.registration import phase_cross_correlation

    top, bottom, left, right = box
    reach = (bottom - top) // 2
    around = np.s_[max(0, top - reach) : bottom + reach, max(0, left - reach) : right + reach]
    if not np.isfinite(first[around] + last[around]).all():
        return None
    shift = phase_cross_correlation(first[around], last[around], upsample_factor=_FRACTION)[0]
    return [-float(shift[1]), -float(shift[0])]


def _slices(box: Box) -> tuple[slice, slice]:
    top, bottom, left, right = box
    return slice(top, bottom), slice(left, right)
