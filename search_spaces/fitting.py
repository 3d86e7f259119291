"""The learning rate of the decoder (Martens 2025, chapter 4 fixes it at 10⁻⁴)."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, FloatDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {"learning_rate": FloatDistribution(3e-5, 2e-3, log=True)}


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {"learning_rate": FloatDistribution(2e-4, 2e-3, log=True)},
}
