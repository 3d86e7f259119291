"""`mean`: all known sequences count alike."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from trainables.population.priors.base import Array, Prior, Products


class Mean(Prior):
    """The mean residual."""

    name: ClassVar[str] = "mean"

    def weights(self, products: Products) -> Array:
        return np.full(products.new.shape, 1 / len(products.known))
