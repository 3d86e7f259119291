"""The default decoder is the published one: it holds the weights of Wiesner et al. 2024 and computes what they say."""

from importlib import resources

import numpy as np
import torch

from trainables.autodecoder.configuration import DecoderConfiguration
from trainables.autodecoder.decoder import Decoder

WEIGHTS = resources.files("trainables.shapes") / "data" / "platynereis" / "model.pth"


def published() -> dict[str, torch.Tensor]:
    with resources.as_file(WEIGHTS) as file:
        saved = torch.load(file, map_location="cpu", weights_only=True)["model_state_dict"]
    return {name.removeprefix("module."): value for name, value in saved.items()}


def plainly(weights: dict[str, torch.Tensor], points: np.ndarray, code: np.ndarray) -> np.ndarray:
    """The publication's specification in double precision: `latent_in` [4, 7] counted from 0, coordinates in all."""
    coordinates = np.concatenate([points[:, :3] / 3, 2 * points[:, 3:] - 1], axis=1)
    first = np.concatenate([np.broadcast_to(code, (len(points), 64)), coordinates], axis=1)
    hidden = first
    for layer in range(11):
        if layer in (4, 7):
            hidden = np.concatenate([hidden, first], axis=1)
        elif layer:
            hidden = np.concatenate([hidden, coordinates], axis=1)
        weight, bias = (weights[f"lin{layer}.{part}"].double().numpy() for part in ("weight", "bias"))
        assert hidden.shape[1] == weight.shape[1], layer
        hidden = hidden @ weight.T + bias
        if layer < 10:
            hidden = np.sin(30 * hidden)
    return hidden[:, 0]


def holding(weights: dict[str, torch.Tensor]) -> Decoder:
    """The default decoder with the published numbers in its blocks: hidden units, code, coordinates of each layer."""
    decoder = Decoder(DecoderConfiguration(), [torch.Generator()])
    with torch.no_grad():
        for index, layer in enumerate([*decoder.layers, decoder.output]):
            columns = weights[f"lin{index}.weight"].T
            sizes = [0 if block is None else block.shape[1] for block in (layer.hidden, layer.code, layer.coordinates)]
            assert sum(sizes) == len(columns), f"layer {index + 1} takes {sum(sizes)} numbers, not {len(columns)}"
            for block, part in zip((layer.hidden, layer.code, layer.coordinates), columns.split(sizes), strict=True):
                if block is not None:
                    block[0] = part
            layer.bias[0, 0] = weights[f"lin{index}.bias"]
    return decoder


def test_the_published_weights_fit_the_default_decoder_and_give_the_published_values():
    weights, generator = published(), np.random.default_rng(0)
    points = generator.uniform(-3, 3, (400, 4)).astype("float32")
    points[:, 3] = (points[:, 3] + 3) / 6
    code = (0.005 * generator.standard_normal(64)).astype("float32")
    expected = plainly(weights, points.astype(float), code)
    decoder = holding(weights)
    x, z = torch.from_numpy(points).view(1, 1, -1, 4), torch.from_numpy(code).view(1, 1, -1)
    for found in (decoder(x, z), decoder.plainly(x, z)):
        assert np.abs(found.detach().numpy()[0, 0] - expected).max() < 9e-6
    assert expected.min() < -0.02 < 0.5 < expected.max()


def test_the_licence_comes_with_the_weights():
    text = (resources.files("trainables.shapes") / "data" / "platynereis" / "LICENSE").read_text()
    assert "Masaryk University" in text
    assert "Redistribution and use in source and binary forms" in text
