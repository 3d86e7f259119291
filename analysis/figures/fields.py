"""Fields over time, in the manner of Han 2023, figure 6: arrows (green) and streamlines (pink) on the latent image, or
on the frame where a method has no latent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.drawing import images, style
from analysis.tables import order, record
from analysis.tables.images import Pictures, pictures, supervisions
from analysis.tables.selection import NoRows
from analysis.wording import listing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "Fields over time"
ORDER = 19
TIMES = 4
ARROWS = 12
"""Along the longer side."""
ARROW, STREAM = "#35d07f", "#ff6fb5"


def variants(run: Run) -> dict[str, str]:
    """One for each supervision."""
    return {name: f"{name} supervision" for name in supervisions(run)}


def draw(run: Run, supervision: str | None = None) -> Figure:
    """A row per method that has a field; arrows are the displacement of one step of the drawn times, enlarged where
    little moves."""
    found = _found(run, supervision)
    rows, times = _rows(run, found), order.spread(sorted({time for _, time in found.fields}), TIMES)
    shape = next(iter(found.fields.values())).shape
    longest = max(float(np.nanpercentile(np.hypot(f[..., 0], f[..., 1]), 99)) for f in found.fields.values())
    scale = max(shape) / ARROWS / max(longest, 1e-9)
    with style.context():
        page = images.page([("", rows)], times, (shape[0], shape[1]))
        figure = page.figure()
        for row, name in enumerate(rows):
            for column, time in enumerate(times):
                field = found.fields.get((name, time))
                image = found.latents.get((name, time), found.frames.get((name, time)))
                if field is not None and image is not None:
                    grey = tuple(float(v) for v in np.nanpercentile(image, [0.5, 99.5]))
                    axis = images.panel(page, figure, (0, row, column), image, (grey[0], max(grey[1], grey[0] + 1e-9)))
                    _arrows(axis, np.nan_to_num(field), scale)
    return figure


def _arrows(axis: Any, field: np.ndarray, scale: float) -> None:
    """Arrows and streamlines of a field `(H, W, 2)`; x and y are image axes, y downwards."""
    height, width = field.shape[:2]
    step = max(1, max(height, width) // ARROWS)
    y, x = np.mgrid[step // 2 : height : step, step // 2 : width : step]
    moved = field[y, x] * scale
    if np.hypot(field[..., 0], field[..., 1]).max() > 1e-6:
        axis.streamplot(
            np.arange(width), np.arange(height), field[..., 0], field[..., 1], color=STREAM, linewidth=0.5,
            arrowsize=0.4, density=0.7,
        )  # fmt: skip
    axis.quiver(
        x, y, moved[..., 0], moved[..., 1], color=ARROW, angles="xy", scale_units="xy", scale=1.0, width=0.006,
        headwidth=3.5,
    )  # fmt: skip
    axis.set_xlim(-0.5, width - 0.5)
    axis.set_ylim(height - 0.5, -0.5)


def _found(run: Run, supervision: str | None) -> Pictures:
    found = pictures(run, supervision or supervisions(run)[0])
    if not found.fields:
        raise NoRows("no method of this run has a field")
    return found


def _rows(run: Run, found: Pictures) -> list[str]:
    return order.ordered({name for name, _ in found.fields}, record.methods(run))


def caption(run: Run, supervision: str | None = None) -> str:
    found = _found(run, supervision)
    most = max(float(np.nanpercentile(np.hypot(f[..., 0], f[..., 1]), 99)) for f in found.fields.values())
    return (
        f"The field of every method that has one on '{found.sequence}': arrows in green, all at one scale, streamlines "
        "in pink; on the latent image of methods that have a latent, on the frame of the others. The largest "
        f"displacements (99th percentile) are {most:.3g} pixels between the two shown images. An optical flow is "
        "steady by construction."
    )


def alternative(run: Run, supervision: str | None = None) -> str:
    found = _found(run, supervision)
    return f"Arrows and streamlines on images over time, one row each for {listing(_rows(run, found))}."
