"""The settings that a trial may have. Tables of version 0.1.0 call the published one otherwise."""

from __future__ import annotations

import pandas as pd

PUBLISHED = "published"
EARLIER = "document"
"""What tables of version 0.1.0, and the names of its trials, have in place of `published`."""


def of_today(setting: str) -> str:
    """What a setting is called now."""
    return PUBLISHED if setting == EARLIER else setting


def renamed(settings: pd.Series) -> pd.Series:
    """A column ``setting`` of categories, as tables have it now."""
    if EARLIER not in settings.cat.categories:
        return settings
    if PUBLISHED not in settings.cat.categories:
        return settings.cat.rename_categories({EARLIER: PUBLISHED})
    return settings.astype("str").map(of_today).astype("category")  # begun by 0.1.0, and resumed since
