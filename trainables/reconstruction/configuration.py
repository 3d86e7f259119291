"""What a reconstruction is and how it is trained: the fields a user sets and a search varies.

The defaults are the published setting (Waibel 2022, sections 3.2 and 4.2) and, where it is silent, that of its public
code (github.com/marrlab/SHAPR_torch): n_filters = 10, batches of 3, plateau patience 2, discriminator rate 5e-7.
A table of numbers in study/catalog/README.md says which is whose.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from trainables.base import TrainableConfiguration
from trainables.configuration import Configuration
from trainables.reconstruction import folds
from trainables.reconstruction.architecture import products
from trainables.reconstruction.folds import Member


class Topology(Configuration):
    """λ · topological loss (Waibel 2022, eq. 3) between predicted and true volume."""

    weight: float = Field(0.1, ge=0, description="λ")
    dimensions: Literal["0", "1", "2", "all"] = Field("2", description="of the features that are compared")
    size: int = Field(16, ge=4, le=64, description="M: both volumes are scaled to M³ before")
    filtration: Literal["superlevel", "sublevel"] = Field("superlevel", description="of the predicted likelihood")
    construction: Literal["T", "V"] = Field("T", description="voxels are top cells (T) or vertices (V)")

    essential: Literal["last", "omitted"] = Field(
        "last",
        description="the component that never dies: dies with the last voxel, as in the public code, or left out",
    )

    def compared(self) -> tuple[int, ...]:
        """The dimensions as numbers."""
        return (0, 1, 2) if self.dimensions == "all" else (int(self.dimensions),)


class ReconstructionConfiguration(TrainableConfiguration):
    """Network, training and loss of one trial; a replicate is one network with one fold held out."""

    implementation: ClassVar[str] = "trainables.reconstruction.reconstruction:Reconstruction"
    from_data: ClassVar[frozenset[str]] = frozenset({"file", "images", "side"})

    file: str = Field(description="what `trainables.reconstruction.triplets.opened` reads")
    images: list[Member] = Field(min_length=1, description="the images of the file, and their folds")
    topology: Topology | None = Field(None, description="none: the geometrical loss alone")

    side: int = Field(64, ge=16, description="side of the volumes of the file")
    resolution: int = Field(64, ge=16, description="side of the volumes that the network works with")
    filters: int = Field(10, ge=1, le=64, description="n_filters: channels of the first block")
    decoder_depth: Literal[1, 3] = Field(1, description="depth of the decoder's kernels; the public code's have 1")
    epochs: int = Field(100, ge=1, description="of the supervised phase, at most")
    patience: int = Field(15, ge=1, description="epochs without a lower validation loss after which a phase ends")
    adversarial_epochs: int = Field(0, ge=0, description="of the adversarial phase that follows, at most")
    batch: int = Field(3, ge=2, description="images in one training step")
    least_steps: int = Field(1, ge=1, description="steps of an epoch at least: few images are passed over again")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Adam, network")
    discriminator_rate: float = Field(5e-7, gt=0, le=1, description="Adam, discriminator")
    plateau: int = Field(2, ge=0, description="epochs without a lower validation loss before the rate is divided by 10")
    eight_bit: bool = Field(
        False, description="likelihoods become 256 grey levels before Otsu's cut, as in the public code's numbers"
    )
    augmentation: float = Field(0.33, ge=0, le=1, description="chance of each: flip, flip, quarter turns")

    @model_validator(mode="after")
    def _fits(self) -> ReconstructionConfiguration:
        if self.resolution & (self.resolution - 1):
            raise ValueError(f"resolution = {self.resolution} is not a power of two; choose 16, 32, 64 or 128")
        if self.resolution > self.side:
            raise ValueError(f"resolution = {self.resolution} is finer than the data, of side {self.side}")
        if self.topology is not None and self.topology.size > self.resolution:
            raise ValueError(f"topology.size = {self.topology.size} is finer than the resolution, {self.resolution}")
        return self

    @property
    def title(self) -> str:
        """Name of the file that keeps the images in a run folder."""
        return "images"

    def labels(self) -> list[str]:
        return [member.label for member in self.images]

    def restrict(self, sequences: list[str]) -> None:
        missing = set(sequences) - set(self.labels())
        if missing:
            raise ValueError(f"there is no image {', '.join(sorted(missing))}")
        self.images = [member for member in self.images if member.label in sequences]

    def folds(self) -> int:
        return folds.count(self.images)

    def operations(self, shown: int) -> float:
        """Of the network; without the discriminator, and as if no phase ended early."""
        members = folds.taking_part(self.images)
        roles = [folds.role(member, 0, self.images) for member in members]
        shown_images = roles.count("train")
        passes = math.ceil(self.least_steps / math.ceil(shown_images / self.batch))
        images = (self.epochs + self.adversarial_epochs) * (3 * passes * shown_images + roles.count("validation"))
        return 2.0 * images * products(self.filters, self.resolution, self.decoder_depth)  # backward: twice as many

    def derived(self) -> dict[str, float]:
        return {} if self.topology is None else {"topology.downsampling": self.resolution / self.topology.size}
