"""Triplets of volume, mask and image: what they are, and how they are kept together in one file.

The name up to its number is the class: `B_keratocytes000685.tif` is of class "keratocytes". What is read of other
files, in which layouts, is in `readers/`.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainables import files
from trainables.files import read

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

THRESHOLD = 127
EXAMPLE = Path(__file__).parent / "data" / "red_blood_cells.npz"
"""90 red blood cells that come with the package, see the README beside them."""
NO_CLASS = "all"


@dataclass(frozen=True, kw_only=True)
class Triplets:
    """N triplets of side n."""

    labels: list[str]
    volumes: Array
    """(N, n, n, n) uint8, depth first; inside above 127."""
    masks: Array
    """(N, n, n) uint8; inside above 127."""
    images: Array
    """(N, n, n) uint8, or float32 in [0, 1]."""

    @property
    def side(self) -> int:
        return int(self.volumes.shape[-1])

    def classes(self) -> list[str]:
        """The class of each; all of one class where the names do not repeat."""
        return classes(self.labels)

    def chosen(self, labels: list[str]) -> Triplets:
        """Those with these labels, in this order; ValueError if one is not there."""
        place = {label: index for index, label in enumerate(self.labels)}
        missing = [label for label in labels if label not in place]
        if missing:
            raise ValueError(f"there is no triplet {', '.join(missing)}")
        at = [place[label] for label in labels]
        return Triplets(labels=labels, volumes=self.volumes[at], masks=self.masks[at], images=self.images[at])

    def digest(self) -> str:
        """Equal for equal triplets; the bytes of a file are not, they hold the time of writing."""
        found = hashlib.sha256(repr((self.labels, self.volumes.shape, self.images.dtype)).encode())
        for array in (self.volumes, self.masks, self.images):
            found.update(array.tobytes())
        return found.hexdigest()

    def to_bytes(self) -> bytes:
        """As `opened` reads it."""
        import numpy as np

        buffer = io.BytesIO()
        np.savez_compressed(
            buffer, labels=np.array(self.labels), volumes=self.volumes, masks=self.masks, images=self.images
        )
        return buffer.getvalue()


def classes(labels: list[str]) -> list[str]:
    """The class in each name: what stands before its last number, without a leading letter that only sorts.

    Where there are more classes than half of the names, the names hold none, and all are of one class.
    """
    found = []
    for label in labels:
        stem = re.sub(r"[\W_]*\d+$", "", label)
        found.append(re.sub(r"[\W_]+", " ", re.sub(r"^[A-Z]_", "", stem)).strip() or NO_CLASS)
    return found if len(set(found)) <= len(found) / 2 else [NO_CLASS] * len(found)


def opened(file: str) -> Triplets:
    """The triplets that a file of `kept` holds; FileNotFoundError if there is none. Nothing is unpickled."""
    import numpy as np

    content = read(file)
    if content is None:
        raise FileNotFoundError(file)
    with np.load(io.BytesIO(content), allow_pickle=False) as saved:
        names = [str(name) for name in saved["labels"]]
        return Triplets(labels=names, volumes=saved["volumes"], masks=saved["masks"], images=saved["images"])


def cached(triplets: Triplets) -> str:
    """The file in the cache that holds the triplets, named after its content."""
    return files.cached("triplets", f"{triplets.digest()[:32]}.npz", triplets.to_bytes())
