"""Does optimal-transport regularization help where one cell becomes two? (Martens 2025, section 4.1.2)

A sphere splits into two, shown at two (sparse) or five (dense) times. Martens 2025 compares `none`, `sinkhorn` and
`barycenter`, the latter with three barycenters between two frames. Added: the topological regularizer (Waibel 2022),
since what the baseline gets wrong in the middle is the number of pieces; and `advection`, the method of Han 2023. Of
two shown frames none can be left out, so that the search sees another bifurcation, of random direction, speed and
blending, and its best few settings are compared on two more.
"""

from __future__ import annotations

from study.design import methods, presets
from study.design.study import Objective, Pruning, Study
from trainables.shapes.bifurcation import Bifurcation, family
from trainables.shapes.sequence import SPACE, ShapeSequence

COMPARED = [*methods.COMPARED, *methods.TOPOLOGICAL, *methods.ANCHORED]

FINAL = 2
"""Further bifurcations that finalists are compared on."""


def study(dimension: int = SPACE) -> Study:
    """The published experiment, in space; in the plane a disc splits by the same formula."""
    shapes: list[ShapeSequence] = [Bifurcation(dimension=dimension)]
    members = family(1 + FINAL, dimension=dimension)
    return Study(
        name="bifurcation",
        question=(
            "Does optimal-transport regularization help a neural shape sequence through a bifurcation, with which "
            "strengths, and by how much?"
        ),
        replication_unit="training noise of one sequence (seeds)",
        methods=methods.networks(shapes, COMPARED, anchor="lineage", regularizers={"barycenter": {"count": 3}})
        | methods.advected(shapes)
        | methods.references(shapes),
        validation="other-sequences",
        search_on=members[:1],
        final_on=members[1:],
        usual=methods.USUAL,
        baseline="none",
        controls=methods.CONTROLS,
        references=methods.REFERENCES,
        supervisions=methods.SUPERVISIONS,
        primary=methods.primary("sparse"),
        space=methods.space([*COMPARED, *methods.ADVECTED]),
        metrics=methods.bifurcation_metrics(),
        objective=Objective(metric="chamfer"),
    )


def laptop(study: Study) -> None:
    """The search that the study is about: twenty trials an arm, the best three of them again on two more sequences,
    twice each, and replicates enough for what is compared."""
    presets.laptop(study)
    study.trials, study.replicates, study.fewer_replicates = 20, 16, 8
    study.finalists, study.finalist_replicates = 3, 2
    study.pruning = Pruning(first_epoch=75, factor=3)


PRESETS = presets.PRESETS | {"laptop": laptop, "recommended": presets.recommended(laptop)}
