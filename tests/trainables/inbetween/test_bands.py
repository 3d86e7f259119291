"""Channels of images: which are colours, which opacity, which are bands that the user must choose among."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from trainables.inbetween.readers import read_frames
from trainables.shapes.bad_data import BadData

Y, X = np.indices((8, 9))
CHANNELS = np.stack([10 * Y, 7 * X, Y + X, 200 - 9 * X], axis=-1).astype(np.uint8)
LUMINANCE = CHANNELS[..., :3] @ np.array([0.2126, 0.7152, 0.0722]) / 255


def frame(path, bands=None):
    return read_frames([path], bands).frames[0]


def test_opacity_is_what_the_file_calls_so(tmp_path):
    path = tmp_path / "a.tif"
    transparent = CHANNELS.copy()
    transparent[2, 3, 3] = 0
    for kind, hidden in (("unassalpha", True), ("assocalpha", True), ("unspecified", False)):
        tifffile.imwrite(path, transparent, photometric="rgb", extrasamples=[kind])
        found = frame(path)
        assert np.isnan(found[2, 3]) == hidden
        known = np.isfinite(found)
        assert known.sum() == found.size - hidden
        np.testing.assert_allclose(found[known], LUMINANCE[known], atol=1e-6)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_grey_with_opacity(suffix, tmp_path):
    values = CHANNELS[..., :2].copy()
    values[..., 1] = 255
    values[1, 1, 1] = 0
    path = tmp_path / f"a.{suffix}"
    if suffix == "png":
        Image.fromarray(values, "LA").save(path)
    else:
        tifffile.imwrite(path, values, photometric="minisblack", extrasamples=["unassalpha"], planarconfig="contig")
    found = frame(path)
    assert np.isnan(found[1, 1])
    assert np.isfinite(found).sum() == found.size - 1
    assert found[5, 5] == pytest.approx(values[5, 5, 0] / 255)


@pytest.mark.parametrize("planar", [False, True])
def test_bands_without_a_meaning_are_chosen_by_number(planar, tmp_path):
    path = tmp_path / "a.tif"
    stored = np.moveaxis(CHANNELS, -1, 0) if planar else CHANNELS
    kind = {"planarconfig": "separate" if planar else "contig", "extrasamples": ["unspecified"] * 3}
    tifffile.imwrite(path, stored, photometric="minisblack", **kind)
    with pytest.raises(BadData, match=r"a.tif: an image of 4 bands; name the one to take.* as --bands 1"):
        frame(path)
    np.testing.assert_allclose(frame(path, [4]), CHANNELS[..., 3] / 255, atol=1e-6)
    np.testing.assert_allclose(frame(path, [1, 2, 3]), LUMINANCE, atol=1e-6)
    for bands, words in (([5], "there is no band 5, it has 4"), ([0], "no band 0"), ([1, 2], "one band, or three")):
        with pytest.raises(BadData, match=words):
            frame(path, bands)


def test_a_band_of_colours_may_be_chosen_too(tmp_path):
    Image.fromarray(CHANNELS).save(tmp_path / "a.png")
    opaque = CHANNELS[..., 3] > 0
    np.testing.assert_allclose(frame(tmp_path / "a.png", [2])[opaque], CHANNELS[..., 1][opaque] / 255, atol=1e-6)
    Image.fromarray(CHANNELS[..., 0]).save(tmp_path / "b.png")
    np.testing.assert_allclose(frame(tmp_path / "b.png", [1]), CHANNELS[..., 0] / 255, atol=1e-6)


def test_what_a_mask_page_or_the_no_data_value_hides_has_no_data(tmp_path):
    mask = np.ones((8, 9), bool)
    mask[3, 4] = False
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(CHANNELS[..., :3], photometric="rgb")
        file.write(mask, subfiletype=4, photometric=4)
        file.write(CHANNELS[::2, ::2, :3], photometric="rgb", subfiletype=1)
        file.write(mask[::2, ::2], subfiletype=5, photometric=4)
    found = frame(tmp_path / "a.tif")
    assert np.argwhere(np.isnan(found)).tolist() == [[3, 4]]
    assert found[5, 5] == pytest.approx(LUMINANCE[5, 5], abs=1e-6)
    tifffile.imwrite(tmp_path / "b.tif", CHANNELS[..., 0], extratags=[(42113, 2, 3, "40", True)])
    assert np.isnan(frame(tmp_path / "b.tif")).sum() == 9
    assert np.isnan(frame(tmp_path / "b.tif")[4]).all()


def test_complex_values_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.ones((8, 9), np.complex64))
    with pytest.raises(BadData, match="values of type complex64; give real numbers, such as the amplitude"):
        frame(tmp_path / "a.tif")
