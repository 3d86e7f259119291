"""The pictures of a filled recording's report."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from analysis.drawing import style
from analysis.drawing.looks import OTHER, SHOWN
from analysis.drawing.rendering import Mesh, extent, picture
from study.filling import expected
from study.filling.choice import interval, paired, wording_of
from study.filling.lattice import Cube
from study.filling.moments import Moment
from study.filling.segments import segments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from study.filling.job import Job

NEW = "#d55e00"
"""Of new frames' titles and borders; those that were measured are blue."""
_COLOURS = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7b4fa3", "#999933", "#a6761d", "#1b7f8c",
    "#b2182b", "#66803b",
)  # fmt: skip
_NEAR = 4
"""Pixels within which two cells have different colours."""
_PIXELS = (240, 240)
_INCHES = 11.0


@dataclass(frozen=True)
class Drawn:
    """A picture, and what it shows."""

    png: bytes
    caption: str
    width: int
    """Pixels."""


def drawings(job: Job) -> dict[str, Drawn]:
    """All that there is to draw."""
    makers: dict[str, Callable[[Job], tuple[Figure, str] | None]] = {
        "recording": _recording, "cell": _cell, "candidates": _candidates, "expected": _expected,
    }  # fmt: skip
    found = {}
    for name, make in makers.items():
        with style.context():
            if (made := make(job)) is not None:
                figure, caption = made
                buffer = io.BytesIO()
                figure.savefig(buffer, format="png", dpi=1.6 * style.DPI, bbox_inches="tight", pad_inches=0.05)
                found[name] = Drawn(buffer.getvalue(), caption, round(figure.get_figwidth() * style.DPI))
    return found


def _recording(job: Job) -> tuple[Figure, str]:
    """The volume seen from above, frame after frame."""
    assert job.filled is not None
    kept = job.filled.kept
    voxel = job.opened.recording.voxel
    plane = len(voxel) == 2
    flat = {index: labels if plane else labels.max(axis=0) for index, labels in kept.items()}
    rows, columns = _window(list(flat.values()))
    chosen = [moment for moment in job.moments if moment.index in kept]
    shape = next(iter(flat.values()))[rows, columns].shape
    pixel = voxel[-2] / voxel[-1]
    ratio = shape[0] * pixel / shape[1]
    figure, axes = _strip(len(chosen), min(ratio, 2.5))
    colours = colours_of(list(flat.values()))
    for axis, moment in zip(axes, chosen, strict=True):
        axis.imshow(_coloured(flat[moment.index][rows, columns], colours), aspect=pixel, interpolation="nearest")
        _title(axis, moment)
    caption = (
        f"The recording with its new frames, {'' if plane else 'seen along z, '}each label in one colour. Blue: "
        "measured frames; orange: new ones. The numbers are times"
        + (" by --times." if job.asked.times else ", counted in the recording's frames.")
    )
    return figure, caption


def _window(pictures: list[NDArray[Any]]) -> tuple[slice, slice]:
    """Where something is in any of them, and some pixels around."""
    there = np.logical_or.reduce([picture > 0 for picture in pictures])
    found = []
    for axis in (1, 0):
        places = np.flatnonzero(there.any(axis=axis))
        first, last = (places[0], places[-1]) if len(places) else (0, there.shape[1 - axis] - 1)
        found.append(slice(max(0, first - 4), last + 5))
    return found[0], found[1]


def colours_of(pictures: list[NDArray[Any]]) -> dict[int, int]:
    """Label → its colour, by number: up to as many labels as there are colours have one each, and of more no two that
    are near each other in a picture share one, as far as there are others."""
    labels = np.unique(np.concatenate([np.unique(image) for image in pictures])).tolist()
    near: dict[int, set[int]] = {label: set() for label in labels if label}
    for image in pictures:
        for axis in (0, 1):
            along = np.moveaxis(image, axis, 0)
            for step in range(1, _NEAR + 1):
                pairs = np.stack([along[step:].ravel(), along[:-step].ravel()])
                apart = np.unique(pairs[:, (pairs[0] != pairs[1]) & (pairs > 0).all(axis=0)], axis=1)
                for one, other in apart.T.tolist():
                    near[one].add(other)
                    near[other].add(one)
    found: dict[int, int] = {}
    for rank, label in enumerate(near):
        taken = {found[other] for other in near[label] if other in found}
        wishes = [(rank + step) % len(_COLOURS) for step in range(len(_COLOURS))]
        found[label] = next((colour for colour in wishes if colour not in taken), wishes[0])
    return found


