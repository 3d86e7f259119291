"""The formats, one file each: adding a format is adding a file to this folder."""

from __future__ import annotations

import sys

from study.exporting.formats.base import Format
from trainables.plugins import plugins


def available() -> dict[str, type[Format]]:
    """Every format of this folder, and of other installed packages, by name, in the order of the help. Their modules
    import nothing slow."""
    found = plugins(sys.modules[__name__], Format, "formats")  # type: ignore[type-abstract]
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))
