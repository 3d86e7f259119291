"""How far a predicted frame is from the true one, and a predicted displacement from what is known of it."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.metrics import structural_similarity

from trainables.inbetween.pictures import Array

BEST_PSNR = 50.0
"""PSNR is cut here, in dB, as equal images would be at infinity: a difference of less than a 300th of the range."""
_WINDOW = 7
"""Side of the windows of SSIM, in pixels (the default of scikit-image)."""

BORDER = 8
"""What is nearer to the border than this part of the shorter side is near it."""


def frame_scores(predicted: Array, truth: Array, valid: Array, span: float) -> dict[str, float]:
    """`psnr` (dB), `ssim` and `mae` (in the images' values) of frames `(H, W)` over the pixels in `valid`.

    A window of SSIM counts if all of it is valid; where none is, `ssim` is NaN. Predictions that are not finite are
    taken for zero. ValueError if no pixel is valid.
    """
    if not valid.any():
        raise ValueError("no pixel of the frame has data")
    filled = np.where(valid, truth, 0).astype(np.float64)
    found = np.where(valid & np.isfinite(predicted), predicted, 0).astype(np.float64)
    error = (found - filled)[valid]
    square = float(np.mean(error**2))
    psnr = BEST_PSNR if square == 0 else min(BEST_PSNR, 10 * float(np.log10(span**2 / square)))
    whole = ndimage.binary_erosion(valid, np.ones((_WINDOW, _WINDOW)), border_value=0)
    ssim = np.nan
    if whole.any():
        similar = structural_similarity(found, filled, win_size=_WINDOW, data_range=span, full=True)[1]
        ssim = float(similar[whole].mean())
    return {"psnr": psnr, "ssim": ssim, "mae": float(np.abs(error).mean())}


def mean_absolute_error(predicted: Array, truth: Array, valid: Array) -> float:
    """Over the pixels in `valid`; NaN where there is none. Predictions that are not finite are taken for zero."""
    if not valid.any():
        return float("nan")
    found = np.where(np.isfinite(predicted), predicted, 0).astype(np.float64)
    return float(np.abs(found - truth)[valid].mean())


def near_border(shape: tuple[int, ...]) -> Array:
    """Pixels `(H, W)` near the border, where things move in and out."""
    width = max(1, min(shape) // BORDER)
    near = np.ones(shape, dtype=bool)
    near[width:-width, width:-width] = False
    return near


def endpoint_error(predicted: Array | None, truth: Array | None, valid: Array) -> float:
    """Mean distance of two displacements `(H, W, 2)` over the pixels in `valid`, in pixels; NaN where one is None."""
    if predicted is None or truth is None:
        return float("nan")
    return float(np.linalg.norm(predicted - truth, axis=-1)[valid].mean())


def drift_error(predicted: Array | None, measured: list[float] | None, valid: Array) -> float:
    """Distance of the mean displacement of `(H, W, 2)` over `valid` from a measured one (x, y), in pixels."""
    if predicted is None or measured is None:
        return float("nan")
    return float(np.linalg.norm(predicted[valid].mean(0) - np.asarray(measured)))
