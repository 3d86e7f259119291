"""What frames between images are scored by, declared (computed in `scores.py`).

Margins: half a decibel of PSNR and 0.02 of SSIM are hardly seen side by side; a displacement is read off an image to a
pixel.
"""

from __future__ import annotations

from trainables.metrics.declaration import Metric

FRAME = [
    Metric(name="mae", label="MAE"),
    Metric(name="psnr", label="PSNR", unit="dB", better="higher", margin=0.5),
    Metric(name="ssim", label="SSIM", better="higher", margin=0.02),
]
"""Of a frame."""
BORDER = Metric(name="border_mae", label="MAE near the border")
"""Where things move in and out."""
ENDPOINT = Metric(name="endpoint_error", label="End-point error", unit="pixels", margin=1.0)
"""Where every pixel's displacement is known."""
DRIFT = Metric(name="drift_error", label="Distance from the measured drift", unit="pixels", margin=1.0)
"""Where the mean displacement was measured otherwise; its value is that of the last time."""
