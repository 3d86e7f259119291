"""Opening a recording in a test: its volumes, its refusal, and a cell to put into it."""

import re

import numpy as np
import pytest

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import open_recording


def read(path, **options):
    """The sequences, whole volumes by frame of each, and the listing."""
    listing = open_recording(path, **options).sequences()
    found = {}
    for sequence in listing.usable:
        found[sequence.label] = {}
        for frame in sequence.read():
            inside = frame.values if frame.values.dtype == bool else frame.values < 0
            volume = np.zeros(sequence.shape, bool)
            volume[tuple(slice(o, o + n) for o, n in zip(frame.offset, inside.shape, strict=True))] = inside
            found[sequence.label][frame.number] = volume
    return found, listing


def refused(path, *words, **options):
    with pytest.raises(BadData) as caught:
        open_recording(path, **options).sequences().all_usable()
    for word in words:
        assert re.search(word, str(caught.value)), f"{word!r} is not in {caught.value}"


def same(found, labels, value=3):
    """Whether the volumes found are those where the labels have a value."""
    return all((volume == (labels[t] == value)).all() for t, volume in found.items())


def cell(t: int, x: int = 2, side: int = 4, shape=(8, 8, 40)) -> np.ndarray:
    volume = np.zeros(shape, bool)
    volume[2:6, 2:6, x + t : x + t + side] = True
    return volume
