"""`process`: the residual is a Gaussian process over the shown frames (Rasmussen and Williams 2006, chapter 2).

    k(S, S') = exp(−|S − S'|² / (2 ℓ²)),    ℓ² = a share or a multiple of the median of |S − S'|²

Length and noise by leaving each known sequence out (`smoothers.py`): not by likelihood, so that a wrong kernel costs
less. As ℓ grows this is `ridge`.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from trainables.population.priors import smoothers
from trainables.population.priors.base import Array, Prior, Products

LENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""ℓ to choose from, in square roots of the median squared distance."""


class Process(Prior):
    """A Gaussian process with a squared exponential kernel."""

    name: ClassVar[str] = "process"

    def weights(self, products: Products) -> Array:
        norms = np.diag(products.known)
        known = _squares(norms, norms, products.known)
        new = _squares(products.norms, norms, products.new)
        median = float(np.median(known[~np.eye(len(known), dtype=bool)]))
        scales = [2 * (length**2) * max(median, np.finfo(float).tiny) for length in LENGTHS]
        return smoothers.best([(np.exp(-known / s), np.exp(-new / s)) for s in scales], products.residuals)


def _squares(rows: Array, columns: Array, products: Array) -> Array:
    """Squared distances from inner products."""
    return np.maximum(rows[:, None] + columns - 2 * products, 0.0)
