"""Frames in the order of their numbers, pages that are none, and georeferences that are equal."""

import importlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from trainables.inbetween.readers import read_frames
from trainables.shapes.bad_data import BadData


def test_frames_are_ordered_by_number(tmp_path):
    for number in range(1, 13):
        Image.fromarray(np.full((8, 8), 10 * number, np.uint8)).save(tmp_path / f"frame{number}.png")
    recording = read_frames([tmp_path])
    assert recording.names == [f"frame{number}.png" for number in range(1, 13)]
    assert (np.diff(recording.frames[:, 0, 0]) > 0).all()


def test_overviews_and_masks_are_no_frames(tmp_path):
    for name in "ab":
        with tifffile.TiffWriter(tmp_path / f"{name}.tif") as file:
            file.write(np.ones((64, 64), np.float32))
            file.write(np.ones((32, 32), np.float32), subfiletype=1)
            file.write(np.ones((64, 64), bool), subfiletype=4, photometric=4)
    assert read_frames([tmp_path]).frames.shape == (2, 64, 64)


@pytest.mark.parametrize(("axes", "kind"), [("TCYX", "imagej"), ("TCYX", "ome"), ("CTYX", "ome")])
def test_channels_of_a_film_are_bands_and_no_frames(axes, kind, tmp_path):
    film = np.arange(3 * 2 * 8 * 9, dtype=np.uint16).reshape(3, 2, 8, 9)
    stored = film if axes == "TCYX" else film.swapaxes(0, 1)
    path = tmp_path / ("a.ome.tif" if kind == "ome" else "a.tif")
    tifffile.imwrite(path, stored, metadata={"axes": axes}, **{kind: True})
    with pytest.raises(BadData, match="an image of 2 bands"):
        read_frames([path])
    found = read_frames([path], [2]).frames
    assert found == pytest.approx(film[:, 1] / 65535)


def test_a_film_of_volumes_has_no_frames(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.ones((3, 4, 8, 9), np.uint16), imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(BadData, match="its frames have 4 planes; give one plane"):
        read_frames([tmp_path / "a.tif"])


def image(path, pixel=10.0, corner=500000.0, citation="UTM zone 33"):
    tags = [
        (33550, 12, 3, (pixel, pixel, 0.0), True),
        (33922, 12, 6, (0.0, 0.0, 0.0, corner, 7e6, 0.0), True),
        (34737, 2, len(citation) + 1, citation, True),
    ]
    tifffile.imwrite(path, np.ones((16, 16), np.float32), extratags=tags)


@pytest.mark.parametrize(
    "other", [{"corner": 500000.0000000001}, {"pixel": 10.000000000000002}, {"citation": "UTM 33N"}]
)
def test_georeferences_equal_to_a_hundredth_of_a_pixel_are_one_grid(other, tmp_path):
    image(tmp_path / "a.tif")
    image(tmp_path / "b.tif", **other)
    assert read_frames([tmp_path]).frames.shape == (2, 16, 16)


@pytest.mark.parametrize("other", [{"corner": 500001.0}, {"pixel": 10.01}])
def test_another_grid_is_refused(other, tmp_path):
    image(tmp_path / "a.tif")
    image(tmp_path / "b.tif", **other)
    with pytest.raises(BadData, match=r"lies on another grid"):
        read_frames([tmp_path])


def test_a_film_as_a_camera_writes_it(tmp_path):
    """Lossy, in colours: a bright square that moves to the right."""
    av = pytest.importorskip("av", reason="av, of the extra 'images', is not installed")
    with av.open(str(tmp_path / "a.mp4"), "w") as film:
        track = film.add_stream("mpeg4", rate=25)
        track.height, track.width, track.pix_fmt = 64, 96, "yuv420p"
        for number in range(8):
            frame = np.full((64, 96, 3), 30, np.uint8)
            frame[16:48, 8 * number : 8 * number + 32] = 220
            film.mux(track.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        film.mux(track.encode())
    frames = read_frames([tmp_path / "a.mp4"]).frames
    assert frames.shape == (8, 64, 96)
    for number, frame in enumerate(frames):
        columns = (frame[32] > 0.5).nonzero()[0]
        assert abs(columns[0] - 8 * number) <= 1
        assert abs(columns[-1] - (8 * number + 31)) <= 1


def test_without_its_decoder_the_sentence_says_what_to_install(tmp_path, monkeypatch):
    whole = importlib.import_module

    def absent(name: str, package: str | None = None) -> object:
        if name == "av":
            raise ModuleNotFoundError("No module named 'av'", name="av")
        return whole(name, package)

    (tmp_path / "a.mp4").write_bytes(b"")
    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(BadData, match=r"a.mp4: films are decoded by the package av.* pip install av, or save the"):
        read_frames([tmp_path / "a.mp4"])


@pytest.mark.parametrize("count", [3, 4])
def test_a_film_of_so_few_images_that_they_may_be_colours(count, tmp_path):
    film = np.arange(count * 30 * 20, dtype=np.float32).reshape(count, 30, 20)
    open_, named = tmp_path / "open.tif", tmp_path / "named.tif"
    tifffile.imwrite(open_, film, photometric="rgb", planarconfig="separate")
    tifffile.imwrite(named, film, photometric="rgb", planarconfig="separate", metadata={"axes": "TYX"})
    assert np.array_equal(read_frames([named]).frames, film)
    with pytest.raises(BadData, match=f"open.tif: {count} planes, which may be frames or colours"):
        read_frames([open_])
    assert len(read_frames([open_], [1, 2, 3]).frames) == 1
