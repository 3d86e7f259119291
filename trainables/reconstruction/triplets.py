"""Triplets of volume, mask and image: read from `obj/ mask/ image/`, checked, and kept together in one file.

A triplet is three TIFF files of one name: `obj/` holds the volume (n, n, n), depth first, `mask/` and `image/` the mask
and the image of its middle slice (n, n). Volumes and masks are grey, 0 … 255, and cut at 127; the name up to its number
is the class: `B_keratocytes000685.tif` is of class "keratocytes".
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
from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.tiff import SUFFIXES, read_array

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

PNG = ".png"
"""Suffix of masks and images that are no TIFFs; volumes are."""
FOLDERS = ("obj", "mask", "image")
THRESHOLD = 127
SIDES = (16, 32, 64, 128)
"""Sides of volumes that the network's halvings and doublings fit."""
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


def kept(triplets: Triplets) -> str:
    """The file in the cache that holds the triplets, named after its content."""
    return files.kept("triplets", f"{triplets.digest()[:32]}.npz", triplets.to_bytes())


def read_folder(path: str | Path) -> Triplets:
    """The triplets of a folder with `obj/`, `mask/` and `image/`; raises BadData with the first thing that is wrong."""
    import numpy as np

    files = _files(Path(path))
    volumes, masks, images = [], [], []
    for obj, mask, image in files.values():
        volume = _volume(obj)
        volumes.append(volume)
        masks.append(_mask(mask, volume.shape[0]))
        images.append(_image(image, volume.shape[0]))
        if volume.shape != volumes[0].shape:
            raise BadData(
                f"{obj}: the volume has side {volume.shape[0]}, that of {next(iter(files))} has "
                f"{volumes[0].shape[0]}; scale all volumes to one side"
            )
    if len({image.dtype for image in images}) > 1:
        images = [image.astype(np.float32) / (255.0 if image.dtype == np.uint8 else 1.0) for image in images]
    return Triplets(labels=list(files), volumes=np.stack(volumes), masks=np.stack(masks), images=np.stack(images))


def _files(folder: Path) -> dict[str, list[Path]]:
    """Name without suffix → volume, mask and image of that name, in alphabetical order."""
    if not folder.is_dir():
        raise BadData(f"{folder}: not a folder of images; name one that holds the folders {', '.join(FOLDERS)}")
    missing = [part for part in FOLDERS if not (folder / part).is_dir()]
    if missing:
        raise BadData(f"{folder}: there is no folder {missing[0]} in it; it needs {', '.join(FOLDERS)}")
    found = {part: _tiffs(folder / part) for part in FOLDERS}
    names = sorted(set().union(*found.values()))
    for name in names:
        absent = [part for part in FOLDERS if name not in found[part]]
        if absent:
            has = next(part for part in FOLDERS if name in found[part])
            raise BadData(
                f"{folder / absent[0]}: there is no {name}.tif, which {has} has; a volume, its mask and its image "
                "have the same name"
            )
    return {name: [found[part][name] for part in FOLDERS] for name in names}


def _tiffs(folder: Path) -> dict[str, Path]:
    """Name without suffix → file, of a folder that must have some."""
    found: dict[str, Path] = {}
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in (*SUFFIXES, PNG) and not file.name.startswith("."):
            if file.stem in found:
                raise BadData(f"{folder}: there are two files called {file.stem}; leave one out")
            found[file.stem] = file
    if not found:
        raise BadData(f"{folder}: there is no TIFF file in it; give volumes, masks and images as .tif")
    return found


def _volume(file: Path) -> Array:
    volume = _numbers(file, read_array(file))
    shape = " x ".join(str(size) for size in volume.shape)
    if volume.ndim != 3 or len(set(volume.shape)) != 1:
        raise BadData(f"{file}: the volume is {shape}, not a cube; cut or scale it to three equal sides")
    if volume.shape[0] not in SIDES:
        sides = ", ".join(str(side) for side in SIDES)
        raise BadData(f"{file}: the volume has side {volume.shape[0]}; scale it to one of {sides}")
    inside = _grey(file, volume) > THRESHOLD
    if not inside.any() or inside.all():
        level = "no voxel" if not inside.any() else "every voxel"
        raise BadData(f"{file}: the volume is constant, {level} is above {THRESHOLD}; leave this image out")
    return _grey(file, volume)


def _mask(file: Path, side: int) -> Array:
    mask = _plane(file, side)
    inside = _grey(file, mask) > THRESHOLD
    if not inside.any() or inside.all():
        raise BadData(
            f"{file}: the mask has no two levels around {THRESHOLD}, its values go from {mask.min()} to {mask.max()}; "
            "write it as 0 outside and 255 inside"
        )
    return _grey(file, mask)


def _image(file: Path, side: int) -> Array:
    """uint8 as it is; 16 bits divided by 65535; floating point must lie in [0, 1]."""
    import numpy as np

    image = _plane(file, side)
    if image.dtype == np.uint8:
        return image
    if image.dtype == np.uint16:
        return (image / 65535.0).astype(np.float32)
    if not np.issubdtype(image.dtype, np.floating) or image.min() < 0 or image.max() > 1:
        raise BadData(
            f"{file}: the image is {image.dtype} from {image.min()} to {image.max()}; write it as 8 or 16 bits, or as "
            "floating point from 0 to 1"
        )
    return image.astype(np.float32)


def _png(file: Path) -> Array:
    """A PNG's array, as masks and images are drawn in SHAPR's own description; raises BadData."""
    import numpy as np
    from skimage.io import imread

    try:
        return np.asarray(imread(file))
    except Exception as error:  # what a decoder raises on a broken file is not documented
        raise BadData(f"{file}: cannot be read as PNG ({error}); copy it again") from None


def _plane(file: Path, side: int) -> Array:
    plane = _numbers(file, _png(file) if file.suffix.lower() == PNG else read_array(file))
    if plane.shape != (side, side):
        shape = " x ".join(str(size) for size in plane.shape)
        raise BadData(f"{file}: it is {shape}, but its volume has side {side}; scale it to {side} x {side}")
    return plane


def _numbers(file: Path, values: Array) -> Array:
    import numpy as np

    if not np.isfinite(values).all():
        raise BadData(f"{file}: some values are not finite; replace them")
    return values


def _grey(file: Path, values: Array) -> Array:
    """Grey levels 0 … 255 as uint8."""
    import numpy as np

    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255)
    if values.min() < 0 or values.max() > 255:
        raise BadData(
            f"{file}: grey levels go from {values.min()} to {values.max()}; scale them to 0 … 255, where above "
            f"{THRESHOLD} is inside"
        )
    return values.astype(np.uint8)
