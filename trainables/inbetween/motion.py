"""Parts of an image, moved by a prescribed motion, so that every frame between and the displacement are known.

The image at time t takes its value at x from the foot X of the characteristic through (x, t), which is known in closed
form, by cubic splines of the whole image: not by our own step. With c the centre of a part,

    translation   X = x − t u
    rotation      X = c + R(−t ω) (x − c)
    shear         X = (x₁ − t κ (x₂ − c₂), x₂)

What moves in at the border is the image around the part. `streaks` is the rotation with bright vertical streaks that
stay where they are, in every frame: artefacts of an instrument (Han 2023, section 4.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy import ndimage

from trainables.inbetween.films import Made
from trainables.inbetween.pictures import Array, Pictures
from trainables.inbetween.readers import Recording
from trainables.inbetween.windows import Window
from trainables.shapes.bad_data import BadData

SIDE = 128
"""Pixels along a side of a part."""
GAP = 8
TRANSLATION = (-14.0, 10.0)
"""u, pixels: to the left and downwards."""
ROTATION = np.radians(20.0)
SHEAR = 0.25
_STREAKS = 5
"""In a part, evenly spaced, two pixels wide."""

Foot = Callable[[Array, Array, float], tuple[Array, Array]]
"""Place relative to the centre (x, y) and time → foot."""


def _translation(x: Array, y: Array, time: float) -> tuple[Array, Array]:
    return x - time * TRANSLATION[0], y - time * TRANSLATION[1]


def _rotation(x: Array, y: Array, time: float) -> tuple[Array, Array]:
    c, s = np.cos(time * ROTATION), np.sin(time * ROTATION)
    return c * x + s * y, c * y - s * x


def _shear(x: Array, y: Array, time: float) -> tuple[Array, Array]:
    return x - time * SHEAR * y, y


KINDS: dict[str, tuple[Foot, bool]] = {
    "rotation": (_rotation, False),
    "translation": (_translation, False),
    "shear": (_shear, False),
    "streaks": (_rotation, True),
}
"""Motion and whether there are streaks."""


def frames(image: Array, centre: tuple[float, float], foot: Foot, streaks: bool) -> tuple[Array, Array]:
    """Frames `(GAP + 1, SIDE, SIDE)` and displacements `(…, 2)`, x and y in pixels, of the part of `image` around
    `centre` (y, x)."""
    relative = np.arange(SIDE) - (SIDE - 1) / 2
    y, x = np.meshgrid(relative, relative, indexing="ij")
    coefficients = ndimage.spline_filter(image.astype(np.float64), order=3, mode="nearest")
    found, moved = [], []
    for index in range(GAP + 1):
        fx, fy = foot(x, y, index / GAP)
        places = [fy + centre[0], fx + centre[1]]
        frame = ndimage.map_coordinates(coefficients, places, order=3, mode="nearest", prefilter=False)
        found.append(_streaked(frame, image) if streaks else frame)
        moved.append(np.stack([x - fx, y - fy], axis=-1))
    return np.stack(found).astype(np.float32), np.stack(moved).astype(np.float32)


def _streaked(frame: Array, image: Array) -> Array:
    found = frame.copy()
    for n in range(_STREAKS):
        at = round((n + 0.5) * SIDE / _STREAKS)
        found[:, at : at + 2] = np.percentile(image, 99.9)
    return found


def windows(recording: Recording) -> Made:
    """Every motion on parts of the first image (the first part serves the search) and of the last; BadData if they are
    too small or have gaps."""
    images = recording.frames[[0, -1]] if len(recording.frames) > 1 else recording.frames[:1]
    reach = int(np.ceil(SIDE / np.sqrt(2))) + 1
    height, width = images.shape[1:]
    columns = width // (2 * reach)
    if height < 2 * reach or columns < 2:
        raise BadData(
            f"the image is {height} x {width} pixels; two parts of side {SIDE} and what turns into them need "
            f"{2 * reach} x {4 * reach}; give a larger image"
        )
    if not np.isfinite(images).all():
        raise BadData("the image has pixels without data, of which no truth can be made; cut them off")
    centres = [(height / 2 - 0.5, (n + 0.5) * width / columns - 0.5) for n in range(columns)]
    # A part of the last image only where the search has not seen the same ground.
    parts = [(0, centre) for centre in centres] + ([(1, centres[-1])] if len(images) > 1 else [])
    stacks: list[Array] = []
    known: list[Array] = []
    found: list[Window] = []
    for kind, (foot, streaks) in KINDS.items():
        for number, (image, centre) in enumerate(parts):
            stack, moved = frames(images[image], centre, foot, streaks)
            role: Literal["validation", "test"] = "validation" if number == 0 else "test"
            label = f"{kind}, part {number}" if number else f"{kind}, searched"
            found.append(Window(label=label, kind=kind, role=role, stack=len(stacks), last=GAP))
            stacks.append(stack)
            known.append(moved)
    span = float(images.max() - images.min())
    pictures = Pictures(
        frames=np.stack(stacks), displacement=np.stack(known), span=span, unit="" if recording.whole else "dB"
    )
    note = (
        f"{len(parts)} parts of side {SIDE}, each moved by {', '.join(KINDS)}: {TRANSLATION[0]:g} and "
        f"{TRANSLATION[1]:g} pixels, {np.degrees(ROTATION):g} degrees, {SHEAR:g}; the motion is made"
    )
    return Made(pictures=pictures, windows=found, gaps=[GAP], notes=[note])
