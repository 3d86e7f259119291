"""Compiled loops of persistent homology: components that merge, loops that are filled."""

import numpy as np

from trainables.compilation import compiled

_compiled = compiled(set())


@_compiled
def in_order(links, step, total):
    """Indices of `links` by rising `step[link]`, ties in the order given; steps lie in 0 … total − 1."""
    starts = np.zeros(total + 1, np.int64)
    for link in links:
        starts[step[link] + 1] += 1
    for i in range(total):
        starts[i + 1] += starts[i]
    found = np.empty(links.size, np.int64)
    for index in range(links.size):
        at = step[links[index]]
        found[starts[at]] = index
        starts[at] += 1
    return found


@_compiled
def _root(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@_compiled
def merges(ends, order, age):
    """Join the two `ends` `(L, 2)` of each link, links in `order`; of two components that meet, the younger ends.

    `age` of each node: lower is older. Returns (node that began the younger component, link) `(M, 2)` and whether a
    link joins nothing that was apart `(L,)`.
    """
    parent = np.arange(age.size)
    pairs = np.empty((order.size, 2), np.int64)
    closes = np.zeros(order.size, np.bool_)
    count = 0
    for link in order:
        older, younger = _root(parent, ends[link, 0]), _root(parent, ends[link, 1])
        if older == younger:
            closes[link] = True
            continue
        # A component's root is the node that began it.
        if age[older] > age[younger]:
            older, younger = younger, older
        parent[younger] = older
        pairs[count, 0], pairs[count, 1] = younger, link
        count += 1
    return pairs[:count].copy(), closes


@_compiled
def fillings(sides, columns, row):
    """Reduce the boundary matrix of squares over edges, modulo 2; (row, column) of each pivot, `(P, 2)`.

    Column j is the square `columns[j]` with its four `sides` `(S, 4)`; `row` of each edge counts those that close a
    loop, in the order in which they come, and is −1 for the others. The column under reduction is a field of bits with
    a second field that says which words of the first are not zero (after U. Bauer et al., *PHAT*, J. Symb. Comput. 78,
    2017); reduced columns are lists.
    """
    rows = row.max() + 1
    bits = np.zeros(rows // 64 + 1, np.uint64)
    words = np.zeros(rows // 4096 + 1, np.uint64)
    start, stop = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    kept = np.empty(4 * rows + 64, np.int32)
    used = 0
    pairs = np.empty((rows, 2), np.int64)
    count = 0
    for column in range(len(columns)):
        square = columns[column]
        last = -1
        for k in range(4):
            last = max(last, row[sides[square, k]])
        if last >= 0 and stop[last] == 0:
            # Nothing to reduce, as for most.
            pairs[count, 0], pairs[count, 1] = last, column
            count += 1
            kept = _room(kept, used + 4)
            start[last] = used
            for k in range(4):
                found = row[sides[square, k]]
                if found >= 0:
                    kept[used] = found
                    used += 1
            stop[last] = used
            continue
        for k in range(4):
            found = row[sides[square, k]]
            if found >= 0:
                _flip(bits, words, found)
        while last >= 0 and stop[last] > 0:
            for k in range(start[last], stop[last]):
                _flip(bits, words, kept[k])
            last = _last(bits, words, last)
        if last < 0:
            continue
        pairs[count, 0], pairs[count, 1] = last, column
        count += 1
        start[last] = used
        found = last
        while found >= 0:
            kept = _room(kept, used + 1)
            kept[used] = found
            used += 1
            _flip(bits, words, found)
            found = _last(bits, words, found)
        stop[last] = used
    return pairs[:count].copy()


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
