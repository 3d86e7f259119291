"""The decoder against its specification, written out plainly."""

import numpy as np
import pytest
import torch

from trainables.autodecoder.configuration import DecoderConfiguration, PositionalEncoding
from trainables.autodecoder.decoder import Decoder

SMALL = DecoderConfiguration(layers=4, width=8, code_dimension=5, code_layers=[3])
ENCODED = SMALL.model_copy(update={"encoding": PositionalEncoding(spatial=1, temporal=3)})


def decoder(configuration: DecoderConfiguration, replicates: int, dimension: int = 3) -> Decoder:
    return Decoder(configuration, [torch.Generator().manual_seed(r) for r in range(replicates)], dimension).double()


def inputs(replicates: int, sequences: int, points: int, code: int = 5, dimension: int = 3):
    generator = torch.Generator().manual_seed(9)
    x = 6 * torch.rand(replicates, sequences, points, dimension + 1, generator=generator, dtype=torch.float64) - 3
    x[..., -1] = x[..., -1].abs() / 3
    return x, torch.randn(replicates, sequences, code, generator=generator, dtype=torch.float64)


def plainly(network: Decoder, configuration: DecoderConfiguration, r: int, point, code) -> float:
    """One point through one replicate, as the baseline is specified: concatenation, then sine."""
    coordinates = np.append(point[:-1] / 3, 2 * point[-1] - 1)
    if configuration.encoding:
        *x, t = np.pi * coordinates
        over_time = [f(2**k * t) for k in range(configuration.encoding.temporal) for f in (np.sin, np.cos)]
        assert configuration.encoding.spatial == 1
        coordinates = np.array([*coordinates, *np.sin(x), *np.cos(x), *over_time])
    hidden = np.empty(0)
    for index, layer in enumerate([*network.layers, network.output], start=1):
        blocks = [b for b in (layer.hidden, layer.coordinates, layer.code) if b is not None]
        takes_code = index == 1 or index in configuration.code_layers
        full = np.concatenate([hidden, coordinates, code if takes_code else []])
        weight = np.concatenate([b[r].detach().numpy() for b in blocks])
        value = full @ weight + layer.bias[r, 0].detach().numpy()
        hidden = np.sin(configuration.omega * value) if index <= len(network.layers) else value
    return float(hidden[0])


def test_the_published_decoder_has_168521_parameters():
    assert decoder(DecoderConfiguration(), 1).parameter_count() == 168_521


@pytest.mark.parametrize("configuration", [SMALL, ENCODED], ids=["bare", "encoded"])
@pytest.mark.parametrize(("replicates", "sequences", "dimension"), [(1, 1, 3), (3, 1, 2), (2, 4, 3), (2, 4, 2)])
def test_it_computes_what_the_specification_says(replicates, sequences, dimension, configuration):
    network = decoder(configuration, replicates, dimension)
    x, codes = inputs(replicates, sequences, 6, dimension=dimension)
    assert network.parameter_count() == configuration.parameters(dimension)
    found = network(x, codes).detach().numpy()
    assert found.shape == (replicates, sequences, 6)
    for r, n, p in np.ndindex(found.shape):
        expected = plainly(network, configuration, r, x[r, n, p].numpy(), codes[r, n].numpy())
        assert found[r, n, p] == pytest.approx(expected, abs=1e-10)


def test_points_shared_by_replicates_and_sequences_are_broadcast():
    network = decoder(SMALL, 2)
    x, _ = inputs(1, 1, 6)
    _, codes = inputs(2, 3, 6)
    torch.testing.assert_close(network(x, codes), network(x.expand(2, 3, -1, -1), codes))


def test_a_replicate_among_others_is_what_it_is_alone():
    x, codes = inputs(3, 2, 50)
    together = decoder(SMALL, 3)(x, codes)
    alone = Decoder(SMALL, [torch.Generator().manual_seed(2)]).double()(x[2:], codes[2:])
    torch.testing.assert_close(together[2:], alone)


def test_gradients_agree_with_finite_differences():
    network = decoder(DecoderConfiguration(layers=2, width=3, code_dimension=2, code_layers=[2], omega=3), 2)
    x, codes = inputs(2, 2, 3, code=2)
    codes.requires_grad_()
    assert torch.autograd.gradcheck(lambda c: network(x, c), codes)
    weight = network.layers[1].hidden
    loss = network(x, codes).square().sum()
    (gradient,) = torch.autograd.grad(loss, weight)
    with torch.no_grad():
        weight[1, 0, 1] += 1e-6
        above = network(x, codes).square().sum()
        weight[1, 0, 1] -= 2e-6
        below = network(x, codes).square().sum()
    assert float(gradient[1, 0, 1]) == pytest.approx(float(above - below) / 2e-6, rel=1e-5)


