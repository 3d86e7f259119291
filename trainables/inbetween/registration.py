"""How one image as a whole is turned, scaled and shifted into another: phase correlation.

The magnitude of an image's Fourier transform does not know where the image is, and turns and scales with it: on
log-polar axes turn and scale are a shift, which phase correlation finds (Reddy 1996). Magnitudes of real
images are symmetric, so that half a turn more is as likely; of these two, and of a mere shift, the one after which the
images correlate best is taken, and improved from there by correlation itself.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, ndimage, optimize
from skimage.filters import difference_of_gaussians, window
from skimage.registration import phase_cross_correlation
from skimage.transform import warp_polar

from trainables.inbetween.pictures import Array

_FINE, _COARSE = 1.0, 8.0
"""Standard deviations, in pixels, between which structure is compared."""
_MOST = 1.5
"""Largest scale, and the inverse of the least, that is believed."""
_OVERLAP = 0.25
"""Share of the image that must still be seen after a motion."""
_TRIES = 150
"""Motions tried at most, once it is nearly right."""
_FINER = 20
"""Parts of a pixel to which shifts are found."""


def similarity(first: Array, last: Array) -> Array:
    """The motion A `(3, 3)` for which last(A x) resembles first(x), places x = (y, x, 1) in pixels.

    Both `(H, W)` without NaN. The identity, where no motion makes the two more alike.
    """
    structures = _structure(first), _structure(last)
    if not all(structure.std() > 0 for structure in structures):
        return np.eye(3)
    angle, scale = _turn(first, last)
    candidates = [np.eye(3), _shift(first, last, np.eye(3))]
    for turned in (angle, angle + np.pi):
        for scaled in (1.0, scale):
            candidates.append(_shift(first, last, _about_centre(turned, scaled, first.shape)))
    best = max(candidates, key=lambda motion: _likeness(*structures, motion))
    return _improved(*structures, best)


def share(motion: Array, part: float) -> Array:
    """The motion done to a `part` of it, at a steady rate: A to the power `part`, `(3, 3)`.

    A turn by more than a right angle has no steady part that is told from the others: it is real all the same.
    """
    power: Array = np.real(linalg.fractional_matrix_power(motion, part)) if part not in (0, 1) else motion
    return power if part else np.eye(3)


def moved(motion: Array, places: Array) -> Array:
    """A x of places `(2, …)`."""
    found: Array = np.einsum("ij,j...->i...", motion[:2, :2], places)
    return found + motion[:2, 2].reshape(2, *[1] * (places.ndim - 1))


def _turn(first: Array, last: Array) -> tuple[float, float]:
    """Angle (radians) and scale of the linear part of the motion, up to half a turn."""
    spectra = [np.abs(np.fft.fftshift(np.fft.fft2(_structure(image) * window("hann", image.shape)))) for image in
               (first, last)]  # fmt: skip
    radius = min(first.shape) // 2
    polar = [warp_polar(spectrum, radius=radius, output_shape=(720, 4 * radius), scaling="log")[:360]
             for spectrum in spectra]  # fmt: skip
    (rows, columns), *_ = phase_cross_correlation(polar[0], polar[1], upsample_factor=_FINER, normalization=None)
    scale = float(np.exp(columns * np.log(radius) / (4 * radius)))
    return float(np.radians(rows / 2)), scale if 1 / _MOST < scale < _MOST else 1.0


def _structure(image: Array) -> Array:
    """What of an image is neither noise nor brightness."""
    found: Array = difference_of_gaussians(image, _FINE, _COARSE)
    return found


def _about_centre(angle: float, scale: float, shape: tuple[int, ...]) -> Array:
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    centre = (np.array(shape) - 1) / 2
    motion = np.eye(3)
    motion[:2, :2] = [[c, -s], [s, c]]
    motion[:2, 2] = centre - motion[:2, :2] @ centre
    return motion


def _shift(first: Array, last: Array, motion: Array) -> Array:
    """The motion with the shift that is left after it."""
    back = ndimage.affine_transform(last, motion[:2, :2], motion[:2, 2], order=1, mode="nearest")
    left, *_ = phase_cross_correlation(_structure(back), _structure(first), upsample_factor=_FINER, normalization=None)
    shifted = np.eye(3)
    shifted[:2, 2] = left  # back(x + left) is first(x)
    found: Array = motion @ shifted
    return found


def _improved(first: Array, last: Array, motion: Array) -> Array:
    """The motion, a little turned, scaled and shifted, so that the structures of both images correlate more."""
    steps = np.array([np.radians(2.0), 0.02, 1.0, 1.0])

    def changed(by: Array) -> Array:
        angle, scale, *shift = by * steps
        change = _about_centre(angle, float(np.exp(scale)), first.shape)
        change[:2, 2] += shift
        found: Array = motion @ change
        return found

    start = np.vstack([np.zeros(4), np.eye(4)])
    least = optimize.minimize(
        lambda by: -_likeness(first, last, changed(by)), start[0], method="Nelder-Mead",
        options={"initial_simplex": start, "maxfev": _TRIES, "xatol": 0.02, "fatol": 1e-5},
    )  # fmt: skip
    return changed(least.x)


def _likeness(first: Array, last: Array, motion: Array) -> float:
    """Correlation of first(x) and last(A x), the structures of both images, where both are."""
    inside = ndimage.affine_transform(np.ones(last.shape), motion[:2, :2], motion[:2, 2], order=0, cval=0) > 0
    if inside.mean() < _OVERLAP:
        return -1.0
    back = ndimage.affine_transform(last, motion[:2, :2], motion[:2, 2], order=1, mode="nearest")
    a, b = first[inside], back[inside]
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else -1.0
