"""The methods without a network, scores, and what is not to be said where there is no data."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from tests.trainables.inbetween.conftest import drifting, texture
from trainables.base import resolve
from trainables.inbetween.baselines import references
from trainables.inbetween.blending import Blended
from trainables.inbetween.flow import Warped
from trainables.inbetween.pictures import Pair, Pictures, cached
from trainables.inbetween.scores import BEST_PSNR, frame_scores
from trainables.inbetween.transport import Transported
from trainables.inbetween.windows import Window, between

ALL = {"train", "validation", "test"}


def pair(first: np.ndarray, last: np.ndarray) -> Pair:
    return Pair(first=first, last=last, no_data=np.isnan(first) | np.isnan(last))


def opened(configuration, gap: int, replicates: int = 1):
    return resolve(configuration.implementation)(
        configuration.model_dump(mode="json"), between(gap), list(range(replicates)), torch.device("cpu")
    )


@pytest.mark.parametrize("name", ["linear-blend", "optical-flow", "registered-flow", "transport"])
def test_a_method_returns_what_it_was_shown_and_scores_what_it_was_not(name, fields):
    rows = opened(references(**fields)[name], 2, replicates=2).rows(ALL)
    assert len(rows) == 2 * 2 * 3
    assert {(r["sequence"], r["time"]): r["role"] for r in rows if r["time"] in (0.0, 0.5)} == {
        ("searched", 0.0): "train", ("searched", 0.5): "validation", ("tested", 0.0): "train", ("tested", 0.5): "test",
    }  # fmt: skip
    for row in rows:
        if row["role"] == "train":
            assert row["psnr"] == BEST_PSNR
        else:
            assert (row["psnr"] > 45) == (name == "registered-flow"), "the film moves by whole pixels"
    assert next(r["window"] for r in rows if r["sequence"] == "tested") == "frames 2 to 4"


def test_the_flow_finds_a_drift_and_the_frame_between():
    frames = drifting(5, step=(1, 1))
    found = Warped(pair(frames[0], frames[4]), references(file="x", windows=[Window(label="a", role="test", last=1)],
                                                         shape=[48, 48])["optical-flow"])  # fmt: skip
    inside = np.s_[10:-10, 10:-10]
    assert found.displacement(1.0)[inside].mean((0, 1)) == pytest.approx([4, 4], abs=0.4)
    assert found.displacement(0.25)[inside].mean((0, 1)) == pytest.approx([1, 1], abs=0.1)
    error = np.abs(found.frame(0.5) - frames[2])[inside].mean()
    assert error < 0.2 * np.abs((frames[0] + frames[4]) / 2 - frames[2])[inside].mean()


def blobs(*centres: tuple[float, float], side: int = 40) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side]
    return sum(np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 18) for x, y in centres).astype("f4")


def test_transport_moves_mass_and_restores_it():
    first, last = blobs((10, 20)), 2 * blobs((30, 20))
    found = Transported(pair(first + 3, last + 3), blur=1.0)
    middle = found.frame(0.5) - 3
    y, x = ndimage.center_of_mass(middle)
    assert (x, y) == pytest.approx((20, 19.5), abs=0.7)
    assert middle.sum() == pytest.approx((first.sum() + last.sum()) / 2, rel=1e-3)
    assert middle[20, 20] > 0.5, "mass lies in the middle, where a blend has next to nothing"
    assert Blended(pair(first, last)).frame(0.5)[20, 20] < 0.02
    assert np.array_equal(found.frame(0.0), first + 3)


def test_a_part_that_only_one_image_has_is_taken_from_it():
    frames = drifting(3)
    hidden = frames[2].copy()
    hidden[10:20, 10:20] = np.nan
    shown = Pair(first=frames[0], last=hidden, no_data=np.zeros((48, 48), bool))
    assert np.array_equal(Blended(shown).frame(1.0)[10:20, 10:20], frames[0][10:20, 10:20])
    assert np.isfinite(Transported(shown, 1.0).frame(0.5)).all()
    fields = {"file": "x", "windows": [Window(label="a", role="test", last=1)], "shape": [48, 48]}
    moved = Warped(shown, references(**fields)["optical-flow"])
    assert np.isfinite(moved.frame(1.0)).all()
    inside = np.s_[11:19, 11:19]
    better = np.abs(moved.frame(1.0) - frames[2])[inside].mean()
    assert better < 0.5 * np.abs(frames[0] - frames[2])[inside].mean(), "the flow around it is carried into the gap"


def test_scores_are_those_of_scikit_image_and_leave_out_what_is_not_valid():
    truth, found = texture(64, seed=1), texture(64, seed=2)
    valid = np.ones((64, 64), bool)
    scores = frame_scores(found, truth, valid, span=2.0)
    assert scores["psnr"] == pytest.approx(peak_signal_noise_ratio(truth, found, data_range=2.0), rel=1e-5)
    assert scores["mae"] == pytest.approx(np.abs(truth - found).mean(), rel=1e-5)
    # That of scikit-image is averaged over the windows that lie inside, as ours are.
    assert scores["ssim"] == pytest.approx(structural_similarity(truth, found, data_range=2.0), rel=1e-4)
    valid[:, 40:] = False
    spoilt = found.copy()
    spoilt[:, 40:] = np.nan
    cut = frame_scores(spoilt, np.where(valid, truth, np.nan), valid, span=2.0)
    assert cut["mae"] == pytest.approx(np.abs(truth - found)[:, :40].mean(), rel=1e-5)
    assert cut["ssim"] == pytest.approx(structural_similarity(truth[:, :40], found[:, :40], data_range=2.0), rel=1e-4)
    with pytest.raises(ValueError, match="no pixel"):
        frame_scores(found, truth, np.zeros((64, 64), bool), 1.0)


def test_no_data_is_neither_scored_nor_shown():
    frames = drifting(3)
    frames[0, :8] = np.nan
    film = Pictures(frames=frames[None], span=1.0)
    windows = [Window(label="a", role="test", last=2)]
    method = opened(references(file=cached(film), windows=windows, shape=[48, 48])["linear-blend"], 2)
    whole = opened(references(file=cached(Pictures(frames=drifting(3)[None], span=1.0)), windows=windows,
                              shape=[48, 48])["linear-blend"], 2)  # fmt: skip
    cut = np.abs(whole.predicted(0, 0).frame(0.5) - drifting(3)[1])[8:].mean()
    assert method.rows({"test"})[0]["mae"] == pytest.approx(cut, rel=1e-5)
    shown = next(row for row in method.surfaces(0) if row["kind"] == "predicted")
    image = np.frombuffer(shown["picture"], "<f4").reshape(shown["height"], shown["width"])
    assert np.isnan(image[:8]).all()
    assert np.isfinite(image[8:]).all()


def test_a_box_is_scored_at_the_end_alone_and_its_last_image_is_hidden():
    frames = drifting(2)
    hidden = np.zeros((48, 48), bool)
    hidden[8:24, 8:24] = True
    film = Pictures(frames=frames[None], span=1.0, hidden=hidden)
    window = Window(label="tile", role="test", last=1, box=[8, 24, 8, 24], drift=[2.0, 1.0])
    found = references(file=cached(film), windows=[window], shape=[48, 48])
    rows = opened(found["linear-blend"], 1).rows(ALL)
    assert [(row["time"], row["role"]) for row in rows] == [(0.0, "train"), (1.0, "test")]
    assert rows[1]["mae"] == pytest.approx(np.abs(frames[0] - frames[1])[8:24, 8:24].mean(), rel=1e-5)
    flow = opened(found["optical-flow"], 1).rows({"test"})[0]
    assert flow["drift_error"] < 0.5, "the drift of the tile is that of what surrounds it"


def test_downsampling_keeps_displacements_in_pixels_of_the_file():
    frames = np.repeat(np.repeat(drifting(3), 2, 1), 2, 2)
    known = np.broadcast_to(np.array([4.0, 2.0], "f4"), (1, 3, 96, 96, 2)) * np.arange(3)[:, None, None, None]
    film = Pictures(frames=frames[None], span=1.0, displacement=known.astype("f4"))
    reduced = film.reduced(2)
    assert reduced.frames[0] == pytest.approx(drifting(3), abs=1e-6)
    assert reduced.displacement[0, 2, 5, 5].tolist() == [4, 2]
    c = references(file=cached(film), windows=[Window(label="a", role="test", last=2)], shape=[96, 96])["optical-flow"]
    c.downsampling = 2
    end = next(row for row in opened(c, 2).rows(ALL) if row["time"] == 1.0)
    assert end["endpoint_error"] < 2.5, "of 8.9 pixels of the file"
