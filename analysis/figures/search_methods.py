"""The search of one method, as Optuna draws it: history, how much each parameter matters (conditional PED-ANOVA),
accuracy against training seconds with its Pareto front, slices, and parallel coordinates. All methods beside each
other, with the trials that were stopped, are in :mod:`analysis.figures.search`.

Optuna's plots make figures of their own, one at a time; they are put together here as pictures.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.drawing import style
from analysis.statistics import search
from analysis.tables import record
from analysis.tables.selection import NoRows
from analysis.wording import listing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "The search, method by method"
ORDER = 32
SECTION = "search"
WIDTH = 11.25
SHARPNESS = 140
"""Dots per inch at which Optuna's plots are drawn."""
HEIGHT, HEADING = 2.6, 0.42
"""In inches, of a plot and of the line above an arm."""
HEIGHTS = (HEIGHT, HEIGHT, HEIGHT)
FEWEST = 10
"""Trials that an arm has at least if it is drawn, stopped ones among them."""


def variants(run: Run) -> dict[str, str]:
    """Method → title, of every method of which some arm has enough complete trials to compare."""
    found = {method: method for method, supervision in search.arms(run) if _worth(run, method, supervision)}
    if not found:
        raise NoRows(
            f"no method has {FEWEST} trials of its search, enough of them complete to be held against each other"
        )
    return found


def _worth(run: Run, method: str, supervision: str) -> bool:
    return (
        search.ended(run, method, supervision) >= FEWEST
        and search.complete(run, method, supervision) >= search.FEWEST_TRIALS
    )


def draw(run: Run, method: str | None = None) -> Figure:
    """Per supervision: history, importance and Pareto front, below them slices and parallel coordinates."""
    from matplotlib.figure import Figure

    known = variants(run)
    method = next(iter(known)) if method is None else method
    if method not in known:
        raise ValueError(f"no search of method '{method}' can be drawn: name one of {', '.join(known)}")
    drawn = [name for one, name in search.arms(run) if one == method and _worth(run, one, name)]
    height = len(drawn) * (HEADING + sum(HEIGHTS))
    with style.context():
        figure = Figure(figsize=(WIDTH, height))
        top = height
        for supervision in drawn:
            where = (0.01, (top - 0.28) / height)
            figure.text(*where, f"{supervision} supervision", fontweight="bold", fontsize=12, ha="left")
            top -= HEADING
            for line, pictures in zip(HEIGHTS, _pictures(run, method, supervision), strict=True):
                top -= line
                for place, picture in enumerate(pictures):
                    width = 1 / len(pictures)
                    axes = figure.add_axes((place * width, top / height, width, line / height))
                    axes.imshow(picture, aspect="auto", interpolation="antialiased")
                    axes.set_axis_off()
    return figure


def _pictures(run: Run, method: str, supervision: str) -> list[list[np.ndarray]]:
    """The plots of one arm, by row."""
    import optuna.visualization.matplotlib as plots

    named = partial(_named, method)
    study = search.optuna_study(run, method, supervision, named=named)
    timed = search.optuna_study(run, method, supervision, seconds=True, named=named)
    complete, metric = search.complete(run, method, supervision), record.objective(run).label
    third, whole = WIDTH / 3, WIDTH
    history = _picture(lambda: plots.plot_optimization_history(study, target_name=metric), third, "History")
    evaluator = search.evaluator(complete)
    importance = _picture(lambda: plots.plot_param_importances(study, evaluator=evaluator), third, "Importance")
    front = _picture(lambda: plots.plot_pareto_front(timed), third, "Against training seconds")
    slices = _picture(lambda: plots.plot_slice(study, target_name=metric), whole, "Slices")
    lines = _picture(lambda: plots.plot_parallel_coordinate(study, target_name=metric), whole, "Parallel coordinates")
    return [[history, importance, front], [slices], [lines]]


def _named(method: str, name: str) -> str:
    """A parameter's label in two lines, without the method's own name."""
    return textwrap.fill(search.label(name).removeprefix(f"{method} "), 15, break_on_hyphens=False)


def _picture(plot: Callable[[], Any], width: float, title: str) -> np.ndarray:
    """One of Optuna's plots as an image ``[height, width, 4]``."""
    from matplotlib import pyplot
    from matplotlib.axes import Axes

    settings: Any = {"figure.constrained_layout.use": True, "font.size": 9, "axes.grid": False}
    with search.quiet(), style.context(), pyplot.rc_context(settings), pyplot.ioff():
        drawn = plot()
        figure: Any = (drawn if isinstance(drawn, Axes) else np.ravel(drawn)[0]).figure
        try:
            for axis in figure.axes:
                axis.set_title("")
                _plain_ticks(axis)
            for axis in figure.axes:
                legend = axis.get_legend()
                if legend is not None and len(legend.get_texts()) == 1:
                    legend.remove()
                elif legend is not None:  # of the history it stands beside the panel, where there is no room
                    axis.legend(loc="best", fontsize=8)
            figure.suptitle(title, x=0.02, ha="left", fontsize=11, fontweight="bold")
            return _rendered(figure, width)
        finally:
            pyplot.close(figure)


def _plain_ticks(axis: Any) -> None:
    """Two or three plain numbers on a logarithmic axis, upright names below, all in small type."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    for which, places in ((axis.xaxis, [1, 5]), (axis.yaxis, [1, 3, 5])):
        which.label.set_fontsize(9)
        if which.get_scale() == "log":
            low, high = sorted(float(value) for value in which.get_view_interval())
            inner = np.geomspace(low, high, 7)[places]
            which.set_major_locator(FixedLocator([float(f"{value:.2g}") for value in inner]))
            which.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}" if value >= 1e-3 else f"{value:.1e}"))
            which.set_minor_locator(NullLocator())
    axis.tick_params(axis="x", labelrotation=0)


def _rendered(figure: Any, width: float) -> np.ndarray:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_size_inches(width, HEIGHT)
    figure.set_dpi(SHARPNESS)
    figure.set_facecolor("white")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


def caption(run: Run, method: str) -> str:
    metric = record.objective(run)
    said = " ".join(search.sentences(run, method))
    return (
        f"What the search tried for {method}, drawn by Optuna: {metric.label} ({metric.better} is better) of complete "
        "trials; importance is that of conditional PED-ANOVA, and red against training seconds are the trials that no "
        f"other was both faster and better than. {said}"
    )


def alternative(run: Run, method: str) -> str:
    table = search.importances(run)
    rows = table[(table["method"] == method) & table["importance"].notna()]
    said = []
    for supervision, part in rows.groupby("supervision", sort=False):
        shares = zip(part["parameter"], part["importance"], strict=True)
        said.append(f"{supervision}: {listing([f'{search.label(name)} {share:.2f}' for name, share in shares])}")
    known = f" Importances, {'; '.join(said)}." if said else ""
    shown = "History, importance, accuracy against seconds, slices and parallel coordinates of the search"
    return f"{shown} of {method}.{known}"
