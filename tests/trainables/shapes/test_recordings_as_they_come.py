"""Recordings as people have them: what is read, what is told, what is refused."""

import re
import uuid

import numpy as np
import pytest
import tifffile
import zarr

from tests.trainables.shapes.conftest import Recordings
from trainables.shapes.bad_data import BadData
from trainables.shapes.common_frames import in_common
from trainables.shapes.preparation import prepare
from trainables.shapes.readers.base import open_recording
from trainables.shapes.readers.frame_times import read_times


def read(path, **options):
    """The sequences, whole volumes by frame of each, and the listing."""
    listing = open_recording(path, **options).sequences()
    found = {}
    for sequence in listing.usable:
        found[sequence.label] = {}
        for frame in sequence.read():
            inside = frame.values if frame.values.dtype == bool else frame.values < 0
            volume = np.zeros(sequence.shape, bool)
            volume[tuple(slice(o, o + n) for o, n in zip(frame.offset, inside.shape, strict=True))] = inside
            found[sequence.label][frame.number] = volume
    return found, listing


def refused(path, *words, **options):
    with pytest.raises(BadData) as caught:
        open_recording(path, **options).sequences().all_usable()
    for word in words:
        assert re.search(word, str(caught.value)), f"{word!r} is not in {caught.value}"


def same(found, labels, value=3):
    """Whether the volumes found are those where the labels have a value."""
    return all((volume == (labels[t] == value)).all() for t, volume in found.items())


def cell(t: int, x: int = 2, side: int = 4, shape=(8, 8, 40)) -> np.ndarray:
    volume = np.zeros(shape, bool)
    volume[2:6, 2:6, x + t : x + t + side] = True
    return volume


# The Cell Tracking Challenge


def challenge_with_outlines(recordings: Recordings, silver: bool) -> tuple[np.ndarray, object]:
    markers, outlines = np.zeros((3, 8, 12, 40), "uint16"), np.zeros((3, 8, 12, 40), "uint16")
    for t in range(3):
        outlines[t, 1:7, 2:9, 2 + t : 12 + t] = 7  # numbers of its own
        markers[t, 3:5, 4:6, 6 + t : 8 + t] = 3
        outlines[t, 2:6, 2:9, 20 : 28 + t] = 1 + t
        markers[t, 3:5, 4:6, 23:25] = 5
    tracking = recordings.challenge(markers)
    folder = tracking.parent.parent / "01_ST" / "SEG" if silver else tracking.parent / "SEG"
    folder.mkdir(parents=True)
    for t, frame in enumerate(outlines):
        tifffile.imwrite(folder / f"man_seg{t:03d}.tif", frame, compression="zlib")
    return outlines, tracking


@pytest.mark.parametrize("silver", [True, False])
def test_outlines_take_the_place_of_markers_and_their_numbers(silver, recordings):
    outlines, tracking = challenge_with_outlines(recordings, silver)
    for path in (tracking, tracking.parent, tracking.parent.parent):
        found, _ = read(path)
        assert set(found) == {"track-03", "track-05"}
        assert same(found["track-03"], outlines, 7)
        assert all((found["track-05"][t] == (outlines[t] == 1 + t)).all() for t in range(3))


def test_a_frame_without_outlines_is_left_out(recordings):
    _, tracking = challenge_with_outlines(recordings, True)
    (tracking.parent.parent / "01_ST" / "SEG" / "man_seg001.tif").unlink()
    found, listing = read(tracking)
    assert set(found["track-03"]) == {0, 2}
    assert "not wholly labelled in frame 1" in listing.usable[0].notes[0]


def test_markers_alone_are_refused(recordings):
    markers = np.zeros((3, 14, 20, 30), "uint16")
    z, y, x = np.indices((14, 20, 30))
    for t in range(3):
        for label, at in ((1, 6), (2, 14), (3, 22)):
            markers[t][(z - 6) ** 2 + (y - 8) ** 2 + (x - at - t) ** 2 < 8] = label
    tracking = recordings.challenge(markers)
    read(tracking)  # small cells of one size, for all that is known
    (tracking.parent.parent / "01").mkdir()
    refused(tracking, "markers, all of about", "NN_ST/SEG or NN_GT/SEG")
    tiny = np.where((markers > 0) & (y < 9), markers, 0)
    refused(recordings.challenge(np.where(z < 7, tiny, 0).astype("uint16"), name="tiny"), "markers, all of about")


