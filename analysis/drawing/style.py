"""How figures look: one colour, line and marker per method, the same everywhere, and settings that end with
the figure.

The colours are Okabe and Ito's, which colour-blind readers tell apart; printed grey, the line styles and
markers do. Nothing changes at import: matplotlib's settings hold inside ``with style.context():`` only.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

INK = "#24292f"
MUTED = "#6e7781"
GRID = "#e4e7eb"
DPI = 100
SMALLEST = 7.5
"""Width in inches that a figure has at least, so that its legend fits."""
ABOVE = 0.5
"""Height in inches for the legend above the panels."""


@dataclass(frozen=True, kw_only=True)
class MethodStyle:
    """A method's colour (hex), line style (offset and dashes, in line widths) and marker."""

    colour: str
    line: tuple[float, tuple[float, ...]]
    marker: str


_SOLID, _DASHED, _DASH_DOT, _DOTTED = (
    (0, ()),
    (0, (6.0, 2.0)),
    (0, (6.0, 1.6, 1.2, 1.6)),
    (0, (1.2, 1.6)),
)
_LONG, _DASH_DOT_DOT, _SHORT = (0, (10.0, 2.5)), (0, (4.0, 1.4, 1.0, 1.4, 1.0, 1.4)), (0, (3.0, 1.2))

METHODS = {
    "none": MethodStyle(colour="#24292f", line=_SOLID, marker="o"),
    "sinkhorn": MethodStyle(colour="#0072b2", line=_DASHED, marker="s"),
    "barycenter": MethodStyle(colour="#d55e00", line=_DASH_DOT, marker="^"),
    "sinkhorn+barycenter": MethodStyle(colour="#009e73", line=_DASH_DOT_DOT, marker="D"),
    "temporal-smoothness": MethodStyle(colour="#e69f00", line=_SHORT, marker="X"),
    "topology": MethodStyle(colour="#56b4e9", line=_DASHED, marker="*"),
    "sinkhorn+topology": MethodStyle(colour="#7b4fa3", line=_LONG, marker="h"),
    "barycenter+topology": MethodStyle(colour="#a6761d", line=_SHORT, marker="p"),
    "advection": MethodStyle(colour="#66803b", line=_DASH_DOT, marker="d"),
    "anchored": MethodStyle(colour="#1b7f8c", line=_SOLID, marker="o"),
    "anchored+sinkhorn": MethodStyle(colour="#0072b2", line=_LONG, marker=">"),
    "anchored+barycenter": MethodStyle(colour="#d55e00", line=_LONG, marker="<"),
    "anchored+fine-sinkhorn": MethodStyle(colour="#56b4e9", line=_SHORT, marker="d"),
    "anchored+sinkhorn+barycenter": MethodStyle(colour="#009e73", line=_LONG, marker="8"),
    "anchored+temporal-smoothness": MethodStyle(colour="#e69f00", line=_LONG, marker="P"),
    "linear-blend": MethodStyle(colour="#8a8f98", line=_DOTTED, marker="v"),
    "spline-blend": MethodStyle(colour="#8a8f98", line=_DASHED, marker="<"),
    "volume-blend": MethodStyle(colour="#8a8f98", line=_DASH_DOT, marker=">"),
    "moved-blend": MethodStyle(colour="#8a8f98", line=_SHORT, marker="s"),
    "flow-blend": MethodStyle(colour="#8a8f98", line=_LONG, marker="8"),
    "lineage-blend": MethodStyle(colour="#8a8f98", line=_DASH_DOT_DOT, marker="h"),
    "kriging-blend": MethodStyle(colour="#8a8f98", line=_SOLID, marker="p"),
    "moved+volume-blend": MethodStyle(colour="#a08a5b", line=_SHORT, marker="s"),
    "spline+volume-blend": MethodStyle(colour="#a08a5b", line=_DASHED, marker="<"),
    "lineage+volume-blend": MethodStyle(colour="#a08a5b", line=_DASH_DOT_DOT, marker="h"),
    "moved+kriging-blend": MethodStyle(colour="#a08a5b", line=_SOLID, marker="p"),
    "barycenter-only": MethodStyle(colour="#cc79a7", line=_LONG, marker="P"),
    "multiscale-sinkhorn": MethodStyle(colour="#56b4e9", line=_LONG, marker="p"),
    "unbalanced-sinkhorn": MethodStyle(colour="#1b7f8c", line=_DASH_DOT, marker="h"),
    "distant-barycenter": MethodStyle(colour="#a6761d", line=_DASHED, marker="<"),
    "cross-sequence-barycenter": MethodStyle(colour="#b2182b", line=_DASH_DOT_DOT, marker=">"),
    "positional-encoding": MethodStyle(colour="#7b4fa3", line=_SHORT, marker="*"),
    "recommended": MethodStyle(colour="#b2182b", line=_SOLID, marker="*"),
}

IMAGES = {
    "optical-flow": MethodStyle(colour="#e69f00", line=_SHORT, marker="X"),
    "registered-flow": MethodStyle(colour="#a6761d", line=_DASH_DOT, marker="*"),
    "transport": MethodStyle(colour="#cc79a7", line=_LONG, marker="P"),
    "image-advection": MethodStyle(colour="#009e73", line=_DASH_DOT_DOT, marker="D"),
    "latent-advection": MethodStyle(colour="#0072b2", line=_DASHED, marker="s"),
}
"""Methods of studies of frames between images, beside ``linear-blend``: they meet none of the others."""

