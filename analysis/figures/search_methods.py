"""The search of one method: how much each parameter matters (conditional PED-ANOVA), parallel coordinates of all
trials, and a slice for each parameter, with the trials that were stopped; at last accuracy against training seconds
with its Pareto front. The trials of all methods in their order, beside each other, are in
:mod:`analysis.figures.search`.

Placed in inches, as :mod:`analysis.drawing.blocks` does. Coordinates are logarithmic where the search space is.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.drawing import coordinates, style
from analysis.drawing.coordinates import Coordinate
from analysis.statistics import search
from analysis.tables import record
from analysis.tables.selection import NoRows, NotApplicable
from analysis.wording import listing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "The search, method by method"
ORDER = 32
SECTION = "search"
FEWEST = 10
"""Trials that an arm has at least if it is drawn, stopped ones among them."""
WIDTH, LEGEND, HEADING, UPPER, LOWER, BELOW = 11.25, 0.42, 0.34, 2.6, 2.4, 0.25
"""Inches: of the page, and of what lies below each other on it: a legend, per supervision a line and two rows, and room
for the last row's names."""
NAMES, BARS, BETWEEN = 1.35, 2.0, 1.15
"""Inches of the upper row: names of parameters, their bars, and what is between these and the coordinates."""
LEFT, GAP, WIDEST = 0.8, 0.16, 2.4
"""Inches of the lower row: left of it, between slices, the most of a slice."""
LETTER, LINE, ASLANT = 0.075, 0.15, 0.3
"""Inches of a letter of a tick and of a line of it, with some air, and what is left for names that are aslant."""
PALE = "#aab0b7"
WITHIN = "#e9edf1"
"""Colours of what is not among the best trials, and of values that are as good as the best."""
_DOTTED: Any = (0, (1.0, 1.8))
_FRONT: dict[str, Any] = {
    "color": style.INK, "linewidth": 1.0, "linestyle": (0, (5.0, 2.0)), "drawstyle": "steps-post"
}  # fmt: skip


def variants(run: Run) -> dict[str, str]:
    """Method → title, of every method of which some arm has enough complete trials to compare."""
    if not search.searched(run):
        raise NotApplicable("every arm had one trial: nothing was searched")
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
    """Per supervision: importances beside parallel coordinates, where there are several parameters, and slices."""
    from matplotlib.figure import Figure

    known = variants(run)
    method = next(iter(known)) if method is None else method
    if method not in known:
        raise ValueError(f"no search of method '{method}' can be drawn: name one of {', '.join(known)}")
    arms = [_Arm(run, one, name) for one, name in search.arms(run) if one == method and _worth(run, one, name)]
    lowers = [LOWER + _below(arm) for arm in arms]
    height = LEGEND + sum(HEADING + arm.upper + lower for arm, lower in zip(arms, lowers, strict=True)) + BELOW
    with style.context():
        figure, top = Figure(figsize=(WIDTH, height)), height - LEGEND
        for arm, lower in zip(arms, lowers, strict=True):
            where = (0.12 / WIDTH, (top - 0.22) / height)
            figure.text(*where, f"{arm.supervision} supervision", fontweight="bold", fontsize=12, ha="left")
            top -= HEADING
            if arm.upper:
                left = NAMES + BARS + BETWEEN
                arm.importances(_axes(figure, NAMES, top - 0.35, BARS, UPPER - 0.95))
                width = WIDTH - left - 0.3
                arm.parallel(_axes(figure, left, top - 0.35, width, UPPER - 0.95), width)
            top -= arm.upper
            _slices(figure, arm, top)
            top -= lower
        figure.legend(
            handles=_handles(arms), loc="upper left", bbox_to_anchor=(0, 1), ncols=6, handlelength=1.8,
            columnspacing=1.4, fontsize=9,
        )  # fmt: skip
    return figure