def _coloured(labels: NDArray[Any], colours: dict[int, int]) -> NDArray[Any]:
    from matplotlib.colors import to_rgb

    palette = np.array([to_rgb(colour) for colour in _COLOURS])
    image = np.ones((*labels.shape, 3))
    inside = labels > 0
    held, places = np.unique(labels[inside], return_inverse=True)
    image[inside] = palette[[colours[label] for label in held.tolist()]][places] if len(held) else 1.0
    edge = np.zeros(labels.shape, dtype=bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    image[edge & inside] *= 0.6
    return image


def _strip(count: int, ratio: float) -> tuple[Figure, list[Any]]:
    """`count` panels of a height over width of `ratio`, in one row, or two where they would be small."""
    lines = 1 if count <= 5 or ratio > 1.4 else 2
    across = -(-count // lines)
    width = _INCHES / across
    figure = Figure(figsize=(_INCHES, lines * (width * ratio + 0.28)))
    grid = figure.subplots(lines, across, squeeze=False).ravel()
    for axis in grid:
        axis.set_axis_off()
    figure.subplots_adjust(left=0.005, right=0.995, top=0.94, bottom=0.01, wspace=0.04, hspace=0.14)
    return figure, list(grid[:count])


def _title(axis: Any, moment: Moment) -> None:
    colour = SHOWN if moment.measured else NEW
    said = f"{moment.time:.4g}" + ("  measured" if moment.measured else "  new")
    axis.set_title(said, color=colour, fontsize=9, pad=3, fontweight="bold" if moment.measured else "normal")
    axis.set_axis_on()
    axis.set_xticks([])
    axis.set_yticks([])
    for spine in axis.spines.values():
        spine.set_visible(True)
        spine.set_color(colour)
        spine.set_linewidth(1.6)


def _cell(job: Job) -> tuple[Figure, str] | None:
    """The surface of one cell at the same times."""
    assert job.filled is not None
    filler, recording = job.filled.filler, job.opened.recording
    chosen = [moment for moment in job.moments if moment.index in job.filled.kept]
    roots, dividing = recording.roots(), [s for s in segments(recording.cells) if s.divides]
    there = [set(filler.roots_at(moment)) for moment in chosen]
    always = set.intersection(*there) if there else set()
    wanted = [roots[s.label] for s in dividing if roots[s.label] in always] or sorted(always)
    if not wanted:
        return None
    root = wanted[0]
    names = sorted(label for label, ancestor in roots.items() if ancestor == root)
    label = f"label {' and its descendants '.join([str(names[0]), *map(str, names[1:2])])}"
    if len(recording.shape) == 2:
        return _outlines(job, chosen, root), (
            f"The outline of {label}: as the chosen rule has it between measured frames (light), as it was measured "
            "(dark), and, thin, in the measured frame before it."
        )
    meshes = [_mesh(*filler.surface(moment, root)) for moment in chosen]
    left, right, lower, upper = extent(meshes)
    half = 0.53 * max(right - left, upper - lower)
    middle, height = (left + right) / 2, (lower + upper) / 2
    window = (middle - half, middle + half, height - half, height + half)
    from matplotlib.colors import to_rgb

    figure, axes = _strip(len(chosen), 1.0)
    for axis, moment, mesh in zip(axes, chosen, meshes, strict=True):
        axis.imshow(picture(mesh, to_rgb(SHOWN if moment.measured else OTHER), window, _PIXELS))
        _title(axis, moment)
    return figure, f"The surface of {label}" + (
        ", as the chosen rule has it between measured frames (light) and as it was measured (dark)."
    )


def _outlines(job: Job, chosen: list[Moment], root: int) -> Figure:
    """A cell of a recording in the plane: filled outlines, with that of the measured frame before."""
    from matplotlib.colors import to_rgb

    assert job.filled is not None
    fields = [job.filled.filler.surface(moment, root) for moment in chosen]
    found = [_contours(*field) for field in fields]
    points = np.concatenate([line for lines in found for line in lines])
    low, high = points.min(axis=0), points.max(axis=0)
    half, middle = 0.55 * float((high - low).max()), (low + high) / 2
    figure, axes = _strip(len(chosen), 1.0)
    before: list[NDArray[Any]] = []
    for axis, moment, lines in zip(axes, chosen, found, strict=True):
        colour = to_rgb(SHOWN if moment.measured else OTHER)
        for line in lines:
            axis.fill(line[:, 1], line[:, 0], facecolor=(*colour, 0.35), edgecolor=colour, lw=1.4)
        for line in before:
            axis.plot(line[:, 1], line[:, 0], color=style.MUTED, lw=0.7)
        axis.set_xlim(middle[1] - half, middle[1] + half)
        axis.set_ylim(middle[0] + half, middle[0] - half)
        axis.set_aspect("equal")
        _title(axis, moment)
        before = lines if moment.measured else before
    return figure


def _contours(values: NDArray[np.float32], cube: Cube) -> list[NDArray[Any]]:
    """The outlines of a field on a square, each `(P, 2)`, y and x in µm."""
    from skimage.measure import find_contours

    return [(line + cube.low) * cube.h for line in find_contours(values, 0.0)]


def _mesh(values: NDArray[np.float32], cube: Cube) -> Mesh:
    from skimage.measure import marching_cubes

    if not values.min() < 0 < values.max():
        return Mesh(np.empty((0, 3)), np.empty((0, 3), dtype=int))
    vertices, faces, _, _ = marching_cubes(values, level=0.0, spacing=(cube.h,) * 3, gradient_direction="descent")
    return Mesh((vertices + cube.low * cube.h)[:, ::-1] * np.array([1.0, -1.0, 1.0]), faces)


def _candidates(job: Job) -> tuple[Figure, str] | None:
    """Each rule's error beside that of linear blending."""
    if not len(job.rows):
        return None
    whole = job.rows[~job.rows["divides"].astype(bool)]
    order = job.methods.order
    table = paired(whole if len(whole) else job.rows, order)
    if len(table.columns) < 2 or "linear" not in table:
        return None
    names = [name for name in table.columns if name != "linear"]
    figure = Figure(figsize=(8.5, 0.32 * len(names) + 0.9))
    axis = figure.subplots()
    for place, name in enumerate(reversed(names)):
        change = 100 * (table[name] - table["linear"]) / table["linear"].mean()
        low, high = interval(change)
        chosen = name == job.choices["whole"].rule
        colour = SHOWN if chosen else style.MUTED
        axis.plot([low, high], [place, place], color=colour, lw=2.4 if chosen else 1.4)
        axis.plot(change.mean(), place, "o", color=colour, ms=7 if chosen else 5)
    axis.axvline(0, color=style.INK, lw=0.9)
    axis.set_yticks(range(len(names)), list(reversed(names)))
    axis.set_xlabel("error beside linear blending, % (left is better)")
    return (
        figure,
        "Each rule's error on hidden shapes beside that of linear blending, 95 % intervals; chosen: blue.",
    )


def _expected(job: Job) -> tuple[Figure, str] | None:
    """Errors on hidden shapes by distance, the curve, and where new frames are."""
    if job.expected is None or job.filled is None:
        return None
    figure = Figure(figsize=(8.5, 3.2))
    axis = figure.subplots()
    axis.plot(job.wider["distance"], job.wider["chamfer"], ".", color=style.MUTED, alpha=0.5, label="hidden shapes")
    table = expected.table(job.wider, job.expected)
    axis.plot(table["distance"], table["error"], "s", color=style.INK, label="their mean")
    reach = np.linspace(0, 1.05 * float(job.wider["distance"].max()), 60)
    curve = np.array([job.expected(distance) for distance in reach])
    axis.fill_between(reach, job.expected.low * curve, job.expected.high * curve, color=SHOWN, alpha=0.15, lw=0)
    axis.plot(reach, curve, color=SHOWN, label="expected, with the middle 80 %")
    new = sorted({round(row["distance"], 9) for row in job.filled.rows if not row["measured"]})
    axis.plot(new, np.zeros(len(new)), "|", color=NEW, ms=12, mew=1.6, label="new frames", clip_on=False)
    axis.set_ylim(bottom=0)
    axis.set_xlabel("distance in time to the nearest shown frame")
    axis.set_ylabel(f"error, {wording_of(job.unit)}")
    axis.legend(fontsize=8, ncols=2, loc="upper right")
    return figure, "The chosen rule's error by the distance in time to the nearest frame that it was shown."
