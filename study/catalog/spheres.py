"""Does optimal-transport regularization help where shapes only grow and shrink? (Martens 2025, section 4.1.1)

Four spheres, two expanding and two shrinking, share one network; each is shown at two (sparse) or five (dense) times.
Their signed distance is linear in time, so that blending two frames linearly gives the truth itself: no method can do
better than `linear-blend` here, and what is asked is only how near a network comes to it. The search sees four other
spheres.
"""

from __future__ import annotations

from study.design import methods, presets
from study.design.study import Objective, Study
from trainables.shapes.sequence import SPACE
from trainables.shapes.sphere import searched_spheres, training_spheres

COMPARED = [*methods.COMPARED, *methods.ANCHORED]


def study(dimension: int = SPACE) -> Study:
    """The published experiment, in space; in the plane discs."""
    shapes = training_spheres(dimension)
    return Study(
        name="spheres",
        question=(
            "Does optimal-transport regularization help a neural shape sequence to grow and to shrink, and does it "
            "narrow the differences between sequences?"
        ),
        replication_unit="training noise of one set of four sequences (seeds)",
        methods=methods.networks(shapes, COMPARED) | methods.references(shapes),
        validation="other-sequences",
        search_on=searched_spheres(dimension),
        usual=methods.USUAL,
        baseline="none",
        controls=methods.CONTROLS,
        references=methods.REFERENCES | {"linear-blend": "exact answer here"},
        supervisions=methods.SUPERVISIONS,
        primary=methods.primary("sparse"),
        space=methods.space(COMPARED),
        metrics=methods.metrics(),
        objective=Objective(metric="chamfer"),
    )


def laptop(study: Study) -> None:
    """Four sequences cost four times as much: fewer points, trials and replicates."""
    presets.laptop(study)
    study.trials, study.replicates = 4, 6
    presets.put(study, points_per_frame=512)


def paper(study: Study) -> None:
    """Four sequences share a step's points, so that its memory is that of one."""
    presets.paper(study)
    presets.put(study, points_per_frame=4096)


PRESETS = presets.PRESETS | {"laptop": laptop, "paper": paper, "recommended": presets.recommended(laptop)}
