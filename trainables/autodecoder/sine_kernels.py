"""What stands between the matrix products of a sine network on the CPU, compiled: one pass each over cached rows.

The sine and its derivative come together: x − kπ, with k the nearest integer, lies in [−π/2, π/2], where sine and
cosine are polynomials (least squares at Chebyshev points; error 1e-8), and (−1)^k is the sign of both. Beyond ±10⁶,
where float32 has no digits left for a sine, x is taken to be ±10⁶. In float64, where nothing is timed, the library's
functions are called.

# P = point (rows), W = width (columns), D = coordinates
"""

import math

import numpy as np
from numba import types
from numba.extending import overload

from trainables.compilation import compiled, widest_vectors

_S = tuple(np.float32(c) for c in (-0.166666567, 0.0083330106, -0.00019806196, 2.59926287e-06))
_C = tuple(np.float32(c) for c in (-0.5, 0.0416666567, -0.0013888561, 2.47688477e-05, -2.61855575e-07))
_PER_PI = np.float32(1 / math.pi)
# π in two parts; the first has few bits, so that k times it is exact.
_PI_HIGH, _PI_LOW = np.float32(3.140625), np.float32(math.pi - 3.140625)
_ONE, _LARGEST = np.float32(1), np.float32(1e6)
# Adding this rounds to an integer, in the last bits of the sum; subtracting it again leaves the integer.
_ROUND = np.float32(1.5 * 2**23)
_SIGN = np.int32(31)


def _sine_and_cosine(x):
    """(sin x, cos x) of one number."""
    return math.sin(x), math.cos(x)


@overload(_sine_and_cosine, inline="always")
def _typed(x):
    if x != types.float32:
        return lambda x: (math.sin(x), math.cos(x))
    s0, s1, s2, s3 = _S
    c0, c1, c2, c3, c4 = _C

    def single(x):
        x = _LARGEST if x > _LARGEST else x  # NaN stays NaN
        x = -_LARGEST if x < -_LARGEST else x
        rounded = np.float32(x * _PER_PI + _ROUND)
        # Its last bit is that of k; it becomes the bit of the sign.
        sign = np.int32(rounded.view(np.int32) << _SIGN)
        k = rounded - _ROUND
        r = (x - k * _PI_HIGH) - k * _PI_LOW
        q = r * r
        sine = np.float32((((s3 * q + s2) * q + s1) * q + s0) * q * r + r)
        cosine = np.float32(((((c4 * q + c3) * q + c2) * q + c1) * q + c0) * q + _ONE)
        return (
            np.int32(sine.view(np.int32) ^ sign).view(np.float32),
            np.int32(cosine.view(np.int32) ^ sign).view(np.float32),
        )

    return single


# a · b + c may be one instruction; additions keep their order, and NaN stays NaN.
_compiled = compiled({"contract"})


@_compiled
def activate(affine, bias, coordinates, following):
    """following = [sin(affine + bias) | coordinates].

    affine `(P, W)`, bias `(W,)`, coordinates `(P, D)`, following `(P, W + D)`.
    """
    widest_vectors()
    for p in range(affine.shape[0]):
        for w in range(affine.shape[1]):
            following[p, w], _ = _sine_and_cosine(affine[p, w] + bias[w])
        for i in range(coordinates.shape[1]):
            following[p, affine.shape[1] + i] = coordinates[p, i]


@_compiled
def chain(affine, bias, coordinates, following, gradient, total):
    """`activate`, and the derivative beside it.

    gradient ← gradient · cos(affine + bias); total ← total + its sum over the points. gradient `(P, W)`, total `(W,)`.
    """
    widest_vectors()
    for p in range(gradient.shape[0]):
        for w in range(gradient.shape[1]):
            following[p, w], cosine = _sine_and_cosine(affine[p, w] + bias[w])
            product = gradient[p, w] * cosine
            gradient[p, w] = product
            total[w] += product
        for i in range(coordinates.shape[1]):
            following[p, gradient.shape[1] + i] = coordinates[p, i]
