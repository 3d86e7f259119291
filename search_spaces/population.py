"""How sequences are compared, and how near codes of new ones stay to those of known ones: few choices, all tried."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "posed": CategoricalDistribution([False, True]),
        "code_prior": CategoricalDistribution([1e-4, 1e-3, 1e-2]),
    }
