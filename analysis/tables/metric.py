"""A metric as people read it, and which direction is better."""

from __future__ import annotations

from dataclasses import dataclass

HIGHER_IS_BETTER = ("dice", "psnr", "ssim")
MARGINS = {
    "chamfer": 0.02,
    "hausdorff": 0.10,
    "dice": 0.02,
    "asymmetry": 0.02,
    "iou_error": 0.005,
    "volume_error": 0.02,
    "surface_error": 0.02,
    "roughness_error": 0.03,
    "psnr": 0.5,
    "ssim": 0.02,
    "endpoint_error": 1.0,
    "drift_error": 1.0,
}
"""Directions, and differences that count as none, where a record does not say them: of runs of earlier versions, and of
tables without a record. Frozen: a metric says both in its declaration, and a run's record holds that."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric as people read it."""

    name: str
    label: str
    unit: str
    lower: bool
    """Whether lower is better."""
    over_time: bool = True
    """Whether it has a value of its own at every time, so that a curve over time means something."""
    margin: float | None = None
    """Difference that counts as none, in its unit."""

    @property
    def axis(self) -> str:
        """The label of an axis."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def better(self) -> str:
        return "lower" if self.lower else "higher"


def lower_is_better(metric: str, better: str | None) -> bool:
    """The direction of a metric, by argument or by name."""
    if better not in (None, "lower", "higher"):
        raise ValueError(f"better must be 'lower' or 'higher', not '{better}'")
    return (better or ("higher" if metric in HIGHER_IS_BETTER else "lower")) == "lower"