def _slices(figure: Figure, arm: _Arm, top: float) -> None:
    """The lower row of an arm."""
    columns, width = len(arm.parameters) + 1, _width(arm)
    for column in range(columns):
        axis = _axes(figure, LEFT + column * (width + GAP), top - 0.3, width, LOWER - 0.95)
        arm.slice(axis, column, width)


def _width(arm: _Arm) -> float:
    """Inches of a slice."""
    columns = len(arm.parameters) + 1
    return min(WIDEST, (WIDTH - LEFT - 0.15 - GAP * (columns - 1)) / columns)


def _below(arm: _Arm) -> float:
    """Inches that the names below the slices of an arm take beyond what there is."""
    width = _width(arm)
    tall = [np.sin(np.radians(_slant(one, width))) * _longest(one) for one in arm.parameters.values() if one.choices]
    return max(0.0, max(tall, default=0.0) - ASLANT)


def _axes(figure: Figure, left: float, top: float, width: float, height: float) -> Any:
    """Axes of that size, whose upper left corner is at that place; all in inches."""
    tall = figure.get_figheight()
    return figure.add_axes((left / WIDTH, (top - height) / tall, width / WIDTH, height / tall))


class _Arm:
    """The trials of a method under one supervision, and the coordinates that they lie on."""

    def __init__(self, run: Run, method: str, supervision: str) -> None:
        self.run, self.method, self.supervision = run, method, supervision
        trials = search.ranked(run, method, supervision)
        self.trials = trials[np.isfinite(trials["objective"]) & trials["state"].isin(["complete", "pruned"])]
        self.colour = style.method_style(method).colour
        metric = record.objective(run)
        self.objective = coordinates.of_values(metric.label, self.trials["objective"])
        self.seconds = coordinates.of_values("training seconds", self.complete["seconds"].fillna(0.0))
        table, kinds = search.importances(run), search.distributions(run, method, supervision)
        table = table[(table["method"] == method) & (table["supervision"] == supervision)]
        self.shares = dict(zip(table["parameter"], table["importance"], strict=True))
        self.parameters = {
            name: coordinates.of_parameter(_named(method, name), kinds[name]) for name in self.shares
        }  # the most important first
        within = search.one_standard_error(run)
        within = within[(within["method"] == method) & (within["supervision"] == supervision)]
        known = within[within["standard_error"].notna()].to_dict("records")
        self.as_good = {str(row["parameter"]): (row["low"], row["high"]) for row in known}

    @property
    def upper(self) -> float:
        """Height of the upper row: of one parameter there is nothing to say but its slice."""
        return UPPER if len(self.parameters) > 1 else 0.0

    @property
    def complete(self) -> pd.DataFrame:
        """The best first."""
        return self.trials[self.trials["rank"].notna()].sort_values("rank")

    @property
    def pruned(self) -> pd.DataFrame:
        return self.trials[self.trials["rank"].isna()]

    def importances(self, axis: Any) -> None:
        """A bar for each parameter, the most important on top."""
        shares, places = np.array(list(self.shares.values())), np.arange(len(self.shares))
        axis.barh(places, shares, height=0.62, color=self.colour)
        for place, share in zip(places, shares, strict=True):
            said = f"{share:.2f}" if share >= 0.01 else "< 0.01"
            axis.text(share, place, f" {said}", va="center", ha="left", fontsize=9)
        axis.set_yticks(places, [one.label for one in self.parameters.values()], fontsize=9)
        axis.set(ylim=(len(places) - 0.4, -0.6), xlim=(0, 1.22 * max(shares.max(), 1e-9)))
        axis.set_xticks([])
        axis.grid(visible=False)
        axis.tick_params(axis="y", length=0)
        axis.spines["bottom"].set_visible(False)
        axis.set_title("Importance", fontsize=10)

    def parallel(self, axis: Any, width: float) -> None:
        """A line for each trial through its objective and its parameters, ``width`` inches wide: what follows an axis
        of names is as far away as these are long."""
        across = [self.objective, *self.parameters.values()]
        room = [max(1.0, _longest(one) * len(across) / width) if one.choices else 1.0 for one in across]
        *at, end = np.cumsum([0.0, *room[:-1], room[-1] if across[-1].choices else 0.5])
        for rows, look in (
            (self.pruned, {"color": PALE, "linewidth": 0.9, "linestyle": _DOTTED}),
            (self.complete.iloc[_quarter(self.complete) :], {"color": PALE, "linewidth": 1.0}),
            (self.complete.iloc[1 : _quarter(self.complete)], {"color": style.INK, "linewidth": 1.1}),
            (self.complete.iloc[:1], {"color": self.colour, "linewidth": 2.6, "marker": "*", "markersize": 8}),
        ):
            lines = np.stack([one.places(rows[name]) for name, one in zip(self._columns, across, strict=True)])
            if lines.size:
                axis.plot(at, lines, **look, clip_on=False)
        axis.set(xlim=(0, end), ylim=(0, 1), yticks=[])
        for place, one in zip(at, across, strict=True):
            axis.axvline(place, color=style.MUTED, linewidth=0.8, clip_on=False)
            for height, words in zip(*one.ticks(), strict=True):
                axis.annotate(
                    words, (place, height), xytext=(3, 0), textcoords="offset points", fontsize=8, va="center",
                    annotation_clip=False, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6},
                )  # fmt: skip
        letters = max(8, int(width / end / LETTER))
        axis.set_xticks(at, [textwrap.fill(one.label, letters) for one in across], fontsize=9)
        axis.grid(visible=False)
        axis.tick_params(axis="x", length=0, pad=7)
        for spine in axis.spines.values():
            spine.set_visible(False)
        axis.set_title("Parallel coordinates", fontsize=10, pad=12)

    def slice(self, axis: Any, column: int, width: float) -> None:
        """The objective over one parameter, or after the last one over training seconds, ``width`` inches wide."""
        name = [*self.parameters, ""][column]
        one = self.parameters[name] if name else self.seconds
        key = f"{search.PREFIX}{name}" if name else "seconds"
        if name:
            if name in self.as_good:
                low, high = one.places(self.as_good[name])
                axis.axvspan(low - 0.03, high + 0.03, color=WITHIN, linewidth=0, zorder=0)
            axis.plot(*self._points(self.pruned, key, one), **_marker("pruned"), clip_on=False)
        else:
            self._front(axis)
        axis.plot(*self._points(self.complete.iloc[1:], key, one), **_marker("complete", self.colour), clip_on=False)
        axis.plot(*self._points(self.complete.iloc[:1], key, one), **_marker("best", self.colour), clip_on=False)
        _ticks(axis, one, width)
        axis.set_yticks(*self.objective.ticks(), fontsize=8)
        axis.tick_params(axis="y", labelleft=column == 0)
        axis.set(xlim=(-0.04, 1.04), ylim=(-0.06, 1.06))
        axis.set_xlabel(textwrap.fill(one.label, 15), fontsize=9)
        if column == 0:
            axis.set_ylabel(self.objective.label, fontsize=9)
            axis.set_title("Slices", fontsize=10)

    @property
    def _columns(self) -> list[str]:
        return ["objective", *(f"{search.PREFIX}{name}" for name in self.parameters)]

    def _points(self, trials: pd.DataFrame, key: str, one: Coordinate) -> tuple[np.ndarray, np.ndarray]:
        return one.places(trials[key]), self.objective.places(trials["objective"])

    def _front(self, axis: Any) -> None:
        """Through the trials that no other was both faster and better than."""
        trials = self.complete.sort_values(["seconds", "rank"])
        front = trials[trials["rank"] == trials["rank"].cummin()]
        axis.plot(*self._points(front, "seconds", self.seconds), **_FRONT)


