"""SHAPR's shape: what it takes, what it gives, how many parameters it has, and what reaches what."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from trainables.reconstruction.architecture import products
from trainables.reconstruction.network import Discriminator, Shapr, initialised


@pytest.mark.parametrize("resolution", [16, 32, 64])
@pytest.mark.parametrize("depth", [1, 3])
def test_an_image_becomes_a_volume(resolution, depth):
    network = Shapr(resolution, filters=2, decoder_depth=depth)
    assert network(torch.rand(3, 2, resolution, resolution)).shape == (3, resolution, resolution, resolution)
    assert Discriminator(2)(torch.rand(3, resolution, resolution, resolution)).shape == (3,)


def test_it_has_the_parameters_of_its_layers():
    """n_filters = 10 at 64³, counted by hand: convolutions without bias but for the last, normalisations."""
    f = 10

    def block(inputs: int, out: int) -> int:
        return 9 * inputs * out + 9 * out * out + 2 * 2 * out

    def doubled(channels: int, voxels: int) -> int:
        return channels * channels * voxels + channels

    encoder = block(2, f) + block(f, 2 * f) + block(2 * f, 4 * f) + 9 * 4 * f * 8 * f
    stages = [(8, 8, 2), (8, 8, 2), (8, 4, 8), (4, 4, 2), (4, 2, 2), (2, 1, 8)]
    decoder = sum(block(a * f, b * f) + doubled(b * f, voxels) for a, b, voxels in stages) + block(f, f) + 27 * f + 1
    assert sum(p.numel() for p in Shapr(64, f).parameters()) == encoder + decoder


@pytest.mark.parametrize(("resolution", "depth"), [(16, 1), (32, 3), (64, 1)])
def test_an_image_takes_what_pytorch_counts(resolution, depth):
    network, images = Shapr(resolution, 2, depth), torch.rand(3, 2, resolution, resolution)
    with FlopCounterMode(display=False) as counted:
        network(images)
    assert counted.get_total_flops() == 3 * 2 * products(2, resolution, depth)


def test_the_generator_alone_decides_on_the_weights():
    def weights(seed: int) -> torch.Tensor:
        torch.rand(1)  # torch's own state differs at every call
        network = initialised(Shapr(16, 2), torch.Generator().manual_seed(seed))
        return torch.cat([p.flatten() for p in network.parameters()])

    torch.testing.assert_close(weights(1), weights(1), rtol=0, atol=0)
    assert not torch.equal(weights(1), weights(2))


def test_weights_are_drawn_as_torch_draws_them():
    network = initialised(Shapr(32, 8), torch.Generator().manual_seed(0))
    for module in network.modules():
        if isinstance(module, torch.nn.Conv3d):
            bound = module.weight[0].numel() ** -0.5
            assert module.weight.abs().max() <= bound
            if module.weight.numel() > 1000:
                assert float(module.weight.detach().std()) == pytest.approx(bound / 3**0.5, rel=0.1)


def test_every_parameter_is_trained():
    network = initialised(Shapr(16, 2), torch.Generator().manual_seed(0))
    network(torch.rand(4, 2, 16, 16)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_images_do_not_see_each_other_when_predicting():
    network = initialised(Shapr(16, 2), torch.Generator().manual_seed(0)).eval()
    images = torch.rand(3, 2, 16, 16)
    torch.testing.assert_close(network(images)[:1], network(images[:1]), rtol=1e-4, atol=1e-5)
