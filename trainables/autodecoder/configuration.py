"""What an autodecoder is and how it is trained: the fields a user sets and a search varies.

The defaults are what Martens 2025, chapter 4, gives (1000 epochs); the rest, which it does not give (size of the
decoder, learning rates, batches, shares of points), is the public code of its baseline, Wiesner 2024, or ours: see the
table of numbers in study/catalog/README.md.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from pydantic import Field, SerializeAsAny, field_validator

from trainables.autodecoder.regularizers.base import Regularizer, available
from trainables.configuration import Configuration, choose
from trainables.interpolants import named
from trainables.metrics.scoring import Scored
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import PLANE, SPACE, ShapeSequence, from_descriptions, labelled

# Of a recorded frame that an anchored model keeps, 64³ or 128² points (measured on nuclei).
_FRAME_BYTES = {PLANE: 12_000, SPACE: 130_000}


class PositionalEncoding(Configuration):
    """Sines of the coordinates beside them, with frequencies for space and for time that are chosen independently
    (proposed in Martens 2025, chapter 6; Mildenhall et al. 2020, eq. 4)."""

    spatial: int = Field(2, ge=0, le=12, description="L of x, y[, z]: sin and cos of 2^k π x, k < L, x in [-1, 1]")
    temporal: int = Field(1, ge=0, le=12, description="L of t: sin and cos of 2^k π t, k < L, t in [-1, 1]")

    def columns(self, dimension: int) -> int:
        """How many numbers stand beside the d coordinates and t."""
        return 2 * dimension * self.spatial + 2 * self.temporal


class DecoderConfiguration(Configuration):
    """Sine decoder; the defaults have 168,521 parameters in space. `dimension` is d of the shapes."""

    layers: int = Field(10, ge=1, le=64, description="sine layers")
    width: int = Field(124, ge=1, description="units of each layer")
    code_dimension: int = Field(64, ge=1, description="size of the latent code")
    code_layers: list[int] = Field([5, 8], description="layers, beside the first, that take the code (first layer = 1)")
    omega: float = Field(30.0, gt=0, description="frequency of the sines")
    encoding: PositionalEncoding | None = Field(
        None, description="positional encoding of the coordinates; none if null"
    )

    def products(self, width: int, dimension: int = SPACE) -> int:
        """Multiplications for one point, in a decoder of `width` units. (Codes, equal for all points, cost nothing.)"""
        coordinates = self.coordinates(dimension)
        return width * (coordinates + (self.layers - 1) * (width + coordinates)) + width + coordinates

    def coordinates(self, dimension: int = SPACE) -> int:
        """Numbers of a point that enter every layer: x, y[, z], t, and what the encoding adds."""
        return dimension + 1 + (self.encoding.columns(dimension) if self.encoding else 0)

    def parameters(self, dimension: int = SPACE) -> int:
        """Weights and biases."""
        taking_code = {1, *self.code_layers} & set(range(1, self.layers + 1))
        biases = self.width * (self.layers + len(taking_code) * self.code_dimension) + 1
        return self.products(self.width, dimension) + biases

    def work(self, dimension: int = SPACE) -> int:
        """`products`, where a narrow layer counts as one of 124 units: it takes as long (measured, 64 against 124)."""
        return self.products(max(self.width, 124), dimension)

    @field_validator("code_layers")
    @classmethod
    def _after_the_first(cls, value: list[int]) -> list[int]:
        if any(layer < 2 for layer in value):
            raise ValueError("the first layer always takes the code; name later layers, from 2")
        return value


class AutodecoderConfiguration(Scored):
    """Decoder, codes, fitting and regularizers of one trial."""

    implementation: ClassVar[str] = "trainables.autodecoder.autodecoder:Autodecoder"

    shared: bool = Field(True, description="one network for all sequences; false: one for each")
    decoder: DecoderConfiguration = DecoderConfiguration()
    anchor: str | None = Field(
        None,
        description="interpolant to which the network is added (moved, moved+volume, …), so that shown frames are met "
        "exactly; none if null",
    )
    base_weight: float = Field(
        10.0, ge=0, description="weight of mean (f − B)² of an anchored network: what keeps it at its base B"
    )
    regularizers: dict[str, SerializeAsAny[Regularizer]] = Field(default_factory=dict)

    epochs: int = Field(1000, ge=1, description="passes over the shown frames")
    frames_per_batch: int = Field(5, ge=1, description="frames, each of any sequence, in one training step")
    points_per_frame: int = Field(16384, ge=1, description="points sampled in each frame of a step")
    candidates: int = Field(1 << 18, ge=1024, description="points of each frame, drawn once, that steps sample from")
    near_fraction: float = Field(0.7, ge=0, le=1, description="share of points with SDF ≤ near_distance")
    near_distance: float = Field(0.3, gt=0, description="domain units")
    learning_rate: float = Field(1e-4, gt=0, le=1, description="Adam, decoder")
    code_learning_rate: float = Field(1e-3, gt=0, le=1, description="Adam, codes")
    halve_every: int = Field(500, ge=1, description="epochs after which both learning rates are halved")
    code_weight: float = Field(1e-4, ge=0, description="weight of eq. 3.3, not given in Martens 2025")
    code_sigma: float = Field(1.0, gt=0, description="σ of eq. 3.3, not given in Martens 2025")
    code_ramp: int = Field(100, ge=0, description="epochs over which the code penalty grows to its weight")

    @field_validator("sequences", mode="before")
    @classmethod
    def _sequences(cls, value: Any) -> Any:
        return from_descriptions(value)

    @field_validator("regularizers", mode="before")
    @classmethod
    def _regularizers(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not all(isinstance(fields, dict | Regularizer) for fields in value.values()):
            raise ValueError("not a mapping from regularizer to its fields")
        kinds = available()
        return {name: choose(kinds, fields, "regularizer", name) for name, fields in value.items()}

    @field_validator("anchor")
    @classmethod
    def _anchor(cls, value: str | None) -> str | None:
        if value is not None:
            named(value)
        return value

    def unfit(self) -> str | None:
        for name, regularizer in self.regularizers.items():
            if fault := regularizer.unfit(self.dimension):
                return f"{name}: {fault}"
        mixing = [name for name, regularizer in self.regularizers.items() if regularizer.mixes]
        if self.anchor is None or not mixing:
            return None
        return (
            f"{mixing[0]} asks for shapes between two sequences, which have no base: leave it out, or set anchor=null"
        )

    def in_use(self, path: str) -> bool:
        """Of an interpolant to which nothing is added, which one it is, and no more."""
        if self.anchor is None:
            return path != "base_weight"
        return path == "anchor" or bool(self.regularizers)

    def operations(self, shown: int) -> float:
        frames = shown * (len(self.sequences) if self.shared else 1)
        steps = 1 if self.anchor else math.ceil(frames / self.frames_per_batch)
        sampled = shown if self.anchor is None else int(bool(self.regularizers) and self.base_weight > 0)
        points = self.epochs * sampled * self.points_per_frame
        for regularizer in self.regularizers.values():
            points += (
                max(0, self.epochs - regularizer.warm_up) * steps * regularizer.points_in_a_step(shown, self.dimension)
            )
        return 6.0 * self.decoder.work(self.dimension) * points * len(self.sequences)  # forward 2, backward 4

    def model_bytes(self, shown: int) -> int:
        networks = 1 if self.shared else len(self.sequences)
        numbers = networks * self.decoder.parameters(self.dimension) + len(self.sequences) * self.decoder.code_dimension
        recorded = sum(isinstance(sequence, Sampled) for sequence in self.sequences) if self.anchor else 0
        return 4 * numbers + _FRAME_BYTES[self.dimension] * shown * recorded

    def derived(self) -> dict[str, float]:
        return {
            f"regularizers.{name}.{key}": value
            for name, regularizer in self.regularizers.items()
            for key, value in regularizer.derived().items()
        }

    def labels(self) -> list[str]:
        return [sequence.label for sequence in self.sequences]

    def take(self, sequences: list[ShapeSequence], apart: bool = False) -> None:
        self.sequences = sequences
        if apart:
            self.shared = False

    def restrict(self, sequences: list[str]) -> None:
        self.sequences = labelled(self.sequences, sequences)

    def warm_up_epochs(self) -> int:
        return max((r.warm_up for r in self.regularizers.values()), default=0)
