"""Names by which files know classes: they outlive a move of the class.

A file of a trained model names what reads it (`"autodecoder/1"`; the number counts formats), a checkpoint carries the
fingerprint of its request, in which the trainable is named. Where a class lies is said here only; a class that is not
in these tables, that of an add-on say, is known by its `module:Class`.
"""

from __future__ import annotations

READERS = {
    "autodecoder/1": "trainables.autodecoder.model:SavedDecoder",
    "advection/1": "trainables.advection.saved_shapes:SavedShapes",
    "interpolation/1": "trainables.saved_interpolation:SavedInterpolation",
    "own-network/1": "trainables.models.fields:SavedFields",
    "population/1": "trainables.population.saved:SavedPopulation",
}
"""Name in a file of a trained model → the `SavedModel` that reads it."""

EARLIER_READERS = {
    "": "autodecoder/1",
    "trainables.autodecoder.model:SavedDecoder": "autodecoder/1",
    "trainables.inbetween.saved_shapes:SavedShapes": "advection/1",
    "trainables.saved_interpolation:SavedInterpolation": "interpolation/1",
}
"""What files of version 0.1.0 have in its place: where the class lay then, or nothing."""


EARLIER_TRAINABLES = {
    "trainables.advection.advected_shapes:AdvectedShapes": "trainables.inbetween.advected_shapes:AdvectedShapes",
}
"""Where a trainable lies → where it lay in 0.1.0, which is what fingerprints know it by."""


def trainable_name(place: str) -> str:
    """What a fingerprint calls the trainable that lies at `place`, `module:Class`."""
    return EARLIER_TRAINABLES.get(place, place)


def reader_name(place: str) -> str:
    """The name in a file of the class that lies at `place`, `module:Class`."""
    return next((name for name, known in READERS.items() if known == place), place)


def reader_place(name: str) -> str:
    """Where the class lies, `module:Class`, that a file names; `name` itself if it is in no table."""
    name = EARLIER_READERS.get(name, name)
    return READERS.get(name, name)
