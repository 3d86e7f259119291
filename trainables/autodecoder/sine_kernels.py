"""What stands between the matrix products of a sine network on the CPU, compiled: one pass each over cached rows.

Phases are in half turns, sin(πx): the nearest integer k leaves x − k in [−1/2, 1/2] without rounding, where the sine
and its derivative π cos(πx), which come together, are polynomials (least squares at Chebyshev points; error 1e-7), and
(−1)^k is the sign of both. Beyond ±2²⁰, where float32 has few digits left for a sine, x is taken to be ±2²⁰. In
float64, where nothing is timed, the library's functions are called.

# P = point (rows), W = width, S = W up to whole vectors, D = coordinates
"""

import math

import numpy as np
from numba import types
from numba.extending import overload

from trainables.compilation import compiled, prefetch, widest_vectors

# sin(πr) / r and π cos(πr) as polynomials of r².
_S = tuple(np.float32(c) for c in (3.141592741, -5.16771030, 2.55007744, -0.598291278, 0.0776576623))
_C = tuple(np.float32(c) for c in (3.141592503, -15.5031090, 12.7498751, -4.18421364, 0.690175295))
_LARGEST = np.float32(2**20)
# Adding this rounds to an integer, in the last bits of the sum; subtracting it again leaves the integer.
_ROUND = np.float32(1.5 * 2**23)
_SIGN = np.int32(31)
# Numbers in a line of the cache.
_LINE = 16


def _sine_and_derivative(x):
    """(sin πx, π cos πx) of one number."""
    return math.sin(math.pi * x), math.pi * math.cos(math.pi * x)


@overload(_sine_and_derivative, inline="always")
def _typed(x):
    if x != types.float32:
        return lambda x: (math.sin(math.pi * x), math.pi * math.cos(math.pi * x))
    s0, s1, s2, s3, s4 = _S
    c0, c1, c2, c3, c4 = _C

    def single(x):
        x = _LARGEST if x > _LARGEST else x  # NaN stays NaN
        x = -_LARGEST if x < -_LARGEST else x
        rounded = np.float32(x + _ROUND)
        # Its last bit is that of k; it becomes the bit of the sign.
        sign = np.int32(rounded.view(np.int32) << _SIGN)
        r = x - (rounded - _ROUND)
        q = r * r
        sine = np.float32(((((s4 * q + s3) * q + s2) * q + s1) * q + s0) * r)
        derivative = np.float32((((c4 * q + c3) * q + c2) * q + c1) * q + c0)
        return (
            np.int32(sine.view(np.int32) ^ sign).view(np.float32),
            np.int32(derivative.view(np.int32) ^ sign).view(np.float32),
        )

    return single


# a · b + c may be one instruction; additions keep their order, and NaN stays NaN.
_compiled = compiled({"contract"})


@_compiled
def activate(affine, bias, coordinates, width, following):
    """following = [sin π(affine + bias) | coordinates].

    affine `(P, S)`, bias `(S,)`, both zero from column W = `width` on; coordinates `(P, D)`; following `(P, W + D)`, or
    wider, and no narrower than affine: what comes after its first W + D columns means nothing.
    """
    widest_vectors()
    for p in range(affine.shape[0]):
        for s in range(affine.shape[1]):
            following[p, s], _ = _sine_and_derivative(affine[p, s] + bias[s])
        for i in range(coordinates.shape[1]):
            following[p, width + i] = coordinates[p, i]


@_compiled
def chain(affine, upcoming, bias, coordinates, width, following, gradient, total):
    """`activate`, and the derivative beside it.

    gradient ← gradient · π cos π(affine + bias); total ← total + its sum over the points. gradient `(P, S)`, total
    `(S,)`. Meanwhile `upcoming`, what the next call will have as `affine` (or some rows of it), comes into the cache.
    """
    widest_vectors()
    for p in range(gradient.shape[0]):
        if p < upcoming.shape[0]:
            for s in range(0, upcoming.shape[1], _LINE):
                prefetch(upcoming, p, s)
        for s in range(gradient.shape[1]):
            following[p, s], derivative = _sine_and_derivative(affine[p, s] + bias[s])
            product = gradient[p, s] * derivative
            gradient[p, s] = product
            total[s] += product
        for i in range(coordinates.shape[1]):
            following[p, width + i] = coordinates[p, i]
