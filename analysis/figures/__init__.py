"""The figures of a study, one file each: adding a figure is adding a file to this folder.

A figure's file has ``TITLE``, ``ORDER`` (its place in the report), ``draw(run)`` → ``matplotlib.figure.Figure``,
``caption(run)`` and ``alternative(run)`` (what a reader who does not see it needs). One that is drawn several times,
such as once per metric, has ``variants(run)`` → name → title, and takes the variant's name as a second argument of
the three. ``moving(run)``, if there is one, gives it as a moving picture, GIF bytes. ``SECTION``, if there is one, is
the section of the report that it stands in (:data:`analysis.pages.report.SECTIONS`), and ``title(run)`` its title
where that is not the same for all runs. Each raises :class:`analysis.tables.selection.NoRows` with a sentence where a
run has nothing to draw yet, and :class:`analysis.tables.selection.NotApplicable` where its study is not of the kind
that the figure is about: such a figure is left out. Files whose names begin with an underscore are shared by figures.
Other installed packages bring figures as entry points of the group ``shape_sequence_studies.figures``, each a module.
"""

from __future__ import annotations

import importlib
import io
import pkgutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING, Any

from analysis.tables.selection import NoRows, NotApplicable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run


GROUP = "shape_sequence_studies.figures"
FILE = ("TITLE", "ORDER", "draw", "caption", "alternative")
"""What the file of a figure has."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A figure as the report and the run folder keep it."""

    name: str
    title: str
    caption: str
    alternative: str
    png: bytes
    """Empty where there was nothing to draw; then ``caption`` says why."""
    gif: bytes = b""
    """The same as a moving picture, of figures that have one."""
    section: str = "more"
    """The section of the report that it stands in."""
    width: int
    """Width in CSS pixels at which the lettering has its nominal size."""


def names() -> list[str]:
    """The names of all figures, in the order in which a report shows them."""
    return sorted([*_own(), *installed()], key=lambda name: (file_of(name).ORDER, name))


def _own() -> list[str]:
    found = [info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")]
    return [name for name in found if _imports(name)]


class LeftOut(UserWarning):
    """A figure that cannot be used."""


@cache
def _imports(name: str) -> bool:
    """Whether the file of a figure can be used; if not, a warning says why, once a process."""
    try:
        importlib.import_module(f"{__name__}.{name}")
    except Exception as error:  # somebody else may be writing it just now, and what it raises may be anything
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        warnings.warn(f"analysis/figures/{name}.py is left out: {why}; mend or remove it", LeftOut, stacklevel=2)
        return False
    return True


@cache
def installed() -> dict[str, ModuleType]:
    """The figures of other installed packages, by name; one that cannot be used is left out with a warning that says
    why, once a process."""
    found: dict[str, ModuleType] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            figure = point.load()
            lacking = [name for name in FILE if not hasattr(figure, name)]
            why = f"{point.value} lacks {', '.join(lacking)}" if lacking else ""
        except Exception as error:  # what a foreign module raises when it is imported may be anything
            why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        if point.name in {*_own(), *found}:
            why = why or "the name is taken"
        if why:
            package = point.dist.name if point.dist else "an unnamed package"
            sentence = f"{point.name!r} of {package}, among {GROUP}, is left out: {why}; mend or uninstall {package}"
            warnings.warn(sentence, LeftOut, stacklevel=2)
        else:
            found[point.name] = figure
    return found


def draw(name: str, run: Run, variant: str | None = None) -> Figure:
    """The figure ``name`` of a run; of a figure that has variants the one named, or the first.

    ``draw("interpolation", run, "bootstrap")`` has the 95 % band of the mean in place of the quartiles. A notebook
    shows the figure; it is none of pyplot's.
    """
    known = names()
    if name not in known:
        raise ValueError(f"unknown figure '{name}': there are {', '.join(known)}")
    figure: Figure = file_of(name).draw(run, *([] if variant is None else [variant]))
    figure._repr_png_ = partial(png, figure)  # type: ignore[attr-defined]
    return figure


def drawings(run: Run, only: Sequence[str] | None = None, scale: float = 1.6) -> list[Drawing]:
    """Every figure that applies to a run's study (of those named in ``only``, if given) as PNG, ``scale`` times finer
    than 100 dots per inch."""
    found = [drawing for name in (only if only is not None else names()) for drawing in _drawn(name, run, scale)]
    return [drawing for drawing in found if drawing is not None]


def _drawn(name: str, run: Run, scale: float) -> list[Drawing | None]:
    """A figure, in all its variants; a single None where it does not apply."""
    module: Any = file_of(name)
    try:
        variants: dict[str, str] = module.variants(run) if hasattr(module, "variants") else {}
        general = module.title(run) if hasattr(module, "title") else module.TITLE
        if not variants:
            return [_drawing(name, general, run, scale)]
        return [_drawing(name, f"{general}: {title}", run, scale, variant) for variant, title in variants.items()]
    except NotApplicable:
        return [None]
    except NoRows as error:
        return [
            Drawing(
                name=name,
                title=module.TITLE,
                caption=f"Not drawn: {error}.",
                alternative="",
                png=b"",
                section=section(name),
                width=0,
            )
        ]


def _drawing(name: str, title: str, run: Run, scale: float, *variant: str) -> Drawing:
    module: Any = file_of(name)
    figure = draw(name, run, *variant)
    return Drawing(
        name="-".join([name, *variant]),
        title=title,
        caption=module.caption(run, *variant),
        alternative=module.alternative(run, *variant),
        png=png(figure, scale),
        gif=module.moving(run, *variant) if hasattr(module, "moving") else b"",
        section=section(name),
        width=round(figure.get_figwidth() * figure.dpi),
    )


def section(name: str) -> str:
    """The section of the report that a figure stands in; ``more`` where its file does not say."""
    return str(getattr(file_of(name), "SECTION", "more"))


def png(figure: Figure, scale: float = 1.0) -> bytes:
    """The figure as a PNG file's bytes; the same figure gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from analysis.drawing import style

    buffer = io.BytesIO()
    nominal = figure.dpi
    with style.context():
        figure.set_dpi(scale * nominal)
        FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
        figure.set_dpi(nominal)
    return buffer.getvalue()


def file_of(name: str) -> ModuleType:
    """The module of a figure."""
    return installed()[name] if name in installed() else importlib.import_module(f"{__name__}.{name}")
