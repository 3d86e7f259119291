"""Frequencies of the coordinates' encoding, for space and for time."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, IntDistribution


def space() -> dict[str, BaseDistribution]:
    """A fresh copy, for a preset to narrow."""
    return {
        "decoder.encoding.spatial": IntDistribution(0, 4),
        "decoder.encoding.temporal": IntDistribution(0, 4),
    }


NARROWED: dict[str, dict[str, BaseDistribution]] = {
    "laptop": {"decoder.encoding.spatial": IntDistribution(0, 2), "decoder.encoding.temporal": IntDistribution(0, 2)},
}
