"""The soft minimum's inner loops, compiled by numba; `compiled` is what calls them.

Everything is in base 2 (exponents are multiplied by log₂ e before they come here), so that an exponential is a
polynomial of degree 5 (float32, relative error 2e-7) or 12 (float64, 1e-15) and an addition to the exponent's bits, and
a logarithm the reverse. Loops run over lanes: sums that do not depend on each other, next to each other in a buffer
that stays in the first-level cache. No order of additions is given up, so results do not depend on the vector width.

Arrays seen along one axis have the shape ``[before, n, after]``, flat and contiguous.
"""

# mypy: disable-error-code="call-arg, var-annotated, assignment"
# (numba's annotations know neither of intrinsics' first argument nor of a branch for each type.)

import math
import struct

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from trainables.compilation import compiled

# What may be assumed in the loops: no NaN, no infinity, a · b + c in one instruction. Not that additions commute.
_ASSUMED = {"nnan", "ninf", "nsz", "contract"}

_EXP2_SINGLE = tuple(
    np.float32(c)
    for c in (
        1.0,
        0.6931471880262273,
        0.2402210748530968,
        0.05550357114222094,
        0.009676031918255982,
        0.001339086336353527,
    )
)
_EXP2_DOUBLE = tuple(math.log(2) ** k / math.factorial(k) for k in range(13))
# Adding and subtracting this rounds to an integer, which then stands in the lowest bits.
_ROUND_SINGLE, _ROUND_DOUBLE = np.float32(1.5 * 2**23), 1.5 * 2**52
_LOG2_SINGLE = tuple(np.float32(2 / math.log(2) / k) for k in (1, 3, 5, 7, 9))
_LOG2_DOUBLE = tuple(2 / math.log(2) / k for k in range(1, 22, 2))
_HALF_ROOT_SINGLE = struct.unpack("i", struct.pack("f", math.sqrt(0.5)))[0]
_HALF_ROOT_DOUBLE = struct.unpack("q", struct.pack("d", math.sqrt(0.5)))[0]


def _layout(kind):
    """LLVM types and constants of a float: (float, integer, bits of the mantissa, bits of √½)."""
    if kind == types.float32:
        return ir.FloatType(), ir.IntType(32), 23, _HALF_ROOT_SINGLE
    return ir.DoubleType(), ir.IntType(64), 52, _HALF_ROOT_DOUBLE


@intrinsic
def _scale(context, mantissa, rounded):
    """mantissa · 2^k, where k stands in the lowest bits of `rounded`."""

    def generate(context, builder, signature, arguments):
        number, integer, bits, _ = _layout(mantissa)
        shift = builder.shl(builder.bitcast(arguments[1], integer), integer(bits))
        return builder.bitcast(builder.add(builder.bitcast(arguments[0], integer), shift), number)

    return mantissa(mantissa, rounded), generate


@intrinsic
def _exponent(context, x):
    """k with x = m · 2^k, m in [√½, √2)."""

    def generate(context, builder, signature, arguments):
        number, integer, bits, half_root = _layout(x)
        above = builder.sub(builder.bitcast(arguments[0], integer), integer(half_root))
        return builder.sitofp(builder.ashr(above, integer(bits)), number)

    return x(x), generate


@intrinsic
def _mantissa(context, x):
    """m of `_exponent`."""

    def generate(context, builder, signature, arguments):
        number, integer, bits, half_root = _layout(x)
        pattern = builder.bitcast(arguments[0], integer)
        exponent = builder.ashr(builder.sub(pattern, integer(half_root)), integer(bits))
        return builder.bitcast(builder.sub(pattern, builder.shl(exponent, integer(bits))), number)

    return x(x), generate


def _exp2(x):
    """2^x for x from the smallest normal exponent to 0."""


def _log2(x):
    """log₂ x for a positive normal number."""


