"""Compiled loops of persistent homology: components that merge, cavities that close, loops that are filled.

All on the critical cells of a discrete gradient; names and numbers are those of `gradient`.
"""

# mypy: disable-error-code="no-untyped-call"

import numpy as np

from trainables.compilation import compiled
from trainables.topology.gradient import CRITICAL, NONE, PAIRS, offsets

_compiled = compiled(set())


@_compiled
def _root(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@_compiled
def components(edges, step, place, side, rank, older):
    """Pairs of steps at which components are born and end, `(P, 2)`, by rising end; `edges` are in order.

    Of two components that meet the younger ends, and the edge by which they do takes no part in loops: its `rank`
    becomes NONE.
    """
    off = offsets(side)
    pairs, count = np.empty((edges.size, 2), np.int32), 0
    for edge in edges:
        come, direction = edge >> 3, edge & 7
        voxel = place[come]
        one, other = _root(older, voxel), _root(older, voxel + off[direction])
        if one == other:
            continue
        if step[one] < step[other]:
            one, other = other, one
        older[one] = other
        rank[voxel, direction] = NONE
        pairs[count, 0], pairs[count, 1] = step[one], come
        count += 1
    return pairs[:count].copy()


@_compiled
def cavities(squares, place, sides, outer, ends):
    """Pairs of steps at which cavities are born and end, `(P, 2)`, by falling birth, and whether each of the `squares`,
    which are in order, closes one.

    From the last cell back, regions of what is not there yet are joined by a square that leaves; of two regions, that
    which begins at the earlier step ends. `sides`: `(12, 2)` offsets of the cubes on either side of a square.
    """
    outside = len(outer) - 1
    pairs, count, closes = np.empty((squares.size, 2), np.int32), 0, np.zeros(squares.size, np.bool_)
    for index in range(squares.size - 1, -1, -1):
        come, pair = squares[index] >> 4, squares[index] & 15
        voxel = place[come]
        one, other = _root(outer, voxel + sides[pair, 0]), _root(outer, voxel + sides[pair, 1])
        if one == other:
            continue
        if one == outside or (other != outside and ends[one] > ends[other]):
            one, other = other, one
        outer[one] = other
        closes[index] = True
        pairs[count, 0], pairs[count, 1] = come, ends[one]
        count += 1
    return pairs[:count].copy(), closes


@_compiled
def loops(squares, step, place, side, rank, partner):
    """Pairs of steps at which loops are born and filled, `(P, 2)`, by rising end.

    Reduces the boundary matrix of `squares`, those that are critical and close no cavity, in order, over edges, modulo
    2. Rows are steps · 8 + rank. A row whose edge is paired with a square is emptied by adding that square's boundary,
    which need not be kept. The column under reduction is a field of bits with a second field that says which words of
    the first are not zero (after Bauer 2017); reduced columns are lists, each
    begun by its length.
    """
    off, rows = offsets(side), 8 * place.size
    bits = np.zeros(rows // 64 + 1, np.uint64)
    words = np.zeros(rows // 4096 + 1, np.uint64)
    start = np.zeros(rows, np.int32)
    kept, used = np.empty(8 * squares.size + 64, np.int32), 1
    pairs = np.empty((squares.size, 2), np.int32)
    count = 0
    for square in squares:
        _flip_boundary(bits, words, place[square >> 4], square & 15, off, step, rank)
        last = _last(bits, words, rows - 1)
        while last >= 0:
            voxel = place[last >> 3]
            pair = partner[voxel, last & 7]
            if pair != CRITICAL:
                _flip_boundary(bits, words, voxel, pair, off, step, rank)
            elif start[last] > 0:
                first = start[last] + 1
                for k in range(first, first + kept[first - 1]):
                    _flip(bits, words, kept[k])
            else:
                break
            last = _last(bits, words, last)
        if last < 0:
            continue
        pairs[count, 0], pairs[count, 1] = last >> 3, square >> 4
        count += 1
        start[last] = used
        begun, used = used, used + 1
        while last >= 0:
            kept = _room(kept, used + 2)
            kept[used] = last
            used += 1
            _flip(bits, words, last)
            last = _last(bits, words, last)
        kept[begun] = used - begun - 1
    return pairs[:count].copy()


@_compiled
def _flip_boundary(bits, words, voxel, pair, off, step, rank):
    """Add the boundary of a square of a voxel's star."""
    i, j = PAIRS[pair]
    across = voxel + off[i] + off[j]
    _flip_edge(bits, words, voxel, i, voxel + off[i], step, rank)
    _flip_edge(bits, words, voxel, j, voxel + off[j], step, rank)
    _flip_edge(bits, words, voxel + off[i], j, across, step, rank)
    _flip_edge(bits, words, voxel + off[j], i, across, step, rank)


@_compiled
def _flip_edge(bits, words, one, direction, other, step, rank):
    """Add the edge from `one` in a direction to the `other` voxel, if it takes part."""
    if step[one] < step[other]:
        one, direction = other, 5 - direction
    mine = rank[one, direction]
    if mine != NONE:
        _flip(bits, words, 8 * step[one] + mine)


@_compiled
def _room(values, size):
    """`values`, in an array at least twice as long if it is shorter than `size`."""
    if size <= values.size:
        return values
    larger = np.empty(2 * size, values.dtype)
    larger[: values.size] = values
    return larger


@_compiled
def _flip(bits, words, i):
    word = i >> 6
    bits[word] ^= np.uint64(1) << np.uint64(i & 63)
    mask = np.uint64(1) << np.uint64(word & 63)
    if bits[word] == np.uint64(0):
        words[word >> 6] &= ~mask
    else:
        words[word >> 6] |= mask


@_compiled
def _last(bits, words, below):
    """The highest bit that is set, none being above `below`; −1 if none is."""
    group = below >> 12
    while group >= 0:
        if words[group] != np.uint64(0):
            word = (group << 6) + _highest(words[group])
            return (word << 6) + _highest(bits[word])
        group -= 1
    return -1


@_compiled
def _highest(value):
    """Position of the highest bit of a number that is not zero."""
    place = 0
    for shift in (32, 16, 8, 4, 2, 1):
        if value >> np.uint64(shift) != np.uint64(0):
            value >>= np.uint64(shift)
            place += shift
    return place