@pytest.mark.parametrize(
    ("rows", "frames", "gone"),
    [
        ([(1, 0, 1, 0), (2, 3, 4, 1), (3, 0, 4, 0)], [0, 1, 3, 4], 2),  # re-entering, linked by the parent column
        ([(1, 0, 1, 0), (2, 3, 4, 1), (3, 3, 4, 1)], [0, 1, 3, 4], 2),  # a division that skips a frame
        ([(1, 0, 4, 0)], [0, 1, 3, 4], 2),  # a gap
    ],
)
def test_a_frame_in_which_a_cell_is_not_labelled_is_left_out(rows, frames, gone, recordings):
    labels = np.zeros((5, 8, 8, 40), "uint16")
    for label, begin, end, _ in rows:
        for t in range(begin, end + 1):
            if t != gone or label == 3:
                labels[t][cell(0, x=2 + 10 * (label - 1))] = label
    found, listing = read(recordings.challenge(labels, rows))
    first = next(iter(found.values()))
    assert list(first) == frames
    assert any(f"frame {gone}" in note for note in listing.usable[0].notes)
    prepared = prepare(listing.usable[0], 16)
    assert prepared.times.tolist() == pytest.approx([frame / 4 for frame in frames])


def test_a_missing_image_is_a_frame_left_out(recordings):
    folder = recordings.challenge(recordings.balls(frames=4))
    (folder / "man_track001.tif").unlink()
    found, listing = read(folder)
    assert list(found["track-03"]) == [0, 2, 3]
    assert "frame 1, left out" in listing.usable[0].notes[0]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("3 0 2 0\n5 1 2 3\n", "track 5, from frame 1, is taken to have no parent, for track 3 goes on until frame 2"),
        ("3 0 2 7\n5 1 2 0\n", "track 7 is not listed"),
        ("3 0 2 -1\n5 1 2 -1\n", None),
        ("3,0,2,0\n5,1,2,0\n", None),
        ("label begin end parent\n3 0 2 0\n5 1 2 0\n", None),
        ("\ufeff3 0 2 0\r\n5 1 2 0\r\n", None),
    ],
)
def test_tables_as_people_have_them(text, note, recordings):
    labels = recordings.balls()
    labels[1:, :2, :2, :2] = 5
    folder = recordings.challenge(labels)
    (folder / "man_track.txt").write_bytes(text.encode())
    listing = open_recording(folder).sequences([3, 5])
    assert [s.label for s in listing.all_usable()] == ["track-03", "track-05"]
    assert (note is None) == (not listing.notes)
    assert note is None or note in listing.notes[0]


@pytest.mark.parametrize("row", ["5 1 x 0", "5 2 1 0", "5 1 2", "5 1 2 0\n5 1 2 0"])
def test_one_odd_row_costs_one_sequence(row, recordings):
    labels = recordings.balls()
    labels[1:, :2, :2, :2] = 5
    reader = open_recording(recordings.challenge(labels, f"3 0 2 0\n{row}\n"))
    listing = reader.sequences()
    assert [s.label for s in listing.usable] == ["track-03"]
    assert "row 2" in listing.bad["track-05"] or "row 3" in listing.bad["track-05"]
    assert [s.label for s in reader.sequences([3]).all_usable()] == ["track-03"]


@pytest.mark.parametrize("suffix", ["TIF", "tiff", "TIFF"])
def test_images_of_a_challenge_with_another_suffix(suffix, recordings):
    labels = recordings.balls()
    folder = recordings.challenge(labels)
    for file in folder.glob("*.tif"):
        file.rename(file.with_suffix(f".{suffix}"))
    assert same(read(folder)[0]["track-03"], labels)


# Numbers that do not follow cells, pieces, types of values


