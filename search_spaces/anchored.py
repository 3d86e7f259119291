"""The interpolant that an anchored network is added to."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "anchor": CategoricalDistribution(
            ["linear", "moved", "moved+volume", "moved+spline", "lineage", "lineage+volume"]
        )
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "smoke": {"anchor": CategoricalDistribution(["moved", "moved+volume", "lineage"])},
}
