"""Some subjects side by side, in the manner of Waibel 2022, figure 2a: input, truth, predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.drawing import blocks, small, style
from analysis.drawing.rendering import Mesh, extent, picture
from analysis.statistics import subject_errors
from analysis.tables import order, record
from analysis.tables.selection import NoRows, NotApplicable
from analysis.wording import listing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "From image to shape"
ORDER = 16
SECTION = "surfaces"
WHAT = "Shapes predicted from images"
SCORED = True
SHOWN_WORDS = "each column is one that the networks did not see"
SETTING = "best"
INPUT, TRUTH = "image", "ground truth"
TRUE_COLOUR, COLOUR = "#2e6fb7", "#efc48c"
WIDTH = 1.62
"""Inches of a panel."""
RESOLUTION = 200
"""Pixels per inch of a picture."""
TILT = 32.0
"""Degrees by which a shape is tipped towards the viewer, so that its top, the plane of the image, can be seen too."""

Key = tuple[str, str]
"""Subject, row (ground truth or method)."""


def draw(run: Run) -> Figure:
    """A column per subject; the image, the ground truth and the prediction of every method, one camera for all."""
    table = _chosen(run)
    meshes, images = _meshes(table), _images(table)
    names = sorted(images)
    rows = order.ordered({row for _, row in meshes}, [TRUTH, *record.methods(run)])
    window = _window(list(meshes.values()))
    scores = _scores(run)
    with style.context():
        page = blocks.Page(
            blocks=[("", [INPUT, *rows])], columns=[_title(run, name) for name in names], width=WIDTH, height=WIDTH,
            left=1.42, gap=0.14, above=0.25, heading=0.45, below=0.2,
        )  # fmt: skip
        figure = page.figure()
        for column, name in enumerate(names):
            axis = page.panel(figure, 0, 0, column)
            axis.set_axis_off()
            axis.imshow(images[name], cmap="gray", vmin=0.0, interpolation="nearest")
            for row, kind in enumerate(rows, 1):
                mesh = meshes.get((name, kind))
                if mesh is not None:
                    axis = page.panel(figure, 0, row, column)
                    axis.set_axis_off()
                    _panel(axis, mesh, TRUE_COLOUR if kind == TRUTH else COLOUR, window)
                    if (name, kind) in scores:
                        axis.text(0.5, -0.02, scores[name, kind], transform=axis.transAxes, ha="center", fontsize=8)
    return figure


def present(run: Run, supervision: str | None) -> set[str]:
    """The methods that have kept shapes; raises NotApplicable where a run keeps none."""
    table = _chosen(run)
    return set(table.loc[table["kind"] == "predicted", "method"].astype(str))


def beside(run: Run, supervision: str, methods: Mapping[str, str]) -> Figure:
    """The images, the true shapes and those of some methods, with what they are called, small."""
    table = _chosen(run)
    meshes, shown = _meshes(table), _images(table)
    names = order.spread(sorted(shown), small.COLUMNS)
    window, scores = _window(list(meshes.values())), _scores(run)
    with style.context():
        page = small.Small(
            rows=[INPUT, TRUTH, *methods.values()],
            columns=[_title(run, name).split("\n")[0].replace(" ", "\n") for name in names],
            aspect=1.0,
        )
        figure = page.figure()
        for column, name in enumerate(names):
            axis = page.panel(figure, 0, column)
            axis.set_axis_off()
            axis.imshow(shown[name], cmap="gray", vmin=0.0, interpolation="nearest")
            for row, kind in enumerate([TRUTH, *methods], 1):
                if (mesh := meshes.get((name, kind))) is not None:
                    axis = page.panel(figure, row, column, scores.get((name, kind), "").rpartition(" ")[2])
                    axis.set_axis_off()
                    _panel(axis, mesh, TRUE_COLOUR if kind == TRUTH else COLOUR, window)
    return figure


def _chosen(run: Run) -> pd.DataFrame:
    """The rows to draw with their method."""
    if not record.timeless(run):
        raise NotApplicable("this study is about shapes over time")
    trials = run.trials[(run.trials["phase"] == "confirm") & (run.trials["setting"] == SETTING)]
    table = run.surfaces.merge(trials[["trial", "method"]], on="trial")
    if table.empty or "pixels" not in table:
        raise NoRows("no confirmed trial has kept its shapes yet")
    return table


def _meshes(table: pd.DataFrame) -> dict[Key, Mesh]:
    found: dict[Key, Mesh] = {}
    for row in table[table["kind"] != "input"].itertuples():
        name = TRUTH if row.kind == "true" else str(row.method)
        vertices, faces = np.asarray(row.vertices, dtype="float32"), np.asarray(row.faces, dtype="int64")
        found.setdefault((str(row.sequence), name), Mesh(_tipped(vertices.reshape(-1, 3)), faces.reshape(-1, 3)))
    return found


def _tipped(vertices: np.ndarray) -> np.ndarray:
    """Turned about the x axis, so that what points up in depth comes nearer to the viewer at -y."""
    angle = np.radians(TILT)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    turned: np.ndarray = vertices @ turn.T.astype(vertices.dtype)
    return turned


def _images(table: pd.DataFrame) -> dict[str, np.ndarray]:
    found = {}
    for row in table[table["kind"] == "input"].itertuples():
        pixels = np.asarray(row.pixels, dtype="float32")
        side = round(len(pixels) ** 0.5)
        found[str(row.sequence)] = pixels.reshape(side, side)
    return found


def _window(meshes: list[Mesh]) -> tuple[float, float, float, float]:
    """A square that holds all meshes as the camera sees them."""
    left, right, lower, upper = extent(meshes)
    half = 0.53 * max(right - left, upper - lower)
    across, up = (left + right) / 2, (lower + upper) / 2
    return across - half, across + half, up - half, up + half


def _panel(axis: Any, mesh: Mesh, colour: str, window: tuple[float, float, float, float]) -> None:
    from matplotlib.colors import to_rgb

    if mesh.empty:
        axis.text(0.5, 0.5, "no surface", transform=axis.transAxes, ha="center", va="center", style="italic")
        return
    side = round(WIDTH * RESOLUTION)
    axis.imshow(picture(mesh, to_rgb(colour), window, (side, side)), aspect="auto", interpolation="antialiased")


def _scores(run: Run) -> dict[Key, str]:
    """The answer's metric of every subject and method, its replicates averaged, in words."""
    metric, table = record.objective(run), record.tested(run)
    means = subject_errors.subjects(table[table["setting"] == SETTING], metric.name)
    return {
        (str(name), str(method)): f"{metric.label} {value:.2f}"
        for method in means
        for name, value in means[method].dropna().items()
    }


def _title(run: Run, name: str) -> str:
    """Class and number of a subject."""
    table = run.per_time
    kinds = table.loc[table["sequence"] == name, "class"] if "class" in table else pd.Series(dtype=str)
    number = name[len(name.rstrip("0123456789")) :]
    return f"{kinds.iloc[0]}\n{number}" if len(kinds) and number else name


def caption(run: Run) -> str:
    return (
        f"Each column is one {record.subject(run)} that the networks did not see, the first ones of every class: what "
        "went in, the true shape, and what a network of each method makes of it at the method's best configuration "
        "(first seed), seen from the side and tipped towards the viewer. Camera, light and scale are the same "
        f"everywhere. Beneath: its {record.objective(run).label}, averaged over its replicates."
    )


def alternative(run: Run) -> str:
    table = _chosen(run)
    meshes = _meshes(table)
    rows = order.ordered({row for _, row in meshes}, [TRUTH, *record.methods(run)])
    return (
        f"Images of {listing(sorted(_images(table)))} above rendered shapes, one row each for {listing(rows)}. "
        f"{'; '.join(f'{name}, {row}: no surface' for (name, row), mesh in meshes.items() if mesh.empty)}"
    ).strip()
