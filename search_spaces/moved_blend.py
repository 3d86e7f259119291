"""Whether frames are turned, of rules that move them."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {"rules.moved.rotation": CategoricalDistribution([False, True])}
