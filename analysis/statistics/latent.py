"""Generalization over the latent space: a metric on the grid of codes that the decoder was not trained with.

A sequence of Martens 2025, equation 2.2, is a sphere whose place is z1 and whose radius is 1 + z2 t. A decoder is
trained on the four codes (±1, ±1/2); afterwards the codes of 25 other sequences are fitted, with the decoder as it is,
and scored at times that were not fitted (section 4.2, figures 4.6 and 4.7).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.tables import selection
from analysis.tables.selection import NoRows, NotApplicable

TRAINING_CODES = ((-1.0, -0.5), (-1.0, 0.5), (1.0, -0.5), (1.0, 0.5))
"""(z1, z2) of the four sequences that the decoder is trained on; the rectangle they span is their hull."""
HULL = (1.0, 0.5)
"""Half the sides of that rectangle, along z1 and z2."""
SIDES = ("inside", "outside")
"""The values of the column ``hull``."""


def latent_grid(
    per_time: pd.DataFrame,
    metric: str = "chamfer",
    method: str = "none",
    supervision: str = "sparse",
    time: float | None = None,
    setting: str = "best",
    phase: str = "confirm",
    role: str | None = "test",
) -> pd.DataFrame:
    """Mean of ``metric`` over replicates for every code of the grid, 5 × 5 in Martens 2025, section 4.2.

    The index is z2, descending, the columns are z1, ascending, so that the table lies as the plane is drawn. The mean
    is also over the times of ``role`` (``None``: all times) unless one ``time`` is given. NaN where no replicate has a
    value. Raises ``ValueError`` for an unknown metric or a time that is not there, and
    :class:`analysis.tables.selection.NoRows` where there are no such rows,
    :class:`analysis.tables.selection.NotApplicable` where no row has a z1 and z2.
    """
    coded = codes(per_time)
    selection.require_metric(coded, metric)
    chosen = selection.rows(
        coded, phase=phase, setting=setting, supervision=supervision, method=method, role=role
    )  # fmt: skip
    if time is not None:
        near = np.isclose(chosen["time"], time, rtol=0.0, atol=1e-6)
        if not near.any():
            kind = f"{role} times" if role else "times"
            there = ", ".join(f"{value:.4g}" for value in sorted(set(chosen["time"])))
            raise NoRows(f"there is no time {time:g}: the {kind} of '{method}', {supervision}, are {there}")
        chosen = chosen[near]
    values = chosen.assign(value=chosen[metric].astype("float64"))
    grid = values.groupby(["z2", "z1"])["value"].mean().unstack("z1")
    return grid.sort_index(ascending=False).sort_index(axis="columns")


def codes(per_time: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a code z1, z2, rounded so that equal codes are equal numbers. Raises
    :class:`analysis.tables.selection.NotApplicable` if there are none."""
    if not {"z1", "z2"} <= set(per_time):
        raise NotApplicable("this table has no columns z1 and z2: its study has no grid of latent codes")
    coded = per_time[per_time["z1"].notna() & per_time["z2"].notna()]
    if coded.empty:
        raise NotApplicable("no row of this table has a latent code z1, z2")
    return coded.assign(**{name: coded[name].astype("float64").round(6) + 0.0 for name in ("z1", "z2")})
