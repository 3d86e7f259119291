"""Heat maps of a metric on the grid of latent codes: a row per method, columns over time (Martens 2025, 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.drawing import blocks as _blocks
from analysis.drawing import style
from analysis.figures import latent_codes
from analysis.statistics import latent
from analysis.tables import order, record
from analysis.tables.selection import NoRows
from analysis.wording import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.metric import Metric
    from analysis.tables.run import Run

TITLE = "Unseen codes over time"
ORDER = 16
SETTING = "best"
TIMES = 4
"""Test times that are shown, evenly spread, before the mean over all of them."""
COLOURS = "YlGnBu"
"""Light is good, dark is bad, also in grey."""
FRAME: dict[str, Any] = {"edgecolor": latent_codes.TRAINING_COLOUR, "facecolor": "none", "linewidth": 1.5}
TRAINING: dict[str, Any] = {
    "linestyle": "none", "marker": "D", "markersize": 2.8, "markerfacecolor": "white", "markeredgewidth": 1.0,
    "markeredgecolor": latent_codes.TRAINING_COLOUR, "zorder": 4,
}  # fmt: skip


def draw(run: Run, metric: str | None = None) -> Figure:
    """The heat maps of ``metric`` (the objective's unless given), one block of rows per supervision, one colour scale.

    Raises ``ValueError`` for an unknown metric, :class:`analysis.tables.selection.NoRows` where nothing was scored yet.
    """
    shown = _metric(run, metric)
    maps = _maps(run, shown)
    supervisions = list(dict.fromkeys(supervision for supervision, _, _ in maps))
    blocks = [
        (name, list(dict.fromkeys(method for where, method, _ in maps if where == name))) for name in supervisions
    ]
    times = sorted({time for _, _, time in maps if time is not None})
    columns = [*times, None]
    titles = [*(f"t = {time:.3g}" for time in times), "mean of test times"]
    scale = _scale(maps, shown)
    with style.context():
        page = _blocks.Page(
            blocks=[(f"{name} supervision", methods) for name, methods in blocks],
            columns=titles, width=1.78, height=1.1, left=1.95, right=0.95, below=0.5,
        )  # fmt: skip
        figure = page.figure()
        for block, (supervision, methods) in enumerate(blocks):
            for row, method in enumerate(methods):
                for column, time in enumerate(columns):
                    axis = page.panel(figure, block, row, column)
                    _heat(axis, maps.get((supervision, method, time)), *scale)
                    lowest = row == len(methods) - 1
                    axis.tick_params(labelleft=column == 0, labelbottom=lowest and block == len(blocks) - 1)
                    if lowest and block == len(blocks) - 1:
                        axis.set_xlabel("z1", labelpad=1, fontsize=9)
                    if column == 0:
                        axis.set_ylabel("z2", rotation=0, labelpad=6, va="center", fontsize=9)
        _bar(figure, page, scale, shown)
        figure.legend(
            handles=_handles(), loc="upper left", ncols=2, handlelength=1.8, bbox_to_anchor=(0.0, 1.0),
        )  # fmt: skip
    return figure


def variants(run: Run) -> dict[str, str]:
    """One figure a metric that has a value at every time, the objective's first."""
    latent.codes(run.per_time)
    first = record.objective(run).name
    metrics = sorted(record.metrics(run), key=lambda metric: metric.name != first)
    return {metric.name: metric.label for metric in metrics if metric.over_time}


def _metric(run: Run, name: str | None) -> Metric:
    if name is None:
        return record.objective(run)
    known = {metric.name: metric for metric in record.metrics(run)}
    if name not in known:
        raise ValueError(f"unknown metric '{name}': this run has {', '.join(known) or 'no metric at all'}")
    return known[name]


def _maps(run: Run, metric: Metric) -> dict[tuple[str, str, float | None], pd.DataFrame]:
    """(supervision, method, time) → :func:`analysis.statistics.latent.latent_grid`, in the order in which they are
    shown."""
    table = latent.codes(run.per_time)
    tested = table[(table["phase"] == "confirm") & (table["setting"] == SETTING) & (table["role"] == "test")]
    if tested.empty:
        raise NoRows("no code of the grid has been fitted and scored yet")
    times = order.spread(sorted(set(tested["time"])), TIMES)
    arms = set(zip(tested["supervision"], tested["method"], strict=True))
    return {
        (supervision, method, time): latent.latent_grid(tested, metric.name, method, supervision, time, SETTING)
        for supervision in order.ordered(tested["supervision"], record.supervisions(run))
        for method in order.ordered(tested["method"], record.methods(run))
        if (supervision, method) in arms
        for time in [*times, None]
    }


def _scale(maps: dict[tuple[str, str, float | None], pd.DataFrame], metric: Metric) -> tuple[Any, Any]:
    """One scale for all maps, logarithmic where the values span more than a factor of ten, and its colours."""
    from matplotlib import colormaps
    from matplotlib.colors import LogNorm, Normalize

    values = np.concatenate([grid.to_numpy().ravel() for grid in maps.values()])
    values = values[np.isfinite(values)]
    if not len(values):
        raise NoRows(f"no surface of the grid has a {metric.label}")
    low, high = float(values.min()), float(values.max())
    colours = colormaps[COLOURS if metric.lower else f"{COLOURS}_r"]
    if low > 0 and high > 10 * low:
        return LogNorm(low, high), colours
    return Normalize(low, high if high > low else low + 1.0), colours


def _heat(axis: Any, grid: pd.DataFrame | None, norm: Any, colours: Any) -> None:
    """One map: a cell per code with its value, the hull and the training codes where they lie."""
    if grid is None:
        axis.set_axis_off()
        return
    axis.grid(visible=False)
    axis.tick_params(length=0, labelsize=7.5, pad=2)
    axis.spines[:].set_visible(False)
    z1, z2 = grid.columns.to_numpy(), grid.index.to_numpy()
    values = np.ma.masked_invalid(grid.to_numpy())
    axis.pcolormesh(_edges(z1), _edges(z2), values, norm=norm, cmap=colours, edgecolor="white", linewidth=0.8)
    for (row, column), value in np.ndenumerate(grid.to_numpy()):
        red, green, blue, _ = colours(norm(value)) if np.isfinite(value) else (1.0, 1.0, 1.0, 1.0)
        dark = 0.30 * red + 0.59 * green + 0.11 * blue < 0.5
        axis.text(
            z1[column], z2[row], number(float(f"{value:.1e}"), 2), ha="center", va="center_baseline", fontsize=7,
            color="white" if dark else style.INK,
        )  # fmt: skip
    axis.add_patch(_frame(z1, z2))
    axis.plot(*zip(*latent.TRAINING_CODES, strict=True), **TRAINING)
    axis.set_xticks(z1, [f"{value:g}".replace("-", "−") for value in z1])
    axis.set_yticks(z2, [f"{value:g}".replace("-", "−") for value in z2])


def _frame(z1: np.ndarray, z2: np.ndarray) -> Any:
    """Around the cells whose codes lie in the hull: the hull itself would run through the numbers of the others."""
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke

    sides = []
    for centres, half in zip((z1, z2), latent.HULL, strict=True):
        edges, inside = _edges(centres), np.flatnonzero(np.abs(centres) <= half)
        sides.append(np.sort([edges[inside.min()], edges[inside.max() + 1]]) if len(inside) else np.zeros(2))
    (left, right), (lower, upper) = sides
    return Rectangle(
        (left, lower),
        right - left,
        upper - lower,
        zorder=3,
        path_effects=[withStroke(linewidth=3.2, foreground="white")],
        **FRAME,
    )


def _edges(centres: np.ndarray) -> np.ndarray:
    """Edges (n + 1,) of the cells around ``centres`` (n,)."""
    if len(centres) == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    between = (centres[1:] + centres[:-1]) / 2
    return np.array([2 * centres[0] - between[0], *between, 2 * centres[-1] - between[-1]])


def _bar(figure: Figure, page: _blocks.Page, scale: tuple[Any, Any], metric: Metric) -> None:
    """The colour scale, right of the first block."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.ticker import FuncFormatter, NullFormatter

    width, height = page.size
    top, rows = page.top(0, 0), len(page.blocks[0][1])
    long = rows * (page.height + page.gap) - page.gap
    axis = figure.add_axes(((width - page.right + 0.15) / width, (top - long) / height, 0.14 / width, long / height))
    norm, colours = scale
    bar = figure.colorbar(ScalarMappable(norm, colours), cax=axis)
    bar.set_label(f"{metric.axis}, {metric.better} is better", fontsize=9)
    bar.outline.set_visible(False)
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.tick_params(labelsize=8)


def _handles() -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        Line2D([], [], **TRAINING, label="training code"),
        Patch(**FRAME, label="codes inside the hull of the training codes"),
    ]


def caption(run: Run, metric_name: str | None = None) -> str:
    metric = _metric(run, metric_name)
    return (
        f"{metric.label} of the sequences whose codes were not in training, each cell one code, mean over replicates "
        f"at each method's best configuration ({metric.better} is better): at some of the test times, at which no code "
        "was fitted, and averaged over all test times. The frame holds the codes inside the hull of the training "
        "codes. One colour scale for all maps."
    )


def alternative(run: Run, metric_name: str | None = None) -> str:
    metric = _metric(run, metric_name)
    said = []
    for (supervision, method, time), grid in _maps(run, metric).items():
        if time is None and grid.notna().to_numpy().any():
            values, z1, z2 = grid.to_numpy(), grid.columns.to_numpy(), grid.index.to_numpy()
            place = np.nanargmax(values) if metric.lower else np.nanargmin(values)
            row, column = np.unravel_index(place, values.shape)
            said.append(
                f"{method}, {supervision}: mean {number(float(np.nanmean(values)))}, worst "
                f"{number(float(values[row, column]))} at z1 = {z1[column]:g}, z2 = {z2[row]:g}"
            )
    return f"Heat maps of {metric.label} over the plane of the latent codes. Over all test times, {'; '.join(said)}."
