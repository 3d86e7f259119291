"""The sine decoder f(x, t, z), with a leading replicate axis on every parameter.

Wiesner 2024 (reference 22 of Martens 2025): sine layers of frequency ω; the coordinates are
concatenated again before every later layer and the output, the latent code before some of them. Here a layer's matrix
is kept as its three blocks of rows, so that the code, equal for all points of a sequence, enters as a bias.

`forward` is one function computed in two ways: `plainly`, in PyTorch's own operations, batched over replicates, on any
device and differentiable in everything; and on the CPU, where points are data and many, by `fused.py`, which is held
against it.

# R = replicate, N = sequence, P = point, C = code dimension, W = width, D = coordinates: d + 1 or more
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from trainables.autodecoder.configuration import DecoderConfiguration
from trainables.autodecoder.fused import Workspace, evaluate
from trainables.shapes.sequence import SPACE, UPPER

# Points per sequence below which one product for all sequences beats one for each.
_FEW = 128


class Layer(nn.Module):
    """Affine map of [hidden | coordinates | code] for R replicates.

    SIREN's initialisation: weights U(±1/n) in the first layer, U(±√(6/n)/ω) in the others; its reference code leaves
    the biases as a linear layer has them, U(±1/√n).
    """

    def __init__(
        self,
        hidden: int,
        coordinates: int,
        code: int,
        out: int,
        bound: float | None,
        omega: float,
        generators: list[torch.Generator],
    ) -> None:
        super().__init__()
        fan_in = hidden + coordinates + code
        limit = math.sqrt(6 / fan_in) / omega if bound is None else bound / fan_in

        def uniform(*shape: int, limit: float = limit) -> nn.Parameter:
            draws = [torch.empty(shape).uniform_(-limit, limit, generator=g) for g in generators]
            return nn.Parameter(torch.stack(draws))

        self.hidden = uniform(hidden, out) if hidden else None
        self.coordinates = uniform(coordinates, out)
        self.code = uniform(code, out) if code else None
        self.bias = uniform(1, out, limit=fan_in**-0.5)

    def weight(self) -> Tensor:
        """The rows for hidden units and coordinates, `(R, hidden + D, out)`."""
        return self.coordinates if self.hidden is None else torch.cat([self.hidden, self.coordinates], dim=1)

    def offset(self, codes: Tensor) -> Tensor:
        """Bias and code, which no point changes: `(R, N, out)`, or `(R, 1, out)` in a layer without code."""
        return self.bias if self.code is None else torch.baddbmm(self.bias, codes, self.code)

    def forward(self, hidden: Tensor | None, coordinates: Tensor, codes: Tensor, scale: float) -> Tensor:
        """hidden `(R, N, P, W)`, coordinates `(R, N | 1, P, D)`, codes `(R, N, C)` → scale × map, `(R, N, P, out)`."""
        inputs = coordinates if hidden is None else torch.cat([hidden, coordinates.expand(*hidden.shape[:-1], -1)], -1)
        weight, bias = scale * self.weight(), (scale * self.offset(codes)).unsqueeze(2)
        replicates, sequences, points, width = inputs.shape
        if self.code is not None and sequences < codes.shape[1]:
            inputs, sequences = inputs.expand(-1, codes.shape[1], -1, -1), codes.shape[1]
        if sequences == 1:
            return torch.baddbmm(bias[:, 0], inputs[:, 0], weight).unsqueeze(1)
        flat = torch.bmm(inputs.reshape(replicates, sequences * points, width), weight)
        return flat.view(replicates, sequences, points, -1) + bias


class Decoder(nn.Module):
    """R sine networks of one architecture, evaluated together; R = 1 is the same code."""

    def __init__(
        self, configuration: DecoderConfiguration, generators: list[torch.Generator], dimension: int = SPACE
    ) -> None:
        """`dimension` is d of the shapes."""
        super().__init__()
        width, code, omega = configuration.width, configuration.code_dimension, configuration.omega
        taking_code = {1, *configuration.code_layers}
        self.omega, self.encoding = omega, configuration.encoding
        coordinates = configuration.coordinates(dimension)
        self.layers = nn.ModuleList(
            Layer(
                hidden=0 if i == 1 else width,
                coordinates=coordinates,
                code=code if i in taking_code else 0,
                out=width,
                bound=1.0 if i == 1 else None,
                omega=omega,
                generators=generators,
            )
            for i in range(1, configuration.layers + 1)
        )
        self.output = Layer(width, coordinates, 0, 1, None, omega, generators)
        self._workspace = Workspace()

    def forward(self, points: Tensor, codes: Tensor) -> Tensor:
        """points `(R | 1, N | 1, P, d + 1)`: x, y[, z] in domain units, t in [0, 1]; codes `(R, N, C)` → SDF
        `(R, N, P)`."""
        few = codes.shape[1] > 1 and points.shape[2] < _FEW
        if codes.device.type != "cpu" or points.requires_grad or few:
            return self.plainly(points, codes)
        frequencies = [*(self.omega / math.pi for _ in self.layers), 1.0]
        layers = [*self.layers, self.output]
        weights = [scale * layer.weight() for scale, layer in zip(frequencies, layers, strict=True)]
        biases = [scale * layer.offset(codes) for scale, layer in zip(frequencies, layers, strict=True)]
        return evaluate(self._workspace, self.encoded(points), weights, biases)

    def plainly(self, points: Tensor, codes: Tensor) -> Tensor:
        """`forward`, layer by layer."""
        scaled = self.encoded(points).expand(codes.shape[0], -1, -1, -1)
        hidden: Tensor | None = None
        for layer in self.layers:
            hidden = torch.sin(layer(hidden, scaled, codes, self.omega))
        return self.output(hidden, scaled, codes, 1.0).squeeze(-1)

    def encoded(self, points: Tensor) -> Tensor:
        """All coordinates in [-1, 1], and their sines and cosines if the decoder has an encoding: `(…, D)`."""
        x, t = points[..., :-1] / UPPER, 2 * points[..., -1:] - 1
        columns = [x, t]
        if self.encoding:
            for coordinate, count in ((x, self.encoding.spatial), (t, self.encoding.temporal)):
                for k in range(count):
                    angle = 2**k * math.pi * coordinate
                    columns += [angle.sin(), angle.cos()]
        return torch.cat(columns, dim=-1)

    def begin_at_zero(self) -> None:
        """Let the output be zero everywhere, for whatever code."""
        with torch.no_grad():
            for parameter in self.output.parameters():
                parameter.zero_()

    def parameter_count(self) -> int:
        """Parameters of one replicate."""
        return sum(parameter[0].numel() for parameter in self.parameters())
