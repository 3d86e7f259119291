"""Does a topological loss help to guess a cell's 3D shape from one 2D image? Red blood cells (Waibel 2022, section 4).

SHAPR predicts a volume from the image and the mask of its middle slice, trained with and without the topological loss.
A fifth of the images, each class in proportion, is set aside and the search sees those only; the others lie in six
folds (at `paper` in five, as in Waibel 2022), and every image is predicted by networks that were trained and stopped
without it. `--data` names a folder with
`obj/`, `mask/` and `image/`; without it, the 90 cells of the published sample are taken, which come with the program.
"""

from __future__ import annotations

from search_spaces import topological_loss
from study.data import triplets
from study.data.triplets import ImageData
from study.design import presets
from study.design.study import Comparison, Objective, Pruning, Resources, Study
from study.errors import Mistake
from trainables.configuration import assign
from trainables.reconstruction import folds
from trainables.reconstruction.configuration import ReconstructionConfiguration, Topology
from trainables.reconstruction.metrics import VOLUME
from trainables.shapes.timeline import Timeline

find, again = triplets.find, triplets.again
"""How its data are found, and found again when a run is resumed."""

FOLDS, SEARCH_FOLDS = 6, 3
PUBLISHED_FOLDS = 5
"""As few are never enough for a verdict without normality: the cells of a fold share networks, so that folds count."""
ASIDE = 5
"""One image of so many is set aside for the search."""


def study(data: ImageData | None = None) -> Study:
    """The published experiment, on any triplets; Mistake if there are fewer than folds."""
    data = data or triplets.example()
    aside = round(len(data.labels) / ASIDE)
    try:
        members = folds.assigned(data.labels, data.kinds, aside, SEARCH_FOLDS, FOLDS)
    except ValueError:
        least = next(n for n in range(1, 100) if round(n / ASIDE) >= SEARCH_FOLDS and n - round(n / ASIDE) >= FOLDS)
        raise Mistake(
            f"--data {data.source}: there are {len(data.labels)} images, fewer than the folds need: {SEARCH_FOLDS} of "
            f"a fifth set aside for the search, {FOLDS} of the rest; give at least {least}"
        ) from None
    common = {"file": data.file, "images": members, "side": data.side, "resolution": data.side}
    return Study(
        name="red-blood-cells",
        question=(
            "Does a topological loss improve the 3D shape that a network predicts from a single 2D image of a cell?"
        ),
        replication_unit="folds of cells that their networks did not see",
        unit="fold",
        subject="image",
        validation="other-sequences",
        search_sequences=[member.label for member in members if member.aside],
        methods={
            "none": ReconstructionConfiguration(**common),
            "topology": ReconstructionConfiguration(**common, topology=Topology()),
        },
        baseline="none",
        supervisions={"image": Timeline.none()},
        primary=[Comparison(method="topology", baseline="none", supervision="image")],
        space=topological_loss.space(data.side),
        metrics=list(VOLUME),
        objective=Objective(metric="iou_error"),
        search_replicates=SEARCH_FOLDS,
        replicates=3 * FOLDS,
        data=data.told(),
    )


def paper(study: Study) -> None:
    """64³, n_filters = 10, at most 100 epochs and 30 adversarial ones, batches of 3; one GPU serves two trials.

    Waibel 2022 says nothing of the adversarial epochs: 30 is a default of its public code's class, whose parameter
    file has 0 and whose sweep 100.
    """
    _deal(study, PUBLISHED_FOLDS)
    _by_dimension(study)
    study.trials = 30
    study.pruning = Pruning(first_epoch=25, factor=2)
    study.resources = Resources(cpus=1, gpus=0.5)
    presets.put(study, adversarial_epochs=30)


def laptop(study: Study) -> None:
    """Two cores, minutes: 32³ instead of 64³, fewer filters and epochs, no adversarial phase. Errors are at the data's
    own side all the same.

    An epoch has as many steps on the few images of the search as on those of the confirmation: what is chosen there is
    chosen for networks that are trained as long.
    """
    study.trials = 5
    study.pruning = Pruning(first_epoch=7, factor=2)
    study.space |= topological_loss.NARROWED["laptop"]
    _small(study, resolution=32)
    presets.put(study, filters=6, epochs=14, least_steps=15)


def dimensions(study: Study) -> None:
    """As `laptop`, to tell the dimensions of the diagrams apart: four arms are searched instead of one. With
    `--trials 1`, at the published λ, twenty minutes on two cores."""
    laptop(study)
    _by_dimension(study)


def smoke(study: Study) -> None:
    """Everything that happens, on as little as possible: for tests."""
    study.trials = 2
    study.replicates = FOLDS
    study.pruning = Pruning(first_epoch=1, factor=2)
    study.space |= topological_loss.NARROWED["smoke"]
    _small(study, resolution=16)
    presets.put(study, filters=2, epochs=2, adversarial_epochs=1, batch=8)
    study.put("topology.size", 8)


def _deal(study: Study, count: int) -> None:
    """Deal the images into so many folds."""
    for method in study.methods.values():
        if isinstance(method, ReconstructionConfiguration):
            labels, kinds = [m.label for m in method.images], [m.kind for m in method.images]
            aside = sum(member.aside for member in method.images)
            method.images = folds.assigned(labels, kinds, aside, SEARCH_FOLDS, count)
    study.replicates = study.replicates // FOLDS * count


def _by_dimension(study: Study) -> None:
    """Which dimensions are compared is not searched: each choice is a method, so that they can be told apart."""
    whole = study.methods["topology"]
    for dimensions in ("0", "1", "all"):
        study.methods[f"topology-{dimensions}"] = whole.model_copy(deep=True)
        assign(study.methods[f"topology-{dimensions}"], "topology.dimensions", dimensions)
    study.space = {path: found for path, found in study.space.items() if path != "topology.dimensions"}


def _small(study: Study, resolution: int) -> None:
    """A lower resolution, where the data are not as coarse already."""
    for method in study.methods.values():
        if isinstance(method, ReconstructionConfiguration):
            method.resolution = min(method.side, resolution)


PRESETS = {"laptop": laptop, "smoke": smoke, "paper": paper, "dimensions": dimensions}
