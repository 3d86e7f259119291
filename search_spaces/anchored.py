"""The interpolant that an anchored network is added to, and how the volume goes in it from frame to frame."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "anchor": CategoricalDistribution(
            ["linear", "moved", "moved+spline", "lineage", *_kept("moved"), *_kept("lineage")]
        )
    }


def _kept(rule: str) -> list[str]:
    """The rule with volumes kept: they go linearly, as the radius does, or so that most of the growth comes first."""
    return [f"{rule}+volume{exponent}" for exponent in ("", ":exponent=0.33", ":exponent=1.67")]


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "smoke": {"anchor": CategoricalDistribution(["moved", "moved+volume", "lineage"])},
}
