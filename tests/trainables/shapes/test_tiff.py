"""TIFF files as programs write them: compression, axes, voxels, several files, and names that count frames."""

import re
import uuid

import numpy as np
import pytest
import tifffile

from tests.trainables.shapes.reading import read, refused, same
from trainables.shapes.preparation import prepare
from trainables.shapes.readers.base import open_recording


@pytest.mark.parametrize("compression", ["lzw", "zstd", "lzma", "packbits", "jpeg2000"])
def test_compressed_files_are_read(compression, recordings):
    labels = recordings.balls()
    tifffile.imwrite(recordings.folder / "a.tif", labels, compression=compression)
    assert same(read(recordings.folder / "a.tif")[0]["track-03"], labels)


@pytest.mark.parametrize(
    ("axes", "order", "options"),
    [
        ("ZTYX", (1, 0, 2, 3), {"ome": True}),
        ("TZYX", (0, 1, 2, 3), {"ome": True}),
        ("TZYX", (0, 1, 2, 3), {"imagej": True}),
        ("ZTYX", (1, 0, 2, 3), {}),
        ("TZXY", (0, 1, 3, 2), {}),
        ("QQYX", (0, 1, 2, 3), {}),
    ],
)
def test_axes_are_those_that_the_file_names(axes, order, options, recordings):
    labels = recordings.balls()
    path = recordings.folder / ("a.ome.tif" if options.get("ome") else "a.tif")
    tifffile.imwrite(path, labels.transpose(order), metadata={"axes": axes}, **options)
    found, _ = read(path)
    assert list(found["track-03"]) == [0, 1, 2]
    assert same(found["track-03"], labels)


def test_a_single_channel_is_no_axis(recordings):
    labels = recordings.balls()
    tifffile.imwrite(recordings.folder / "a.tif", labels[:, :, None], metadata={"axes": "TZCYX"})
    assert same(read(recordings.folder / "a.tif")[0]["track-03"], labels)


def test_channels_and_colours_are_refused_by_name(recordings):
    labels = recordings.balls()
    path = recordings.folder / "a.tif"
    tifffile.imwrite(path, np.stack([labels[0], labels[1]], 1), imagej=True, metadata={"axes": "ZCYX"})
    refused(path, "axes are ZCYX", "2 channels", "save one channel", "--layout TZYX")
    assert read(path, layout="ZTYX")[1].usable[0].frames == (0, 1)
    refused(path, "--layout TZY: the file has 4 axes, ZCYX", layout="TZY")
    refused(path, "--layout sideways: String should match", layout="sideways")
    tifffile.imwrite(path, labels, imagej=True, metadata={"axes": "TCYX"})
    refused(path, "axes are TCYX", "14 channels")
    tifffile.imwrite(path, np.zeros((3, 16, 18, 3), "uint8"), photometric="rgb")
    refused(path, "axes are QYXS", "3 colours")
    folder = recordings.folder / "folder"
    folder.mkdir()
    for t in range(3):
        tifffile.imwrite(folder / f"t{t}.tif", labels[t], imagej=True, metadata={"axes": "TYX"})
    refused(folder, "axes are TYX", "14 times")


def multi_file_ome(folder, labels):
    """One OME-TIFF a frame; the XML of each names all three."""
    folder.mkdir()
    names = [f"c_T{t}.ome.tif" for t in range(len(labels))]
    own = [f"urn:uuid:{uuid.uuid4()}" for _ in names]
    data = "".join(
        f'<TiffData IFD="{z}" FirstT="{t}" FirstZ="{z}" PlaneCount="1"><UUID FileName="{names[t]}">{own[t]}</UUID>'
        "</TiffData>"
        for t in range(len(labels))
        for z in range(14)
    )
    for t, name in enumerate(names):
        sizes = f"SizeX='18' SizeY='16' SizeZ='14' SizeC='1' SizeT='{len(labels)}'"
        physical = "PhysicalSizeX='0.2' PhysicalSizeXUnit='&#181;m' PhysicalSizeY='200' PhysicalSizeYUnit='nm' "
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'UUID="{own[t]}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZTC" Type="uint16" {sizes} '
            f"{physical} PhysicalSizeZ='1'><Channel ID='Channel:0:0'/>{data}</Pixels></Image></OME>"
        )
        tifffile.imwrite(folder / name, labels[t], metadata=None, description=xml.encode(), photometric="minisblack")
    return names


