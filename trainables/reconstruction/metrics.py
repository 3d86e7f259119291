"""What reconstructions are scored by, declared (computed in `errors.py`); Waibel 2022, section 4.2.

The errors are relative. Their margins are about a third of the changes that Waibel 2022, table 1 gives for red blood
cells: 0.01 to 0.02 in 1 − IoU, 0.05 to 0.06 in volume, 0.06 in surface, 0.07 to 0.11 in roughness.
"""

from __future__ import annotations

from trainables.metrics.declaration import Metric

VOLUME = [
    Metric(name="iou_error", label="1 − IoU", margin=0.005),
    Metric(name="volume_error", label="Relative volume error", margin=0.02),
    Metric(name="surface_error", label="Relative surface error", margin=0.02),
    Metric(name="roughness_error", label="Relative roughness error", margin=0.03),
]
"""Of a volume."""
