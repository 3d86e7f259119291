"""Flips and quarter turns: image and volume move together, each item by a draw of its own."""

import pytest
import torch

from trainables.reconstruction.augmentation import augmented

VOLUME = torch.arange(4.0**3).reshape(4, 4, 4)
"""No symmetry: every change shows."""


def moved(chance: float, count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    volumes = VOLUME.repeat(count, 1, 1, 1)
    inputs = torch.stack([volumes[:, 2], volumes[:, 3]], dim=1)
    return augmented(inputs, volumes, chance, torch.Generator().manual_seed(seed))


def test_the_image_stays_the_same_slice_of_its_volume():
    inputs, volumes = moved(0.5, 40)
    torch.testing.assert_close(inputs[:, 0], volumes[:, 2])
    torch.testing.assert_close(inputs[:, 1], volumes[:, 3])


def test_the_depth_stays():
    _, volumes = moved(1.0, 20)
    for depth in range(4):
        assert set(volumes[:, depth].flatten().tolist()) == set(VOLUME[depth].flatten().tolist())


def test_each_item_is_drawn_for_itself():
    _, volumes = moved(0.33, 60)
    assert len({tuple(v.flatten().tolist()) for v in volumes}) == 8, "all symmetries of the square"


def test_without_chance_nothing_changes():
    inputs, volumes = moved(0.0, 5)
    torch.testing.assert_close(volumes, VOLUME.repeat(5, 1, 1, 1))
    torch.testing.assert_close(inputs[:, 0], volumes[:, 2])


def test_the_chance_is_that_of_each_change():
    """Unmoved: nothing drawn, or two flips undone by a half turn, a third of the quarter turns."""
    _, volumes = moved(0.33, 4000)
    unmoved = (volumes == VOLUME).flatten(1).all(1).float().mean()
    assert float(unmoved) == pytest.approx(0.67**3 + 0.33**3 / 3, abs=0.03)


def test_the_seed_decides():
    torch.testing.assert_close(moved(0.5, 10, seed=1)[1], moved(0.5, 10, seed=1)[1])
    assert not torch.equal(moved(0.5, 10, seed=1)[1], moved(0.5, 10, seed=2)[1])
