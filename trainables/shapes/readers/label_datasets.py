"""Labels in HDF5, or in a plain Zarr array, read frame by frame.

Of an HDF5 file it is the one dataset of whole numbers with three axes or more, as ilastik and PlantSeg write it: its
attributes `axistags` name the axes, `element_size_um` the size of a voxel. Where nothing names them they are t, z, y,
x, or t, y, x.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, PrivateAttr

from trainables.shapes.bad_data import BadData
from trainables.shapes.readers.base import Sizes
from trainables.shapes.readers.labels import LabelReader
from trainables.shapes.readers.sdf_volumes import KEY as DISTANCES
from trainables.shapes.readers.tiff_axes import arranged, named, order_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_HDF5 = (".h5", ".hdf5", ".hdf")


class LabelDatasets(LabelReader):
    """An HDF5 file of labels, or the folder of a Zarr array without metadata of OME."""

    name: ClassVar[str] = "label-datasets"
    accepts: ClassVar[str] = (
        "an HDF5 file with one dataset of labels, or a Zarr array of them, with the axes (t, z, y, x) or (t, y, x)"
    )

    layout: str | None = Field(
        None, pattern="^[TZYXC]{2,5}$", description="what the axes are, where not t, z, y, x: ZTYX, say"
    )
    _opened: Any = PrivateAttr(None)
    """The dataset, and its order of axes t, z, y, x, or t, y, x."""

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
        if path.is_dir():
            return _is_array(path)
        return path.suffix.lower() in _HDF5 and len(_datasets(path)) > 0

    def numbers(self) -> list[int]:
        dataset, order = self._dataset()
        return list(range(dataset.shape[order[0]]))

    def labels(self, number: int) -> Array:
        dataset, order = self._dataset()
        one: list[slice] = [slice(None)] * len(dataset.shape)
        one[order[0]] = slice(number, number + 1)
        try:
            found: Array = arranged(dataset[tuple(one)], order)[0]
        except Exception as error:  # what a filter or codec raises on a broken chunk is not documented
            raise BadData(f"{self.where(number)}: cannot be read ({error}); copy it again") from None
        return found

    def where(self, number: int) -> str:
        return f"{self.path} (frame {number})"

    def said_voxel(self) -> tuple[Sizes, str] | None:
        dataset, order = self._dataset()
        said = dataset.attrs.get("element_size_um")
        if said is None or len(said) != 3 or not all(float(size) > 0 for size in said):
            return None
        return tuple(float(size) for size in said)[4 - len(order) :], "attribute element_size_um"

    def _dataset(self) -> tuple[Any, list[int]]:
        if self._opened is None:
            dataset = _zarr(self.path) if self.path.is_dir() else _hdf5(self.path)
            axes = named(_axes(dataset), self.layout, self.path)
            self._opened = dataset, order_of(axes, dataset.shape, True, self.path)
        opened: tuple[Any, list[int]] = self._opened
        return opened


def _axes(dataset: Any) -> str:
    """A letter for each axis, as ilastik names them; Q where nothing does."""
    unnamed = "Q" * len(dataset.shape)
    try:
        names = [str(axis["key"]).upper() for axis in json.loads(dataset.attrs["axistags"])["axes"]]
    except (KeyError, TypeError, ValueError):
        return unnamed
    return "".join(names) if len(names) == len(dataset.shape) and all(len(name) == 1 for name in names) else unnamed


def _datasets(file: Path) -> list[str]:
    """The datasets of a file that may be labels; none where one is called what distances are."""
    import h5py

    found: list[str] = []
    distances: list[str] = []

    def look(name: str, held: Any) -> None:
        if name == DISTANCES:
            distances.append(name)
        elif isinstance(held, h5py.Dataset) and len(held.shape) >= 3 and held.dtype.kind in "uib":
            found.append(name)

    try:
        with h5py.File(file, "r") as content:
            content.visititems(look)
    except OSError:
        return []  # who reads distances says what is wrong with it
    return [] if distances else found


def _hdf5(file: Path) -> Any:
    import h5py

    names = _datasets(file)
    if len(names) > 1:
        raise BadData(f"{file}: it has the datasets of whole numbers {', '.join(names)}; keep that of the labels alone")
    return h5py.File(file, "r")[names[0]]


def _is_array(folder: Path) -> bool:
    """Whether a folder is an array of Zarr, not a group."""
    if (folder / ".zarray").is_file():
        return True
    try:
        said = json.loads((folder / "zarr.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("node_type") == "array"


def _zarr(folder: Path) -> Any:
    import zarr

    try:
        found = zarr.open_array(str(folder), mode="r")
    except Exception as error:  # Zarr's own are of many kinds
        raise BadData(f"{folder}: cannot be read as a Zarr array ({error!r}); copy it again") from None
    if found.dtype.kind not in "uibf":
        raise BadData(f"{folder}: values of type {found.dtype}, but labels are whole numbers; give labels")
    return found
