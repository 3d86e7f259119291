"""Do the published proposals help to represent unseen sequences? (Martens 2025, chapter 6, on the codes' grid)"""

from __future__ import annotations

from study.catalog import future_work, future_work_spheres, latent_generalization
from study.design import methods, presets
from study.design.study import Study
from trainables.autodecoder.latent_generalization import LatentGeneralizationConfiguration
from trainables.shapes.sphere import training_spheres, unseen_spheres


def study() -> Study:
    """The grid of codes of section 4.2; barycenters across sequences were proposed for this."""
    names = future_work_spheres.NAMES
    compared = methods.networks(
        training_spheres(), names, configuration=LatentGeneralizationConfiguration, unseen=unseen_spheres()
    )
    return latent_generalization.study().model_copy(
        update={
            "name": "future-work-latent",
            "question": future_work.QUESTION,
            "methods": compared,
            "usual": None,
            "primary": methods.primary("sparse", anchored=False),
            "space": methods.space(names, references=()),
        }
    )


def laptop(study: Study) -> None:
    """Eight replicates, so that the answer is one; for so many methods fewer points, and the published settings."""
    latent_generalization.laptop(study)
    study.trials, study.replicates = 1, 8
    presets.put(study, points_per_frame=256)


PRESETS = latent_generalization.PRESETS | {"laptop": laptop}
