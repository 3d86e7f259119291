"""The interface of a prior: how much each known sequence's residual counts in the estimate of a new one's.

    residual of the new sequence ≈ Σ_n w_n r_n,    r_n(x, t) = S_n(x, t) − B(x, t; shown frames of S_n)

r_n is what the rule B leaves of a known sequence when it is given the frames at the times at which the new one is
shown. It vanishes there, so that B plus any such sum hits the frames. The weights follow from inner products alone, of
shown frames and of residuals, whatever the grid has of points.

# N = known sequence, M = new sequence
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainables.configuration import Plugin
from trainables.plugins import plugins

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Products:
    """Inner products, over points of the grid (and shown times, or hidden ones)."""

    known: Array
    """`(N, N)`: shown frames of the known sequences."""
    new: Array
    """`(M, N)`: shown frames of the new ones with those of the known ones."""
    norms: Array
    """`(M,)`: shown frames of the new ones with themselves."""
    residuals: Array
    """`(N, N)`: residuals of the known ones at the hidden times."""


class Prior(Plugin):
    """How a new sequence is compared with known ones. A new prior is a new file in this folder."""

    @abstractmethod
    def weights(self, products: Products) -> Array:
        """Weight of each known sequence's residual, `(M, N)`, for N ≥ 2."""


def available() -> dict[str, type[Prior]]:
    """Every prior of this folder, and of other installed packages, by name."""
    return plugins(sys.modules[__package__], Prior, "priors")  # type: ignore[type-abstract]