DIMENSIONS = {
    "topology-0": MethodStyle(colour="#0072b2", line=_LONG, marker="8"),
    "topology-1": MethodStyle(colour="#d55e00", line=_DASH_DOT, marker="^"),
    "topology-all": MethodStyle(colour="#009e73", line=_SHORT, marker="h"),
}
"""Beside ``none`` and ``topology``, of one study: which dimensions of the diagrams are compared."""

_LETTER = 0.085
"""Width in inches of a letter of a tick's label, with some air."""
_HANDLE = 0.75
"""Width in inches of a line in a legend, with the space around it."""

_OTHER_COLOURS = ("#56b4e9", "#999933", "#7b4fa3", "#a6761d", "#b2182b", "#1b7f8c", "#66803b")
_OTHER_LINES = (_DASHED, _DASH_DOT, _DOTTED, _LONG, _DASH_DOT_DOT)
_OTHER_MARKERS = ("8", "p", "h", "<", ">", "*", "d")


def method_style(method: str) -> MethodStyle:
    """The style of a method: fixed for the known ones, for any other a function of its name alone."""
    known = METHODS | IMAGES | DIMENSIONS
    if method in known:
        return known[method]
    number = zlib.crc32(method.encode())
    number, colour = divmod(number, len(_OTHER_COLOURS))
    number, line = divmod(number, len(_OTHER_LINES))
    return MethodStyle(
        colour=_OTHER_COLOURS[colour],
        line=_OTHER_LINES[line],
        marker=_OTHER_MARKERS[number % len(_OTHER_MARKERS)],
    )


@contextmanager
def context() -> Iterator[None]:
    """matplotlib's settings for our figures, put back afterwards."""
    import matplotlib as mpl

    with mpl.rc_context(
        {
            "font.family": "DejaVu Sans",
            "font.size": 10.5,
            "text.parse_math": False,  # a label may hold a dollar
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titley": 1.0,  # nothing stands above an axis: a place for the title need not be looked for
            "axes.labelsize": 10.5,
            "axes.labelcolor": INK,
            "axes.edgecolor": MUTED,
            "axes.linewidth": 0.8,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": GRID,
            "grid.linewidth": 0.8,
            "text.color": INK,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "xtick.labelsize": 9.5,
            "ytick.labelsize": 9.5,
            "legend.frameon": False,
            "legend.fontsize": 10,
            "lines.linewidth": 1.7,
            "lines.markersize": 5.5,
            "figure.dpi": DPI,
            "savefig.dpi": DPI,
            "figure.facecolor": "white",
        }
    ):
        yield


def panel_width(columns: int) -> float:
    """Width of a panel in inches, so that a row of them fits a page."""
    return min(3.75, max(1.9, 11.25 / columns))


def panels(rows: int, columns: int, width: float, height: float, **sharing: Any) -> tuple[Figure, Any]:
    """A figure of ``rows`` × ``columns`` axes, each ``width`` × ``height`` inches, and the axes as a 2D
    array.

    Made without pyplot, so that no window, backend or list of open figures is involved.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(max(width * columns, SMALLEST), height * rows + ABOVE), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08, hspace=0.05, wspace=0.04)  # type: ignore[union-attr,call-arg]
    return figure, figure.subplots(rows, columns, squeeze=False, **sharing)


def categories(axis: Any, names: Sequence[str], width: float) -> None:
    """Names along the horizontal axis of a panel ``width`` inches wide, aslant where they would touch."""
    fits = _LETTER * max(map(len, names)) * len(names) <= width
    slant: dict[str, Any] = {} if fits else {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
    axis.set_xticks(range(len(names)), names, **slant)


def logarithmic(axis: Any, values: Any) -> None:
    """A logarithmic vertical axis with a few plain labels, for the positive ``values`` it shows."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    decades = math.log10(max(values) / min(values))
    parts = (1.0,) if decades > 2 else (1.0, 3.0) if decades > 1.2 else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=parts, numticks=7))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_locator(NullLocator())


def row_title(axis: Any, text: str) -> None:
    """A row of panels' name, left of its first panel."""
    axis.annotate(
        text, xy=(0, 0.5), xycoords=axis.yaxis.label, xytext=(-7, 0), textcoords="offset points", rotation=90,
        ha="right", va="center", fontweight="bold", fontsize=11,
    )  # fmt: skip


def handle(method: str) -> Line2D:
    """A legend's entry for a method."""
    from matplotlib.lines import Line2D

    look = method_style(method)
    return Line2D(
        [], [], color=look.colour, linestyle=look.line, marker="none",
        label=method,
    )  # fmt: skip


def legend(figure: Figure, handles: list[Any], columns: int = 4, length: float = 3.2) -> None:
    """One legend for all panels, above them, of at most so many columns as its labels leave room for; and the labels of
    the rows in line, now that all are there."""
    figure.align_ylabels([axis for axis in figure.axes if axis.get_ylabel()])  # each asks all others for its place
    column = _LETTER * max(len(str(handle.get_label())) for handle in handles) + _HANDLE
    figure.legend(
        handles=handles,
        loc="outside upper left",
        ncols=max(1, min(columns, len(handles), int(figure.get_figwidth() / column))),
        handlelength=length,
        columnspacing=1.8,
    )