@overload(_exp2, inline="never", jit_options={"fastmath": _ASSUMED})
def _exp2_for(x):
    if x == types.float32:
        c0, c1, c2, c3, c4, c5 = _EXP2_SINGLE
        magic = _ROUND_SINGLE

        def single(x):
            rounded = x + magic
            r = x - (rounded - magic)
            return _scale(((((c5 * r + c4) * r + c3) * r + c2) * r + c1) * r + c0, rounded)

        return single

    d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12 = _EXP2_DOUBLE
    magic = _ROUND_DOUBLE

    def double(x):
        rounded = x + magic
        r = x - (rounded - magic)
        s = (((((d12 * r + d11) * r + d10) * r + d9) * r + d8) * r + d7) * r + d6
        return _scale((((((s * r + d5) * r + d4) * r + d3) * r + d2) * r + d1) * r + d0, rounded)

    return double


@overload(_log2, inline="never", jit_options={"fastmath": _ASSUMED})
def _log2_for(x):
    if x == types.float32:
        c1, c3, c5, c7, c9 = _LOG2_SINGLE
        one = np.float32(1)

        def single(x):
            m = _mantissa(x)
            t = (m - one) / (m + one)
            u = t * t
            return _exponent(x) + t * ((((c9 * u + c7) * u + c5) * u + c3) * u + c1)

        return single

    d1, d3, d5, d7, d9, d11, d13, d15, d17, d19, d21 = _LOG2_DOUBLE

    def double(x):
        m = _mantissa(x)
        t = (m - 1.0) / (m + 1.0)
        u = t * t
        s = ((((d21 * u + d19) * u + d17) * u + d15) * u + d13) * u + d11
        return _exponent(x) + t * (((((s * u + d9) * u + d7) * u + d5) * u + d3) * u + d1)

    return double


_compiled = compiled(_ASSUMED)


@_compiled
def _direct(lines, result, largest, total, size, width, cost, lowest):
    """result[x] = log₂ Σ_y 2^(lines[y] − cost[x, y]), each term an exponential: always safe."""
    for x in range(size):
        for w in range(width):
            largest[w] = lines[0, w] - cost[x, 0]
        for y in range(1, size):
            c = cost[x, y]
            for w in range(width):
                largest[w] = max(largest[w], lines[y, w] - c)
        for w in range(width):
            total[w] = 0
        for y in range(size):
            c = cost[x, y]
            for w in range(width):
                total[w] += _exp2(max(lines[y, w] - c - largest[w], lowest))
        for w in range(width):
            result[x, w] = largest[w] + _log2(total[w])


@_compiled
def _blocks(lines, result, largest, total, terms, size, width, edges, centres, offset, kernel, lowest):
    """The same by blocks of outputs: an exponential a block and term, and a matrix product."""
    for block in range(len(edges) - 1):
        for w in range(width):
            largest[w] = lines[0, w] - centres[block, 0]
        for y in range(1, size):
            c = centres[block, y]
            for w in range(width):
                largest[w] = max(largest[w], lines[y, w] - c)
        for y in range(size):
            c = centres[block, y]
            for w in range(width):
                terms[y, w] = _exp2(max(lines[y, w] - c - largest[w], lowest))
        for x in range(edges[block], edges[block + 1]):
            for w in range(width):
                total[w] = 0
            for y in range(0, size - 3, 4):
                k0, k1, k2, k3 = kernel[x, y], kernel[x, y + 1], kernel[x, y + 2], kernel[x, y + 3]
                for w in range(width):
                    total[w] += (k0 * terms[y, w] + k1 * terms[y + 1, w]) + (
                        k2 * terms[y + 2, w] + k3 * terms[y + 3, w]
                    )
            for y in range(size - size % 4, size):
                k0 = kernel[x, y]
                for w in range(width):
                    total[w] += k0 * terms[y, w]
            c = offset[x]
            for w in range(width):
                result[x, w] = largest[w] + _log2(total[w]) - c


