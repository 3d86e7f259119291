"""All replicates of a trial as one, and draws of them with replacement (the bootstrap)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

DRAWS = 20
"""Draws of replicates, …"""
ALL = -1
"""… and the number under which rows stand that are of all replicates, each once."""
_SEED = 0


def weights(replicates: int, draws: int = DRAWS) -> Array:
    """Weights `(B, R)` of the draws, each row of sum 1; the same in every call. `(0, R)` with fewer than two."""
    if replicates < 2:
        return np.empty((0, replicates))
    drawn = np.random.default_rng(_SEED).multinomial(replicates, np.full(replicates, 1 / replicates), size=draws)
    return np.asarray(drawn / replicates)


def mean_and_draws(replicates: int) -> list[tuple[int, Array]]:
    """(`draw`, weights `(R,)`): all replicates first, each once, then the draws."""
    even = np.full(replicates, 1 / max(replicates, 1))
    return [(ALL, even), *enumerate(weights(replicates))]


def of_one(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the ensemble where all replicates say the same, or there is one only: those of replicate 0, no draws."""
    kept = [{name: value for name, value in row.items() if name != "replicate"} for row in rows if not row["replicate"]]
    return [{"draw": ALL, "replicates": 1} | row for row in kept]
