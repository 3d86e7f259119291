"""`ridge`: the residual is a linear function of the shown frames (Hoerl and Kennard 1970).

Of all linear maps from shown frames to residuals, with a mean, that with the least error plus λ times its squares; λ by
leaving each known sequence out (`smoothers.py`). A linear Gaussian process has the same mean.
"""

from __future__ import annotations

from typing import ClassVar

from trainables.population.priors import smoothers
from trainables.population.priors.base import Array, Prior, Products


class Ridge(Prior):
    """Ridge regression on the shown frames."""

    name: ClassVar[str] = "ridge"

    def weights(self, products: Products) -> Array:
        return smoothers.best([(products.known, products.new)], products.residuals)
