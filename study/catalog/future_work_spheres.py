"""Do the published proposals help where shapes only grow and shrink? (Martens 2025, chapter 6, on four spheres)"""

from __future__ import annotations

from study.catalog import future_work, spheres
from study.design import methods, presets
from study.design.study import Study
from trainables.shapes.sphere import training_spheres

NAMES = [*future_work.NAMES, *methods.ACROSS]


def study() -> Study:
    """The spheres of section 4.1.1, with barycenters across them as anchors too."""
    compared = methods.networks(training_spheres(), NAMES) | methods.references(training_spheres())
    return spheres.study().model_copy(
        update={
            "name": "future-work-spheres",
            "question": future_work.QUESTION,
            "methods": compared,
            "usual": None,
            "primary": methods.primary("sparse", anchored=False),
            "space": methods.space(NAMES),
        }
    )


def laptop(study: Study) -> None:
    """Eight replicates, so that the answer is one; for so many methods fewer points and trials."""
    spheres.laptop(study)
    study.trials, study.replicates = 3, 8
    presets.put(study, points_per_frame=256)


PRESETS = {"laptop": laptop, "smoke": presets.smoke, "paper": spheres.paper}
