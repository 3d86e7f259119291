"""The seam between daughters, of rules that follow pieces."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {"rules.lineage.smoothing": CategoricalDistribution([0.0, 3.0, 5.0, 8.0])}


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "smoke": {"rules.lineage.smoothing": CategoricalDistribution([0.0, 5.0])},
}
