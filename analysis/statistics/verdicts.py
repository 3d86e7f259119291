"""What a comparison shows, once all comparisons of its family are corrected together.

==============  =======================================================================================================
``primary``     The few comparisons that a study names before there is a result. They alone share the level of 5 %:
                column ``p_holm``, by Holm's method, so that the probability that any of them is said to show a
                difference that is not there is at most 0.05.
``exploratory`` Everything else that is looked at beside them: column ``q``, by the method of Benjamini and Hochberg
                (1995), so that of the differences said to be shown 5 % are expected not to be there. Words about them
                say that they are exploratory.
``all``         Every row, where a study names no primary comparison, as studies of earlier versions do: ``p_holm``.
==============  =======================================================================================================

A primary comparison of errors whose whole interval lies within a twentieth of the error that is compared with is
``equivalent``, whichever way it leans: with noise taken away a test shows differences that are of no use, and which of
them it shows depends on the processor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.equivalence import LEVEL as EQUIVALENCE_LEVEL
from analysis.statistics.inference import benjamini_hochberg, holm, needed

PRIMARY, EXPLORATORY, WHOLE = "primary", "exploratory", "all"
BETTER, WORSE, NO_DIFFERENCE, CANNOT_TELL = "better", "worse", "no difference shown", "cannot tell"
EQUIVALENT = "equivalent"
ENOUGH = 6
"""Pairs below which no verdict is given: with fewer, no test that does without normality can ever reject at 5 %."""
NEGLIGIBLE = 0.05
"""Share of an error below which a difference from it is no reason to choose."""
ADDED = ["p_holm", "q", "family", "p_equivalence", "verdict", "n_needed"]


def judged(
    table: pd.DataFrame,
    lower: bool | pd.Series,
    confidence: float,
    shares: np.ndarray | None = None,
    family: str = WHOLE,
) -> pd.DataFrame:
    """``table`` with ``p_holm`` over its rows, or ``q`` where their ``family`` is exploratory, a ``verdict`` in words
    and ``n_needed``; ``lower`` says whether lower is better, for all rows or for each; ``shares`` are the rows' of the
    level, equal unless given, for Holm's method only."""
    if table.empty:
        return table.reindex(columns=[*dict.fromkeys([*table.columns, *ADDED])])
    level = 1 - confidence
    shares = np.ones(len(table)) if shares is None else shares
    total = max(float(shares[table["p"].notna()].sum()), float(shares.min()))
    adjusted = _corrected(table["p"], shares, family)
    equivalence = table["p_equivalence"] if "p_equivalence" in table else pd.Series(np.nan, table.index)
    table = table.assign(
        p_holm=np.nan if family == EXPLORATORY else adjusted,
        q=adjusted if family == EXPLORATORY else np.nan,
        family=family,
        p_equivalence=_corrected(equivalence, shares, family),
    )
    shown = (adjusted < level) & ((table["low"] > 0) | (table["high"] < 0))
    good = (table["difference"] < 0) == lower
    words = np.where(table["p_equivalence"] < EQUIVALENCE_LEVEL, EQUIVALENT, NO_DIFFERENCE)
    words = np.where(shown, np.where(good, BETTER, WORSE), words)
    table = table.assign(verdict=np.where(table["n"] < ENOUGH, CANNOT_TELL, words))
    open_ = table["verdict"].isin([CANNOT_TELL, NO_DIFFERENCE])
    wanted = [
        needed(effect, level * share / total, ENOUGH) if unknown else None
        for effect, unknown, share in zip(table["effect_size"], open_, shares, strict=True)
    ]
    return table.assign(n_needed=pd.array(wanted, dtype="Int64"))


def negligible(table: pd.DataFrame) -> pd.Series:
    """Of which rows of errors (``lower``) the whole interval lies within ``NEGLIGIBLE`` times the mean that they are
    compared with."""
    largest = table[["low", "high"]].abs().max(axis="columns", skipna=False)
    return table["lower"].astype(bool) & (table["n"] >= ENOUGH) & (largest <= NEGLIGIBLE * table["baseline_mean"].abs())


def _corrected(p: pd.Series, shares: np.ndarray, family: str) -> np.ndarray:
    values = p.to_numpy(dtype="float64")
    return benjamini_hochberg(values) if family == EXPLORATORY else holm(values, shares)


def adjusted(row: Mapping[Any, Any]) -> float:
    """The value that decides about a row: ``q`` where it is exploratory, else ``p_holm``."""
    return float(row["q"] if row.get("family") == EXPLORATORY else row["p_holm"])
