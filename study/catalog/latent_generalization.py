"""Does a regularized decoder represent sequences it was not trained on any better? (Martens 2025, section 4.2)

The decoder is trained on the four spheres and frozen; codes are fitted to 25 unseen spheres at ten times and scored at
times between these. What is compared is therefore the latent space, not the interpolation in time of `spheres`. The
search fits codes of 16 other spheres.
"""

from __future__ import annotations

from study.design import methods, presets
from study.design.study import Objective, Study
from trainables.autodecoder.latent_generalization import LatentGeneralizationConfiguration
from trainables.shapes.sequence import SPACE
from trainables.shapes.sphere import searched_unseen_spheres, training_spheres, unseen_spheres

COMPARED = [*methods.COMPARED, *methods.ANCHORED]


def study(dimension: int = SPACE) -> Study:
    """The published experiment, in space; in the plane discs."""
    compared = methods.networks(
        training_spheres(dimension),
        COMPARED,
        configuration=LatentGeneralizationConfiguration,
        unseen=unseen_spheres(dimension),
    )
    return Study(
        name="latent-generalization",
        question=(
            "Does optimal-transport regularization, which is meant for the time axis, change how well unseen sequences "
            "are represented by a code?"
        ),
        replication_unit="training noise of one set of four sequences (seeds)",
        methods=compared,
        validation="other-sequences",
        search_on=searched_unseen_spheres(dimension),
        usual=methods.USUAL,
        baseline="none",
        controls=methods.CONTROLS,
        supervisions=methods.SUPERVISIONS,
        primary=methods.primary("sparse"),
        space=methods.space(COMPARED, references=()),
        metrics=methods.metrics(),
        objective=Objective(metric="chamfer"),
    )


def laptop(study: Study) -> None:
    """Four sequences and 25 codes: fewer points, trials and replicates; so few, one batch takes a tenth of the time."""
    presets.laptop(study)
    study.trials, study.replicates = 4, 6
    presets.put(study, points_per_frame=512, code_fitting_points=5)


def smoke(study: Study) -> None:
    """Nine codes, few steps."""
    presets.smoke(study)
    dimension = study.dimension or SPACE
    presets.put(study, unseen=unseen_spheres(dimension)[::3], code_epochs=20, code_fitting_points=16)
    study.search_on = searched_unseen_spheres(dimension)[::5]


def paper(study: Study) -> None:
    """Four sequences share a step's points, so that its memory is that of one."""
    presets.paper(study)
    presets.put(study, points_per_frame=4096)


PRESETS = {"laptop": laptop, "smoke": smoke, "paper": paper}
