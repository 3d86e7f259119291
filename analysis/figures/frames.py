"""Frames over time, in the manner of Han 2023, figures 4 and 8: the ground truth on top, then a row per method."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from analysis.drawing import images as _images
from analysis.drawing import small, style
from analysis.tables import order
from analysis.tables.images import TRUTH, Pictures, pictures, supervisions
from analysis.wording import listing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "Frames over time"
ORDER = 17
SECTION = "surfaces"
WHAT = "Frames over time"
SCORED = False
SHOWN_WORDS = "framed: the ground truth was shown to the methods at this time"
TIMES = 5
"""The most columns; more times are thinned evenly."""
_ENLARGED = 480
"""Pixels that an image of the moving picture is wide, about."""
_SECONDS = 0.25


def variants(run: Run) -> dict[str, str]:
    """One for each supervision."""
    return {name: f"{name} supervision" for name in supervisions(run)}


def draw(run: Run, supervision: str | None = None) -> Figure:
    """Rows of one supervision, the first unless named; framed where the ground truth was shown."""
    found = pictures(run, supervision or supervisions(run)[0])
    times, rows, grey = _times(found), found.rows(run), found.grey()
    shape = next(iter(found.frames.values())).shape
    with style.context():
        page = _images.page([("", rows)], times, (shape[0], shape[1]))
        figure = page.figure()
        for row, name in enumerate(rows):
            for column, time in enumerate(times):
                image = found.frames.get((name, time))
                if image is not None:
                    shown = name == TRUTH and time in found.shown
                    _images.panel(page, figure, (0, row, column), image, grey, shown)
    return figure


def present(run: Run, supervision: str | None) -> set[str]:
    """The methods that have kept frames under a supervision, or any; raises NotApplicable where a run keeps none."""
    known = supervisions(run)
    names = {name for one in known if supervision in (None, one) for name, _ in pictures(run, one).frames}
    return names - {TRUTH}


def beside(run: Run, supervision: str, methods: Mapping[str, str]) -> Figure:
    """The ground truth and some methods, with what they are called, at a few times, small."""
    found = pictures(run, supervision)
    times, rows, grey = order.spread(_times(found), small.COLUMNS), [TRUTH, *methods], found.grey()
    shape = next(iter(found.frames.values())).shape
    with style.context():
        titles = [f"t = {time:.3g}" for time in times]
        page = small.Small(rows=[TRUTH, *methods.values()], columns=titles, aspect=shape[0] / shape[1])
        figure = page.figure()
        for row, name in enumerate(rows):
            for column, time in enumerate(times):
                image = found.frames.get((name, time))
                if image is not None:
                    axis = page.panel(figure, row, column)
                    _images.draw(axis, image, grey, name == TRUTH and time in found.shown)
    return figure


def moving(run: Run, supervision: str | None = None) -> bytes:
    """A GIF: the ground truth where there is one and every method, side by side, over all times that were kept."""
    from PIL import Image, ImageDraw

    found = pictures(run, supervision or supervisions(run)[0])
    rows, (low, high) = found.rows(run), found.grey()
    height, width = next(iter(found.frames.values())).shape
    enlarged = max(1, _ENLARGED // width)
    columns = min(3, len(rows))
    tile = (width * enlarged, height * enlarged + 16)
    images = []
    for time in found.times():
        sheet = Image.new("L", (columns * tile[0], -(-len(rows) // columns) * tile[1]), 255)
        pen = ImageDraw.Draw(sheet)
        for number, name in enumerate(rows):
            left, top = number % columns * tile[0], number // columns * tile[1]
            pen.text((left + 2, top + 2), f"{name}, t = {time:.3g}", fill=0)
            frame = found.frames.get((name, time))
            if frame is not None:
                grey = np.nan_to_num(np.clip((frame - low) / (high - low), 0, 1), nan=1.0)
                picture = Image.fromarray((255 * grey).astype(np.uint8))
                size = (width * enlarged, height * enlarged)
                sheet.paste(picture.resize(size, Image.Resampling.NEAREST), (left, top + 16))
        images.append(sheet)
    buffer = io.BytesIO()
    pause = round(1000 * _SECONDS)
    images[0].save(buffer, "GIF", save_all=True, append_images=images[1:], duration=pause, loop=0)
    return buffer.getvalue()


def _times(found: Pictures) -> list[float]:
    """Those of true frames, and where these are the two ends alone, all."""
    known = found.times(TRUTH)
    return order.spread(known if len(known) > 2 else found.times(), TIMES)


def caption(run: Run, supervision: str | None = None) -> str:
    found = pictures(run, supervision or supervisions(run)[0])
    return (
        f"'{found.sequence}': ground truth on top where there is one, then one row per method at its best "
        "configuration, of one replicate, the median one by the objective. Framed in blue: shown to the methods; "
        "all else was made by them. Grey levels are the same everywhere; pixels without data are pink. The same as "
        "a moving picture, with all times, is the GIF file of this name in the run's folder of figures."
    )


def alternative(run: Run, supervision: str | None = None) -> str:
    found = pictures(run, supervision or supervisions(run)[0])
    return f"Images at {len(_times(found))} times, one row each for {listing(found.rows(run))}."