def both_ways(network: Decoder, x, codes):
    """Values and gradients of `forward` and of `plainly`."""
    found = []
    for way in (network, network.plainly):
        values = way(x, codes)
        generator = torch.Generator().manual_seed(3)
        weights = torch.randn(values.shape, generator=generator, dtype=torch.float64).to(values)
        found.append((values, torch.autograd.grad((weights * values).sum(), [*network.parameters(), codes])))
    return found


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
@pytest.mark.parametrize(("replicates", "sequences"), [(1, 1), (3, 1), (2, 4)])
@pytest.mark.parametrize(
    ("layers", "width", "spatial", "dimension"),
    [(1, 30, 0, 3), (2, 30, 0, 2), (5, 30, 0, 3), (2, 28, 0, 3), (3, 30, 2, 3), (3, 20, 1, 2), (2, 32, 0, 3)],
)
def test_the_fused_network_is_the_plain_one(dtype, tolerance, replicates, sequences, layers, width, spatial, dimension):
    encoding = PositionalEncoding(spatial=spatial, temporal=1) if spatial else None
    configuration = DecoderConfiguration(
        layers=layers, width=width, code_dimension=5, code_layers=[3], encoding=encoding
    )
    network = decoder(configuration, replicates, dimension).to(dtype)
    # More points than a block, the last block not full; many periods of the sine.
    x, codes = inputs(replicates, sequences, 5000, dimension=dimension)
    (values, gradients), (plain, expected) = both_ways(network, x.to(dtype), (3 * codes).to(dtype).requires_grad_())
    torch.testing.assert_close(values, plain, rtol=0, atol=min(tolerance, 1e-6))
    for gradient, other in zip(gradients, expected, strict=True):
        assert float((gradient - other).norm()) <= tolerance * float(other.norm())


def test_the_sine_is_right_over_many_periods():
    from trainables.autodecoder.sine_kernels import activate, chain

    width, columns = 40, 48
    affine, bias = torch.zeros(1000, columns), torch.zeros(columns)
    affine[:, :width] = torch.linspace(-100, 100, 1000 * width).view(1000, width)
    bias[:width] = torch.linspace(0, 1, width)
    coordinates, following = torch.rand(1000, 4), torch.full((1000, columns), torch.nan)
    ends, between = coordinates.numpy(), following.numpy()
    activate(affine.numpy(), bias.numpy(), ends, width, between)
    phase = torch.pi * (affine + bias).double()[:, :width]
    torch.testing.assert_close(following[:, :width].double(), phase.sin(), rtol=0, atol=2.5e-7)
    assert torch.equal(following[:, width : width + 4], coordinates)

    again, gradient, total = torch.empty(1000, columns), torch.full((1000, columns), 3.0), torch.ones(columns)
    gradient[:, width:] = 0
    kept = affine.numpy(), affine[:7].numpy()
    chain(*kept, bias.numpy(), ends, width, again.numpy(), gradient.numpy(), total.numpy())
    assert torch.equal(again, following), "what is computed again is what was computed"
    torch.testing.assert_close(gradient[:, :width].double() / 3, torch.pi * phase.cos(), rtol=0, atol=1e-6)
    torch.testing.assert_close(total, 1 + gradient.sum(0), rtol=0, atol=3e-3)
    activate((1e9 * affine).numpy(), bias.numpy(), ends, width, between)
    assert float(following.abs().max()) < 1.001, "a sine is bounded, however large its argument"


def test_a_value_that_is_no_number_stays_none():
    network = decoder(SMALL, 2).float()
    x, codes = inputs(2, 1, 6)
    codes[1] = torch.nan
    values = network(x.float(), codes.float())
    assert bool(values[0].isfinite().all())
    assert bool(values[1].isnan().all())


def test_gradients_of_several_evaluations_do_not_disturb_each_other():
    network = decoder(SMALL, 2)
    x, codes = inputs(2, 1, 40)
    codes.requires_grad_()

    def gradient(way, second: torch.Tensor):
        return torch.autograd.grad((way(x, codes) * way(second, codes)).sum(), codes)[0]

    for second in (x.flip(2), -x):
        torch.testing.assert_close(gradient(network, second), gradient(network.plainly, second))
    kept = network(x, codes).sum()
    once = torch.autograd.grad(kept, codes, retain_graph=True)[0]
    network(-x, codes).sum().backward()
    assert torch.equal(torch.autograd.grad(kept, codes)[0], once)


def test_points_may_be_differentiated_too():
    network = decoder(SMALL, 2)
    x, codes = inputs(2, 2, 3)
    assert torch.autograd.gradcheck(lambda p: network(p, codes), x.requires_grad_())


def test_all_gradients_agree_with_finite_differences():
    network = decoder(DecoderConfiguration(layers=3, width=3, code_dimension=2, code_layers=[2], omega=3), 2)
    x, codes = inputs(2, 2, 3, code=2)
    names = [name for name, _ in network.named_parameters()]

    def values(codes, *parameters):
        return torch.func.functional_call(network, dict(zip(names, parameters, strict=True)), (x, codes))

    leaves = [p.detach().clone().requires_grad_() for p in network.parameters()]
    assert torch.autograd.gradcheck(values, [codes.requires_grad_(), *leaves])


def test_weights_start_within_siren_bounds():
    network = decoder(DecoderConfiguration(), 1)
    assert network.layers[0].code.abs().max() <= 1 / 68
    assert network.layers[0].code.abs().max() > 0.95 / 68
    assert 0.9 * 128**-0.5 < network.layers[1].bias.abs().max() <= 128**-0.5
    assert network.layers[1].hidden.abs().max() <= (6 / 128) ** 0.5 / 30
    assert network.layers[4].hidden.abs().max() <= (6 / 192) ** 0.5 / 30
