"""The formats, one file each: adding a format is adding a file to this folder."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from study.errors import Mistake
from study.exporting.formats.base import Format
from trainables.plugins import plugins
from trainables.shapes.sequence import PLANE


def available() -> dict[str, type[Format]]:
    """Every format of this folder, and of other installed packages, by name, in the order of the help. Their modules
    import nothing slow."""
    found = plugins(sys.modules[__name__], Format, "formats")  # type: ignore[type-abstract]
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def fitting(names: Iterable[str], dimension: int) -> list[type[Format]]:
    """The formats of these names, each once; Mistake if one does not write shapes of that dimension."""
    known = available()
    for name in names:
        if dimension not in known[name].dimensions:
            fit = [other for other, form in known.items() if dimension in form.dimensions]
            there, here = ("space", "the plane") if dimension == PLANE else ("the plane", "space")
            raise Mistake(
                f"--format {name}: it is of shapes in {there}, and these are in {here}; choose among {', '.join(fit)}"
            )
    return [known[name] for name in dict.fromkeys(names)]
