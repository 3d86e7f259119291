"""Arrays of labels in NumPy's own files: `.npy`, `.npz`, and Cellpose's `_seg.npy`, a pickled dictionary with `masks`.

Of a pickle nothing that it names is run, see `inert_pickle`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers import inert_pickle
from trainables.shapes.readers.size import refuse_huge

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SUFFIXES = (".npy", ".npz")
SEGMENTED = "_seg.npy"
"""How the names of Cellpose's files end."""
KEY = "labels"
_MASKS = "masks"


def frames_of(file: Path) -> dict[int, Array]:
    """The labels in a file: one array, as number 0, or an array for each frame by its number; raises BadData."""
    try:
        return _of_npz(file) if file.suffix.lower() == ".npz" else {0: _of_npy(file)}
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


def _of_npz(file: Path) -> dict[int, Array]:
    import numpy as np

    with np.load(file, allow_pickle=False) as held:
        refuse_huge([sum(member.file_size for member in held.zip.infolist())], 1, file)
        if KEY in held.files or len(held.files) == 1:
            return {0: held[KEY if KEY in held.files else held.files[0]]}
        numbers = {key: match[1] for key in held.files if (match := re.fullmatch(r"\D*(\d+)\D*", key))}
        alike = {re.sub(r"\d+", "#", key) for key in held.files}
        if len(numbers) < len(held.files) or len(alike) != 1:
            keys = ", ".join(held.files) or "nothing"
            raise BadData(f"{file}: it has no array {KEY!r}, but {keys}; store the labels under {KEY!r}")
        return {int(numbers[key]): held[key] for key in sorted(held.files, key=lambda key: int(numbers[key]))}
