"""The claims of each paper, one file each with ``CLAIMS``: adding a paper is adding a file to this folder."""

from __future__ import annotations

import importlib
import pkgutil

from analysis.claims.statement import Claim


def claims() -> list[Claim]:
    """All claims, paper by paper, in the order in which they are made."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return [claim for name in names for claim in importlib.import_module(f"{__name__}.{name}").CLAIMS]
