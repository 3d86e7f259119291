"""The axes of a TIFF, as its metadata name them, brought into the order (t, z, y, x), or (t, y, x) without depth.

Axes of length 1 that are neither time nor space are dropped; channels (C) and colours (S) of more than 1 are refused.
Axes without a meaning (Q, I: plain stacks) stand for time and depth in this order. Some files name them wrongly, a
time that is called Z, say: then the user says what they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainables.shapes.bad_data import BadData

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_NAMES = {"C": "channels", "S": "colours", "T": "times", "Z": "planes"}
_UNNAMED = "QI"


def named(axes: str, given: str | None, where: Path | str) -> str:
    """The axes that a file names, or those that the user gives, a letter for each; raises BadData."""
    if given is None:
        return axes
    if len(given) != len(axes) or len(set(given)) != len(given):
        named = "" if set(axes) <= set(_UNNAMED) else f", {axes}"
        raise BadData(f"{where}: --layout {given}: the file has {len(axes)} axes{named}; give a letter for each, once")
    return given


def order_of(axes: str, shape: tuple[int, ...], time: bool, where: Path | str) -> list[int]:
    """The axes of labels in order, first to last: with `time` (t, z, y, x), else (z, y, x); z is left out where there
    is no depth, or one plane. All others have length 1. Raises BadData."""
    deep = "TZYX" if time else "ZYX"
    flat = deep.replace("Z", "")
    unnamed, named_ones = sum(axis in _UNNAMED for axis in axes), sum(letter in axes for letter in deep)
    has_depth = "Z" in axes or unnamed + named_ones >= len(deep) or sum(length > 1 for length in shape) > len(flat)
    if not has_depth:
        return places(axes, shape, flat, where)
    order = places(axes, shape, deep, where)
    depth = deep.index("Z")
    return order if shape[order[depth]] > 1 else [*order[:depth], *order[depth + 1 :]]


def places(axes: str, shape: tuple[int, ...], wanted: str, where: Path | str) -> list[int]:
    """For each letter of `wanted` ("TZYX", "ZYX", "TYX" or "YX") the axis that it is; all others have length 1.

    Raises BadData.
    """
    kept = [i for i, axis in enumerate(axes) if shape[i] > 1 or axis in wanted or axis in _UNNAMED]
    named = {axes[i]: i for i in kept if axes[i] not in _UNNAMED}
    unnamed = [i for i in kept if axes[i] in _UNNAMED]
    open_letters = [letter for letter in wanted if letter not in named]
    while len(unnamed) > len(open_letters) and (single := [i for i in unnamed if shape[i] == 1]):
        unnamed.remove(single[0])
    foreign = {letter: named[letter] for letter in named if letter not in wanted}
    if len(unnamed) == len(open_letters) and not foreign:
        named |= dict(zip(open_letters, unnamed, strict=True))
        return [named[letter] for letter in wanted]
    if "T" in foreign:
        raise BadData(
            f"{where}: its axes are {axes} {shape}, with {shape[foreign['T']]} times, but a file of a folder is one "
            f"frame; name one such file alone, or, if the names are wrong, say what they are, as --layout {wanted}"
        )
    if foreign:
        counts = " and ".join(f"{shape[i]} {_NAMES.get(letter, f'of axis {letter}')}" for letter, i in foreign.items())
        raise BadData(
            f"{where}: its axes are {axes} {shape}, with {counts}; labels have {', '.join(wanted.lower())} alone: save "
            f"one channel, or, if the names are wrong, say what they are, as --layout {wanted}"
        )
    needed = {
        "TZYX": "one file must have four: t, z, y, x, or three, t, y, x; where z is time, say --layout TYX",
        "TYX": "one file must have t, y, x",
    }.get(wanted, "a frame is a volume (z, y, x) or a plane (y, x)")
    raise BadData(f"{where}: {len(kept)} axes {shape}, named {axes}; {needed}")


def arranged(values: Array, order: list[int]) -> Array:
    """An array with the axes `order` first to last, the others, of length 1, taken away."""
    import numpy as np

    others = tuple(i for i in range(values.ndim) if i not in order)
    moved: Array = np.squeeze(np.transpose(values, [*others, *order]), axis=tuple(range(len(others))))
    return moved