def test_an_ome_tiff_of_several_files(recordings):
    labels = recordings.balls()
    folder = recordings.folder / "multi"
    names = multi_file_ome(folder, labels)
    for path in (folder, folder / names[0], folder / names[1]):
        assert same(read(path)[0]["track-03"], labels)
        assert open_recording(path).voxel_size() == pytest.approx((1, 0.2, 0.2))
    (folder / names[2]).unlink()
    refused(folder / names[0], r"frame 2\)|another file", "not there")


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("micron", 1),
        ("um", 1),
        ("\\u00B5m", 1),
        ("micrometer", 1),
        ("Micron", 1),
        ("nm", 1e-3),
        ("cm", 1e4),
        ("pixel", None),
    ],
)
def test_a_stack_of_fiji_whose_planes_are_exactly_one_apart(unit, factor, recordings):
    path = recordings.folder / "ij.tif"
    metadata = {"axes": "TZYX", "unit": unit}
    tifffile.imwrite(path, recordings.balls(), imagej=True, resolution=(5, 4), metadata=metadata)
    expected = (1, 1, 1) if factor is None else (factor, 0.25 * factor, 0.2 * factor)
    assert open_recording(path).voxel_size() == pytest.approx(expected)
    assert (open_recording(path).said_voxel() is None) == (factor is None)


def test_labels_with_the_description_of_tifffile_keep_their_voxel(recordings):
    folder = recordings.folder / "own"
    folder.mkdir()
    for t, frame in enumerate(recordings.balls()):
        metadata = {"axes": "ZYX", "spacing": 1.0, "unit": "µm"}
        tifffile.imwrite(folder / f"man_track{t:03d}.tif", frame, resolution=(1 / 0.2, 1 / 0.2), metadata=metadata)
    assert open_recording(folder).voxel_size() == pytest.approx((1, 0.2, 0.2))


@pytest.mark.parametrize(
    "names", [["1", "2", "10"], ["man_seg000", "man_seg005", "man_seg012"], ["T3_c0", "T11_c0", "T20_c0"]]
)
def test_the_one_number_that_changes_in_names_is_the_frame(names, recordings):
    labels, folder = recordings.balls(), recordings.folder / "f"
    folder.mkdir()
    for name, frame in zip(names, labels, strict=True):
        tifffile.imwrite(folder / f"{name}.tif", frame)
    numbers = [int(re.search(r"\d+", name)[0]) for name in names]
    found, listing = read(folder)
    assert list(found["track-03"]) == numbers
    assert all((volume == (labels[k] > 0)).all() for k, volume in enumerate(found["track-03"].values()))
    times = prepare(listing.usable[0], 16).times
    assert times.tolist() == pytest.approx([(n - numbers[0]) / (numbers[2] - numbers[0]) for n in numbers])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["t000", "t001", "t000_other", "t001_other"], "2 kinds, such as t000.tif and t000_other.tif"),
        (["pos1_t000", "pos1_t001", "pos2_t000", "pos2_t001"], "more than one number, such as pos1_t000.tif and"),
        (["t1", "t01"], "t01.tif and t1.tif are the same frame"),
    ],
)
def test_a_folder_of_more_than_one_recording_is_refused(names, words, recordings):
    folder = recordings.folder / "f"
    folder.mkdir()
    for name in names:
        tifffile.imwrite(folder / f"{name}.tif", recordings.balls()[0])
    refused(folder, words)
