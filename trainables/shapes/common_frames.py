"""Sequences of one recording at the same moments: a study has one timeline for all of them."""

from __future__ import annotations

from dataclasses import replace

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import Recorded

_DIGITS = 9
"""Of a moment, in the recording's unit of time."""


def in_common(sequences: list[Recorded]) -> list[Recorded]:
    """Each with those of its frames alone whose moments, since its own first frame, all the others know too.

    Raises BadData if there are fewer than two such moments.
    """
    moments = [[round(time - sequence.times()[0], _DIGITS) for time in sequence.times()] for sequence in sequences]
    common = set.intersection(*map(set, moments)) if moments else set()
    if sequences and len(common) < 2:
        labels = ", ".join(sequence.label for sequence in sequences)
        raise BadData(
            f"{sequences[0].reader.path}: {labels} have no two frames in common, counted from the first of each; "
            "choose among them with --tracks"
        )
    return [
        replace(sequence, frames=tuple(f for f, moment in zip(sequence.frames, own, strict=True) if moment in common))
        for sequence, own in zip(sequences, moments, strict=True)
    ]