@_compiled
def log_sum_exp(h, size, after, share, shares, cost, edges, centres, offset, kernel):
    """In place along one axis: h[x] ← log₂ Σ_y 2^(h[y] − cost[x, y]).

    Args:
      h: flat, ``[before · size · after]``.
      size: n, the axis' length.
      after: numbers between neighbours along the axis.
      share, shares: which of how many equal parts of the work is done here.
      cost: ``[n, n]``
      edges: ``[blocks + 1]`` where blocks of outputs begin; one number only: the direct way.
      centres: ``[blocks, n]`` cost seen from a block's centre.
      offset: ``[n]``, kernel: ``[n, n]`` as in `softmin._Block`.
    """
    lanes = 128 if size <= 32 else 64
    # A tile is a part of one row of `before`, or some rows, each of them whole.
    rows = max(1, lanes // after)
    parts = (after + lanes - 1) // lanes
    part = after if parts == 1 else ((after + parts - 1) // parts + 15) // 16 * 16
    parts = (after + part - 1) // part
    before = len(h) // (size * after)
    tiles = (before + rows - 1) // rows * parts
    room = (rows * part + 15) // 16 * 16
    lines, result, terms = (
        np.zeros((size, room), h.dtype),
        np.empty((size, room), h.dtype),
        np.empty((size, room), h.dtype),
    )
    largest, total = np.empty(room, h.dtype), np.empty(room, h.dtype)
    lowest = h.dtype.type(-125 if h.itemsize == 4 else -1021)
    for tile in range(tiles * share // shares, tiles * (share + 1) // shares):
        row, start = tile // parts * rows, tile % parts * part
        here, long = min(rows, before - row), min(part, after - start)
        width = (here * long + 15) // 16 * 16
        if after == 1:
            for y in range(size):
                for r in range(here):
                    lines[y, r] = h[(row + r) * size + y]
        else:
            for r in range(here):
                base = (row + r) * size * after + start
                for y in range(size):
                    for w in range(long):
                        lines[y, r * long + w] = h[base + y * after + w]
        if len(edges) == 1:
            _direct(lines, result, largest, total, size, width, cost, lowest)
        else:
            _blocks(lines, result, largest, total, terms, size, width, edges, centres, offset, kernel, lowest)
        if after == 1:
            for r in range(here):
                for y in range(size):
                    h[(row + r) * size + y] = result[y, r]
        else:
            for r in range(here):
                base = (row + r) * size * after + start
                for y in range(size):
                    for w in range(long):
                        h[base + y * after + w] = result[y, r * long + w]


@_compiled
def gather(measures, over, factor, logs):
    """logs[v, w] = factor · measures[over[w], v]."""
    for v in range(logs.shape[0]):
        for w in range(logs.shape[1]):
            logs[v, w] = factor * measures[over[w], v]


@_compiled
def scatter(potentials, lanes, rows):
    """rows[lanes[w], v] = potentials[v, w]."""
    for w in range(len(lanes)):
        for v in range(potentials.shape[0]):
            rows[lanes[w], v] = potentials[v, w]


@_compiled
def update(logs, potentials, h, pairs, inverse, gain, keep, sizes, costs, edges, centres, offsets, kernels):
    """One symmetric update of the potentials of `pairs` problems (a, b) and any number of problems (a, a).

    Lanes stand last: f of the pairs, g of the pairs, the others. Each potential becomes
    keep · potential + gain · log₂ Σ 2^(logs + inverse · its partner − cost).

    Args:
      logs: ``[voxels, lanes]`` log₂ of the measure that each lane sums over.
      potentials: ``[voxels, lanes]``, in place.
      h: ``[voxels, lanes]`` work space; at the end the sums' log₂.
      sizes: the grid's axes; the tuples after it have one array an axis.
    """
    voxels, lanes = logs.shape
    for v in range(voxels):
        for w in range(pairs):
            h[v, w] = logs[v, w] + inverse * potentials[v, w + pairs]
        for w in range(pairs, 2 * pairs):
            h[v, w] = logs[v, w] + inverse * potentials[v, w - pairs]
        for w in range(2 * pairs, lanes):
            h[v, w] = logs[v, w] + inverse * potentials[v, w]
    flat, after = h.reshape(-1), lanes * voxels
    for axis in range(len(sizes)):
        after //= sizes[axis]
        log_sum_exp(
            flat, sizes[axis], after, 0, 1, costs[axis], edges[axis], centres[axis], offsets[axis], kernels[axis]
        )
    for v in range(voxels):
        for w in range(lanes):
            potentials[v, w] = keep * potentials[v, w] + gain * h[v, w]
