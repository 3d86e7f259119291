"""A trained autodecoder read back from its file: f(x, y, z, t) of one replicate and sequence."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.decoder import Decoder
from trainables.files import read


def load(path: str, replicate: int = 0, sequence: int = 0) -> Callable[[NDArray], NDArray]:
    """The function (P, 4) → (P,): x, y, z in domain units and t in [0, 1] to the signed distance, inside negative.

    Raises FileNotFoundError if there is no such file; nothing is unpickled.
    """
    content = read(path)
    if content is None:
        raise FileNotFoundError(path)
    saved = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    configuration = AutodecoderConfiguration.model_validate_json(saved["configuration"])
    codes = saved["codes"]
    decoder = Decoder(configuration.decoder, [torch.Generator() for _ in codes])
    decoder.load_state_dict(saved["decoder"])
    network, position = replicate, sequence
    if not configuration.shared:
        network, position = replicate * len(configuration.sequences) + sequence, 0
    for parameter in decoder.parameters():
        parameter.data = parameter.data[network : network + 1]
    code = codes[network : network + 1, position : position + 1]

    @torch.no_grad()
    def sdf(points: NDArray) -> NDArray:
        x = torch.as_tensor(np.asarray(points, dtype=np.float32)).view(1, 1, -1, 4)
        return torch.cat([decoder(part, code) for part in x.split(1 << 15, dim=2)], dim=2)[0, 0].numpy()

    return sdf
