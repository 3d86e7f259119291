"""Labels in HDF5, or in a plain Zarr array, read frame by frame.

Of an HDF5 file it is the one dataset of whole numbers with three axes or more, as ilastik and PlantSeg write it, or the
one among several that is called labels; or a dataset for each frame, in one file or in a folder of files. Attributes
name the axes (`axistags`, or Zarr's names of dimensions) and the size of a voxel (`element_size_um`). Where nothing
names them they are t, z, y, x, or t, y, x.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, PrivateAttr

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers import named_labels, zarr_place
from trainables.shapes.readers.base import Sizes
from trainables.shapes.readers.frame_files import FrameFiles, frame_files
from trainables.shapes.readers.labels import LabelReader
from trainables.shapes.readers.sdf_volumes import KEY as DISTANCES
from trainables.shapes.readers.tiff_axes import arranged, named, order_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_HDF5 = (".h5", ".hdf5", ".hdf")
_IMARIS = "DataSetInfo/Image"
"""A group that only files of Imaris have, whatever they are called."""


class LabelDatasets(LabelReader):
    """An HDF5 file of labels, a folder of them, or a Zarr array without metadata of OME."""

    name: ClassVar[str] = "label-datasets"
    accepts: ClassVar[str] = (
        "an HDF5 file with one dataset of labels, or a Zarr array of them, with the axes (t, z, y, x) or (t, y, x), or "
        "with a dataset a frame"
    )

    layout: str | None = Field(
        None, pattern="^[TZYXC]{2,5}$", description="what the axes are, where not t, z, y, x: ZTYX, say"
    )
    _named: FrameFiles | None = PrivateAttr(None)
    _opened: Any = PrivateAttr(None)
    """Frame number → its dataset, and its place along the dataset's time, none where it is the whole dataset."""

    @classmethod
    def written(cls, labels: Array, folder: Path) -> list[Path]:
        """As ilastik exports it, and as Zarr arrays of formats 2 and 3."""
        import h5py
        import zarr

        folder.mkdir(parents=True)
        axes = [{"key": key} for key in ("tzyxc" if labels.ndim == 4 else "tyxc")]
        with h5py.File(folder / "ilastik.h5", "w") as file:
            dataset = file.create_dataset("exported_data", data=labels[..., None], chunks=(1, *labels.shape[1:], 1))
            dataset.attrs["axistags"] = json.dumps({"axes": axes})
        paths = [folder / "ilastik.h5"]
        for version in (2, 3):
            paths.append(folder / f"labels-{version}.zarr")
            zarr.create_array(str(paths[-1]), data=labels, chunks=(1, *labels.shape[1:]), zarr_format=version)
        return paths

    @classmethod
    def recognises(cls, path: Path) -> bool:
        if zarr_place.metadata(path) is not None:
            if zarr_place.is_array(path):
                return zarr_place.level(path) is None
            return _array_in(path) is not None
        if path.is_dir():
            first = next((file for file in sorted(path.iterdir()) if _is_hdf5(file)), None)
            return first is not None and len(_datasets(first, 2)) > 0
        return _is_hdf5(path) and len(_datasets(path, 3) or _datasets(path, 2)) > 0

    def numbers(self) -> list[int]:
        return list(self._frames())

    def labels(self, number: int) -> Array:
        dataset, place = self._frames()[number]
        order = self._order(dataset, place is not None)
        one: list[slice] = [slice(None)] * len(dataset.shape)
        if place is not None:
            one[order[0]] = slice(place, place + 1)
        try:
            found: Array = arranged(dataset[tuple(one)], order)
        except Exception as error:  # what a filter or codec raises on a broken chunk is not documented
            raise BadData(f"{self.where(number)}: cannot be read ({error}); copy it again") from None
        return found if place is None else found[0]

    def where(self, number: int) -> str:
        held = self._frames().get(number)
        place = self.path if held is None or not self.path.is_dir() else getattr(held[0], "file", None)
        return f"{getattr(place, 'filename', self.path)} (frame {number})"

    def said_voxel(self) -> tuple[Sizes, str] | None:
        dataset, place = next(iter(self._frames().values()))
        said = dataset.attrs.get("element_size_um")
        if said is None or len(said) != 3 or not all(float(size) > 0 for size in said):
            return None
        axes = len(self._order(dataset, place is not None)) - (place is not None)
        return tuple(float(size) for size in said)[3 - axes :], "attribute element_size_um"

    def remarks(self) -> list[str]:
        return [*self._names().notes]

    def said_interval(self) -> tuple[float, str] | None:
        return self._names().said_interval()

    def said_times(self) -> tuple[dict[int, float], str] | None:
        return self._names().said_times()

    def _names(self) -> FrameFiles:
        """Of a folder of HDF5 files; of others none."""
        if self._named is None:
            of_files = self.path.is_dir() and zarr_place.metadata(self.path) is None
            self._named = frame_files(self.path, _HDF5) if of_files else FrameFiles()
        return self._named

    def _frames(self) -> dict[int, tuple[Any, int | None]]:
        if self._opened is None:
            self._opened = self._found()
        opened: dict[int, tuple[Any, int | None]] = self._opened
        return opened

    def _found(self) -> dict[int, tuple[Any, int | None]]:
        if zarr_place.metadata(self.path) is not None:
            held = zarr_array(self.path)
        elif self.path.is_dir():
            files = self._names().files
            found = {number: _hdf5(file) for number, (file, *_) in files.items()}
            if more := next((number for number, one in found.items() if isinstance(one, dict)), None):
                raise BadData(f"{files[more][0]}: a dataset a frame, but a file of a folder is one frame; name one")
            return {number: (dataset, None) for number, dataset in found.items()}
        else:
            held = _hdf5(self.path)
            if isinstance(held, dict):
                return {number: (dataset, None) for number, dataset in held.items()}
        return {place: (held, place) for place in range(held.shape[self._order(held, True)[0]])}

    def _order(self, dataset: Any, time: bool) -> list[int]:
        axes = named(axes_of(dataset), self.layout, self.path)
        return order_of(axes, dataset.shape, time, self.path)


