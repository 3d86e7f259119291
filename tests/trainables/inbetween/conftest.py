"""Small files of frames, and configurations on them."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from trainables.advection.configuration import Networks
from trainables.inbetween.configuration import InbetweenConfiguration
from trainables.inbetween.pictures import Pictures, cached
from trainables.inbetween.windows import Window


@pytest.fixture(autouse=True)
def _one_thread():
    """As in a trial: on a busy machine threads that wait for each other are far slower."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True, scope="session")
def _cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STUDY_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def texture(side: int = 96, smooth: float = 3.0, seed: int = 0) -> np.ndarray:
    """A random smooth image in [0, 1]."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((side, side)), smooth, mode="wrap")
    return ((noise - noise.min()) / np.ptp(noise)).astype(np.float32)


def drifting(count: int = 5, side: int = 48, step: tuple[int, int] = (2, 1)) -> np.ndarray:
    """Frames of a texture that moves by (x, y) = `step` whole pixels a frame, `(count, side, side)`."""
    whole = texture()
    return np.stack(
        [np.roll(whole, (t * step[1], t * step[0]), (0, 1))[24 : 24 + side, 24 : 24 + side] for t in range(count)]
    )


@pytest.fixture(scope="session")
def film() -> Pictures:
    """Five frames 48 × 48 that drift by (2, 1) pixels a frame."""
    return Pictures(frames=drifting()[None], span=1.0)


@pytest.fixture
def fields(film):
    """What every method is configured with: one window for the search, one for the test, two frames apart."""
    windows = [
        Window(label="searched", role="validation", first=0, last=2),
        Window(label="tested", role="test", first=2, last=4),
    ]
    return {"file": cached(film), "windows": windows, "shape": [48, 48]}


@pytest.fixture
def small(fields) -> InbetweenConfiguration:
    return InbetweenConfiguration(
        **fields, networks=Networks(encoder=[4, 4], ends=4, filters=[4, 8], bottleneck=8), evolution_steps=4, patch=32,
        stride=8, batch=1, epochs=4, steps_per_epoch=3, learning_rate=2e-3, decay_every=10,
    )  # fmt: skip