def exchanged(frames: int = 4) -> np.ndarray:
    labels = np.zeros((frames, 8, 8, 40), "uint16")
    for t in range(frames):
        labels[t][cell(t)] = 1 + t % 2
        labels[t][cell(t, x=20)] = 2 - t % 2
    return labels


def test_labels_renumbered_in_every_frame_are_refused_or_linked(recordings):
    refused(recordings.tiff_folder(exchanged()), "numbers do not follow cells", "--link")
    found, _ = read(recordings.folder / "tiffs", link=True)
    assert set(found) == {"track-01", "track-02"}
    assert all((found["track-01"][t] == cell(t)).all() for t in range(4))
    assert all((found["track-02"][t] == cell(t, x=20)).all() for t in range(4))


def test_one_label_that_jumps_is_told(recordings):
    labels = np.zeros((9, 8, 8, 60), "uint16")
    for t in range(9):
        for k in range(3):
            labels[t][cell(0, x=2 + 18 * k, shape=(8, 8, 60))] = k + 1
    labels[8][labels[8] > 0] = np.where(labels[8][labels[8] > 0] == 1, 2, np.where(labels[8][labels[8] > 0] == 2, 1, 3))
    _, listing = read(recordings.tiff_folder(labels))
    assert "label(s) fit another number better" in listing.notes[0]
    assert listing.overlap[0] == 0


def divided() -> np.ndarray:
    """A cell, and from frame 2 on two."""
    labels = np.zeros((4, 8, 8, 40), "uint8")
    for t in range(4):
        labels[t, 2:6, 2:6, 4:16] = 255
    labels[2:, :, :, 9:11] = 0
    return labels


def test_a_division_is_linked(recordings):
    labels = divided().astype("uint16")
    labels[2:, ..., 11:] = np.where(labels[2:, ..., 11:] > 0, 7, 0)
    listing = open_recording(recordings.tiff_folder(labels), link=True).sequences()
    (lineage,) = listing.all_usable()
    assert lineage.label == "lineage-01"
    assert [(track.begin, track.end, track.parent) for track in lineage.tracks] == [(0, 1, 0), (2, 3, 1), (2, 3, 1)]


def test_pieces_are_never_dropped_in_silence(recordings):
    path = recordings.tiff_folder(divided())
    (sequence,) = open_recording(path).sequences().all_usable()
    with pytest.raises(
        BadData, match=r"\(frame 2\): track-255 is in several pieces.* 50% .*--pieces all.*--pieces split"
    ):
        prepare(sequence, 16)
    found, _ = read(path, pieces="all")
    assert same(found["track-255"], divided(), 255)
    assert prepare(open_recording(path, pieces="all").sequences().usable[0], 16).metadata["dropped"] == 0
    dropped = prepare(open_recording(path, pieces="largest").sequences().usable[0], 16).metadata
    assert (dropped["dropped"], dropped["dropped_in"]) == (0.5, 2)
    (lineage,) = open_recording(path, pieces="split").sequences().all_usable()
    assert len(lineage.tracks) == 3
    assert prepare(lineage, 32).metadata["division"] == 1.5


def test_a_table_needs_no_linking(recordings):
    path = recordings.challenge(recordings.balls())
    refused(path, "leave --link out", link=True)
    refused(path, "leave --pieces split out", pieces="split")


@pytest.mark.parametrize("kind", ["float32", "float64", "bool", "uint64", "uint32"])
def test_whole_numbers_of_any_type_are_labels(kind, recordings):
    labels = recordings.balls()
    number = {"bool": 1, "uint64": 2**40 + 3, "uint32": 3_000_000_000}.get(kind, 3)
    stored = np.where(labels > 0, number, 0).astype(kind)
    found, _ = read(recordings.npz(stored))
    assert same(found[f"track-{number:02d}"], labels)


def test_labels_painted_in_some_frames_are_shown_there(recordings):
    labels = recordings.balls(frames=9, radius=3)
    labels[[1, 2, 3, 5, 6, 7]] = 0
    (sequence,) = open_recording(recordings.tiff_imagej(labels)).sequences().all_usable()
    assert sequence.frames == (0, 4, 8)
    assert prepare(sequence, 16).times.tolist() == [0, 0.5, 1]


