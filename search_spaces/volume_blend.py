"""How the volume goes from frame to frame, of rules that follow it."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {"rules.volume.exponent": CategoricalDistribution([1 / 3, 1.0, 5 / 3])}


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "smoke": {"rules.volume.exponent": CategoricalDistribution([1 / 3, 1.0])},
}