def _quarter(complete: pd.DataFrame) -> int:
    return max(1, round(len(complete) / 4))


def _ticks(axis: Any, one: Coordinate, width: float) -> None:
    """Those of an axis ``width`` inches wide: of numbers that would touch the outer ones, which do not reach beyond the
    axis; names that would touch are aslant."""
    places, words = one.ticks()
    if not one.choices and LETTER * sum(map(len, words)) > width:
        places, words = places[[0, -1]], [words[0], words[-1]]
    axis.set_xticks(places, words, fontsize=8)
    labels, slant = axis.get_xticklabels(), _slant(one, width)
    for label in labels if slant else []:
        label.set(rotation=slant, ha="right", va="center" if slant == 90 else "top", rotation_mode="anchor")
    if len(labels) > 1 and not one.choices:
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right")


def _longest(one: Coordinate) -> float:
    """Inches of the longest name of a choice."""
    return LETTER * max(len(str(choice)) for choice in one.choices)


def _slant(one: Coordinate, width: float) -> float:
    """Degrees by which names of choices are turned so that they do not touch below an axis ``width`` inches wide."""
    _, words = one.ticks()
    if not one.choices or LETTER * sum(map(len, words)) <= width:
        return 0.0
    apart = width / max(1, len(words) - 1)
    return float(np.degrees(np.arcsin(min(1.0, LINE / apart))))