# TIFF


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


# Times


def test_times_of_frames_are_read_and_used(recordings):
    file = recordings.folder / "times.csv"
    file.write_text("frame,seconds\n0,0\n1,30\n2,120\n")
    (sequence,) = open_recording(recordings.npz(recordings.balls()), times=read_times(file)).sequences().all_usable()
    assert prepare(sequence, 16).times.tolist() == [0, 0.25, 1]
    file.write_text("# minutes\n0\n1\n4\n")
    assert read_times(file) == {0: 0, 1: 1, 2: 4}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 0\n1 5\n2 4\n", "frame 2 is at 4, not after frame 1 at 5"),
        ("0 0\n0 5\n", "frame 0 is there twice"),
        ("0 0\n1 soon\n", "row 2: '1 soon'"),
        ("0 0 0\n", "row 1"),
        ("", "there is no time in it"),
    ],
)
def test_times_that_are_none(text, words, tmp_path):
    (tmp_path / "times.txt").write_text(text)
    with pytest.raises(BadData, match=words):
        read_times(tmp_path / "times.txt")


def test_a_frame_without_a_time(recordings):
    (sequence,) = open_recording(recordings.npz(recordings.balls()), times={0: 0.0, 1: 1.0}).sequences().all_usable()
    with pytest.raises(BadData, match=r"\(frame 2\): --times does not say when"):
        prepare(sequence, 16)


def test_sequences_keep_the_moments_that_all_of_them_know(recordings):
    labels = np.zeros((6, 8, 8, 40), "uint16")
    for t in range(6):
        labels[t][cell(0)] = 1
        labels[t][cell(0, x=20)] = 2
    labels[2][labels[2] == 1] = 0
    labels[4][labels[4] == 2] = 0
    both = in_common(open_recording(recordings.npz(labels)).sequences().usable)
    assert [sequence.frames for sequence in both] == [(0, 1, 3, 5)] * 2
    labels[1:5][labels[1:5] == 1] = 0
    labels[5][labels[5] == 2] = 0
    recordings.npz(labels)
    with pytest.raises(BadData, match="track-01, track-02 have no two frames in common"):
        in_common(open_recording(recordings.folder / "labels.npz").sequences([1, 2]).usable)


# Other formats


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_labels_in_ome_zarr_with_their_voxel(version, recordings):
    labels = recordings.balls()
    path = recordings.ome_zarr(labels, version, scale=(1.0, 0.2, 0.3))
    for place in (path, path / "labels", path / "labels" / "cells"):
        assert same(read(place)[0]["track-03"], labels)
        assert open_recording(place).voxel_size() == pytest.approx((1, 0.2, 0.3))
        assert open_recording(place).said_voxel()[1] == "OME-Zarr metadata"


def test_ome_zarr_without_labels_with_several_or_broken(recordings):
    path = recordings.ome_zarr(recordings.balls())
    zarr.open_group(str(path / "labels"), mode="a").attrs.put({"labels": ["cells", "nuclei"]})
    refused(path, "the label images cells, nuclei; name one, as .*labels/cells")
    zarr.open_group(str(path), mode="w", zarr_format=2)
    refused(path, "no image of OME-Zarr 0.4 or 0.5|cannot be read")


def test_an_array_alone_in_an_npz_needs_no_key(recordings):
    np.savez(recordings.folder / "a.npz", recordings.balls())
    assert same(read(recordings.folder / "a.npz")[0]["track-03"], recordings.balls())


# HDF5


@pytest.mark.parametrize("key", ["volumes", "a group/of its/own"])
def test_distances_under_another_key_are_taken_where_nothing_else_can_be_meant(key, recordings):
    labels = recordings.balls()
    path = recordings.hdf5(labels, key=key)
    found, listing = read(path)
    assert same(found["volumes"], labels)
    assert listing.usable[0].notes == (f"volumes: read from {key!r}, for there is no 'sdf_vid'",)
    assert not read(recordings.hdf5(labels))[1].usable[0].notes
