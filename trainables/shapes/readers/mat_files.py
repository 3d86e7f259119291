"""Arrays in MATLAB's files: up to version 7 by `scipy.io`, of version 7.3, which are HDF5, by h5py.

Arrays have the order of axes that MATLAB's `size` tells, in both. No file says what its axes are: MATLAB's own programs
have rows, columns, planes, frames (YXZT), those that write NumPy's arrays with `scipy.io.savemat` any order. So the
user says it with `--layout`, or the file with a text called `axes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers import named_labels
from trainables.shapes.readers.size import refuse_huge

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SUFFIX = ".mat"
AXES = "axes"
"""A text of this name says what the axes are."""
_LEAST, _MOST = 3, 6
"""Axes of an array that may be a recording."""
_NUMBERS = ("double", "single", "logical", *(f"{u}int{bits}" for u in ("", "u") for bits in (8, 16, 32, 64)))
_BYTES = {"double": 8, "single": 4, "logical": 1}
_HDF5 = b"\x89HDF\r\n\x1a\n"
_TOLD = 6


@dataclass(frozen=True)
class Held:
    """The array of a file that is its recording."""

    name: str
    array: Array
    axes: str | None
    """What the file says of them."""
    unread: tuple[str, ...]
    """Other arrays."""


def held_in(file: Path, least: int = _LEAST) -> Held:
    """The one array of numbers with `least` axes or more, or the one among several that is called labels; raises
    BadData."""
    return _held(file, file.stat().st_mtime_ns, least)


@lru_cache(maxsize=2)
def _held(file: Path, changed: int, least: int) -> Held:
    try:
        with _opened(file) as (there, values, text):
            found = {
                name: shape
                for name, (shape, kind) in there.items()
                if kind in _NUMBERS and least <= len(shape) <= _MOST and sum(length > 1 for length in shape) >= least
            }
            name = named_labels.chosen(found) if found else None
            if name is None:
                raise BadData(_nothing_chosen(file, found, there, least))
            refuse_huge(found[name], _bytes(there[name][1]), f"{file}: {name!r}")
            unread = tuple(other for other in there if other not in (name, AXES))
            axes = text(AXES) if AXES in there and there[AXES][1] == "char" else None
            return Held(name, values(name), axes, unread)
    except (BadData, MemoryError):
        raise
    except Exception as error:  # both libraries' own, on broken files, are of many kinds
        raise BadData(f"{file}: cannot be read as MATLAB's ({error}); save it again, with -v7 or -v7.3") from None


def _nothing_chosen(
    file: Path, found: dict[str, tuple[int, ...]], there: dict[str, tuple[tuple[int, ...], str]], least: int
) -> str:
    if found:
        named = ", ".join(f"{name} {shape}" for name, shape in list(found.items())[:_TOLD])
        more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
        return f"{file}: it has the arrays {named}{more}; keep that of the labels alone, or call it labels"
    named = ", ".join(f"{name} ({kind} {shape})" for name, (shape, kind) in list(there.items())[:_TOLD])
    many, whose = ("three", "all frames") if least == _LEAST else ("two", "the frame")
    cell = next((name for name, (_, kind) in there.items() if kind == "cell"), None)
    joined = f"labels = cat(ndims({cell}{{1}}) + 1, {cell}{{:}}); " if cell and least == _LEAST else ""
    return (
        f"{file}: it has no array of numbers with {many} axes or more, but {named or 'nothing'}; save the labels of "
        f"{whose} as one array by itself, as in {joined}save('labels.mat', 'labels')"
    )


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """What a file holds, name → (shape, class); what gives an array by its name; and a text."""
    import numpy as np

    with open(file, "rb") as content:
        start = content.read(512 + len(_HDF5))
    if start.startswith(_HDF5) or start[512:] == _HDF5:
        import h5py

        with h5py.File(file, "r") as held:
            found: dict[str, tuple[tuple[int, ...], str]] = {}

            def look(name: str, value: Any) -> None:
                if isinstance(value, h5py.Dataset) and not name.startswith("#"):
                    found[name] = tuple(int(n) for n in value.shape[::-1]), _class(value)

            held.visititems(look)
            yield (
                found,
                lambda name: np.asarray(held[name][()]).T,
                lambda name: "".join(map(chr, np.asarray(held[name][()]).T.ravel())),
            )
        return
    from scipy.io import loadmat, whosmat

    listed = {name: (tuple(int(n) for n in shape), kind) for name, shape, kind in whosmat(str(file))}
    yield (
        listed,
        lambda name: np.asarray(loadmat(str(file), variable_names=[name])[name]),
        lambda name: "".join(str(part) for part in loadmat(str(file), variable_names=[name])[name].ravel()),
    )


def _class(dataset: Any) -> str:
    """MATLAB's name of a dataset's type; what other programs wrote has none of its own."""
    said = dataset.attrs.get("MATLAB_class")
    if said is not None:
        return said.decode() if isinstance(said, bytes) else str(said)
    kind, bits = dataset.dtype.kind, 8 * dataset.dtype.itemsize
    return {
        "f": {32: "single", 64: "double"}.get(bits, "half"),
        "b": "logical",
        "i": f"int{bits}",
        "u": f"uint{bits}",
    }.get(kind, "other")


def _bytes(kind: str) -> int:
    return _BYTES.get(kind) or int(kind.strip("uint")) // 8