def _is_hdf5(path: Path) -> bool:
    return path.suffix.lower() in _HDF5 and path.is_file() and not path.name.startswith(".")


def axes_of(dataset: Any) -> str:
    """A letter for each axis, as ilastik, Zarr or xarray name them; Q where nothing does."""
    unnamed = "Q" * len(dataset.shape)
    try:
        names = [str(axis["key"]) for axis in json.loads(dataset.attrs["axistags"])["axes"]]
    except (KeyError, TypeError, ValueError):
        said = getattr(getattr(dataset, "metadata", None), "dimension_names", None)
        names = [str(name) for name in said or dataset.attrs.get("_ARRAY_DIMENSIONS", ())]
    known = {"time": "t", "channel": "c", "frame": "t"}
    letters = [known.get(name.lower(), name.lower()).upper() for name in names]
    fit = len(letters) == len(dataset.shape) and all(len(letter) == 1 and letter in "TZYXC" for letter in letters)
    return "".join(letters) if fit and len(set(letters)) == len(letters) else unnamed


def _datasets(file: Path, least: int) -> list[str]:
    """The datasets of a file, of so many axes or more, that may be labels; none where one is called what distances are.

    Of floating point only where none is of whole numbers, and its values are.
    """
    import h5py

    found: dict[str, list[str]] = {"whole": [], "floating": [], "distances": []}

    def look(name: str, held: Any) -> None:
        if name == DISTANCES:
            found["distances"].append(name)
        elif isinstance(held, h5py.Dataset) and len(held.shape) >= least and held.dtype.kind in "uibf":
            found["floating" if held.dtype.kind == "f" else "whole"].append(name)

    try:
        with h5py.File(file, "r") as content:
            content.visititems(look)
            if found["distances"]:
                return []
            return found["whole"] or [name for name in found["floating"] if _holds_labels(content[name])]
    except OSError:
        return []  # who reads distances says what is wrong with it


def _holds_labels(dataset: Any) -> bool:
    """Whether floating point is whole and not negative, as no distances are: by its first part with anything in it."""
    import numpy as np

    for index in range(dataset.shape[0]):
        values = dataset[index]
        if not np.isfinite(values).all() or (values < 0).any() or (np.rint(values) != values).any():
            return False
        if values.any():
            return True
    return False


def _hdf5(file: Path) -> Any:
    """The dataset of the labels, or one for each frame by its number; raises BadData."""
    import h5py

    names, all_names = _datasets(file, 3), _datasets(file, 2)
    content = h5py.File(file, "r")
    if _IMARIS in content:
        raise BadData(f"{file}: a file of Imaris, which is not read; export its labels as TIFF")
    for alike in (names, all_names):
        if (numbered := named_labels.by_number(alike)) is not None:
            return {number: content[name] for number, name in numbered.items()}
    if (name := named_labels.chosen(names or all_names)) is not None:
        return content[name]
    raise BadData(
        f"{file}: it has the datasets of whole numbers {', '.join(names)}; keep that of the labels alone, or call it "
        "labels"
    )


def _array_in(folder: Path) -> str | None:
    """The name of the array of labels in a group of Zarr that is not OME's; none if there is none."""
    import zarr

    said = zarr_place.attributes(folder)
    if {"multiscales", "labels", "ome", "bioformats2raw.layout"} & set(said):
        return None
    try:
        group = zarr_place.opened(folder)
    except Exception:  # who reads OME-Zarr says what is wrong with it
        return None
    if not isinstance(group, zarr.Group):
        return None
    return named_labels.chosen(
        name for name, array in group.arrays() if len(array.shape) >= 3 and array.dtype.kind in "uib"
    )


def zarr_array(folder: Path) -> Any:
    try:
        found = zarr_place.opened(folder)
        found = found if zarr_place.is_array(folder) else found[_array_in(folder)]
    except Exception as error:  # Zarr's own are of many kinds
        raise BadData(f"{folder}: cannot be read as a Zarr array ({error!r}); copy it again") from None
    if found.dtype.kind not in "uibf":
        raise BadData(f"{folder}: values of type {found.dtype}, but labels are whole numbers; give labels")
    return found
