"""Arrays of labels in NumPy's own files: `.npy`, `.npz`, and Cellpose's `_seg.npy`, a pickled dictionary with `masks`.

Of a pickle nothing that it names is run, see `inert_pickle`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers import inert_pickle, named_labels
from trainables.shapes.readers.size import refuse_huge

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SUFFIXES = (".npy", ".npz")
SEGMENTED = "_seg.npy"
"""How the names of Cellpose's files end."""
KEY = "labels"
_MASKS = "masks"


@dataclass(frozen=True)
class Held:
    """What a file holds."""

    frames: dict[int, Array]
    """One array of labels, as number 0, or one for each frame by its number."""
    voxel: tuple[tuple[float, ...], str] | None = None
    """Sizes, and the array that says them."""
    unread: list[str] = field(default_factory=list)
    """Names of other arrays."""


def held_in(file: Path) -> Held:
    """The labels in a file, and what it says of them; raises BadData."""
    try:
        return _of_npz(file) if file.suffix.lower() == ".npz" else Held({0: _of_npy(file)})
    except (BadData, MemoryError):
        raise
    except Exception as error:  # zip, header and pickle errors are of many kinds
        kind = f"{file.suffix.lower()} of plain arrays"
        again = "np.savez" if file.suffix.lower() == ".npz" else "np.save"
        raise BadData(f"{file}: cannot be read as {kind} ({error}); save it again with {again}") from None


def _of_npy(file: Path) -> Array:
    import numpy as np

    with open(file, "rb") as content:
        version = np.lib.format.read_magic(content)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        if header(content)[2].hasobject:
            return _masks(inert_pickle.read(content), file)
    found: Array = np.load(file, mmap_mode="r", allow_pickle=False)
    return found


def _masks(pickled: Any, file: Path) -> Array:
    """The array `masks` of Cellpose's dictionary; raises BadData."""
    import numpy as np

    content = pickled.array() if isinstance(pickled, inert_pickle.Named) else pickled
    held = content[0] if isinstance(content, list) and len(content) == 1 else None
    if not isinstance(held, dict) or _MASKS not in held:
        found = ", ".join(map(str, held)) if isinstance(held, dict) else "other objects"
        raise BadData(
            f"{file}: it holds Python objects that are not Cellpose's ({found}), which are not run; save the labels "
            "alone with np.save"
        )
    masks = held[_MASKS].array() if isinstance(held[_MASKS], inert_pickle.Named) else None
    if not isinstance(masks, np.ndarray):
        raise BadData(f"{file}: its {_MASKS!r} are no array of numbers; save the labels alone with np.save")
    return masks


def _of_npz(file: Path) -> Held:
    import numpy as np

    with np.load(file, allow_pickle=False) as held:
        refuse_huge([sum(member.file_size for member in held.zip.infolist())], 1, file)
        arrays = {key: held[key] for key in held.files if len(held.files) == 1 or not _objects(held, key)}
    said = [(sizes, key) for key, array in arrays.items() if (sizes := _voxel(key, array)) is not None]
    voxel = said[0] if said and len(arrays) > 1 else None
    labels = {key: array for key, array in arrays.items() if array.ndim > 1 and array.dtype.kind in "uib"}
    if (named := [key for key in arrays if key == KEY]) or len(arrays) == 1:
        frames = {0: arrays[named[0] if named else next(iter(arrays))]}
    elif (numbered := named_labels.by_number([key for key in labels if labels[key].ndim < 4])) is not None:
        frames = {number: arrays[key] for number, key in numbered.items()}
    elif (key := named_labels.chosen(labels or [key for key, array in arrays.items() if array.ndim > 1])) is not None:
        frames = {0: arrays[key]}
    else:
        keys = ", ".join(held.files) or "nothing"
        raise BadData(f"{file}: it has no array {KEY!r}, but {keys}; store the labels under {KEY!r}")
    taken = [id(array) for array in frames.values()]
    unread = [key for key, array in arrays.items() if id(array) not in taken and (voxel is None or key != voxel[1])]
    return Held(frames, voxel, unread)


def _objects(held: Any, key: str) -> bool:
    """Whether an array holds Python objects, which are not loaded."""
    import numpy as np

    with held.zip.open(f"{key}.npy") as content:
        version = np.lib.format.read_magic(content)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return bool(header(content)[2].hasobject)


def _voxel(key: str, array: Array) -> tuple[float, ...] | None:
    """The sizes that an array holds, if it is called so: of two or three axes."""
    if key.lower() not in named_labels.VOXEL or array.ndim != 1 or array.dtype.kind not in "fui":
        return None
    return named_labels.size_of(array.tolist(), len(array)) if len(array) in (2, 3) else None
