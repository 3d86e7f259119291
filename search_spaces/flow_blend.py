"""Windows and reach of the optical flow that carries frames, of every method that has it."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "rules.flow.radius": CategoricalDistribution([3, 5, 7, 11]),
        "rules.flow.clip": CategoricalDistribution([0.5, 1.0, 2.0]),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {"rules.flow.radius": CategoricalDistribution([3, 5, 7])},
    "smoke": {"rules.flow.radius": CategoricalDistribution([3, 7])},
}