def _marker(state: str, colour: str = PALE) -> dict[str, Any]:
    shape, size = {"complete": ("o", 5.0), "pruned": ("v", 5.0), "best": ("*", 12.0)}[state]
    edge = {"complete": "white", "pruned": style.MUTED, "best": style.INK}[state]
    return {
        "linestyle": "none", "marker": shape, "markersize": size, "markeredgecolor": edge, "markeredgewidth": 0.8,
        "markerfacecolor": "white" if state == "pruned" else colour, "zorder": 4 if state == "best" else 3,
    }  # fmt: skip


def _handles(arms: list[_Arm]) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def entry(label: str, **look: Any) -> Line2D:
        return Line2D([], [], label=label, **look)

    colour, several = arms[0].colour, any(arm.upper for arm in arms)
    line, thick, dots = (({"linestyle": kind} if several else {}) for kind in ("-", "-", _DOTTED))
    handles: list[Any] = [entry("the best", color=colour, **_marker("best", colour) | thick | {"linewidth": 2.6})]
    handles += [entry("the best quarter", color=style.INK, linewidth=1.1)] * several
    handles += [
        entry("other complete trials" if several else "complete", color=PALE, **_marker("complete", colour) | line)
    ]
    handles += [entry("stopped early", color=PALE, **_marker("pruned") | dots)]
    handles += [Patch(facecolor=WITHIN, label="as good as the best")] * any(arm.as_good for arm in arms)
    return [*handles, entry("no other faster and better", **_FRONT)]


def _named(method: str, name: str) -> str:
    """A parameter's label in lines, without the method's own name."""
    return textwrap.fill(search.label(name).removeprefix(f"{method} "), 18, break_on_hyphens=False)


def caption(run: Run, method: str) -> str:
    metric = record.objective(run)
    several = any(len(search.distributions(run, one, name)) > 1 for one, name in search.arms(run) if one == method)
    above = (
        " Importance is that of conditional PED-ANOVA: what takes a trial among the best. In the parallel coordinates "
        "a line is a trial, in the slices a point is one."
    )
    said = " ".join(search.sentences(run, method))
    return (
        f"What the search tried for {method}: {metric.label} ({metric.better} is better), of stopped trials when they "
        f"were stopped.{above if several else ''} Axes are logarithmic where the search space is. The line over "
        f"training seconds joins the trials that no other was both faster and better than. {said}"
    )


def alternative(run: Run, method: str) -> str:
    table = search.importances(run)
    rows = table[(table["method"] == method) & table["importance"].notna()]
    said = []
    for supervision, part in rows.groupby("supervision", sort=False):
        shares = zip(part["parameter"], part["importance"], strict=True)
        said.append(f"{supervision}: {listing([f'{search.label(name)} {share:.2f}' for name, share in shares])}")
    known = f" Importances, {'; '.join(said)}." if said else ""
    shown = "Importance, parallel coordinates, slices and accuracy against seconds of the search"
    return f"{shown} of {method}.{known}"
