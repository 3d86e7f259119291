"""Does what holds for one bifurcation hold for others? A family of random direction, speed and blending.

Every member has a network of its own, so that the members are independent: they are the unit of replication that one
sequence cannot give. The search sees the first member alone; its setting is transferred to the others.
"""

from __future__ import annotations

from study.design import methods, presets
from study.design.study import Objective, Study
from trainables.shapes.bifurcation import family
from trainables.shapes.sequence import SPACE, ShapeSequence

COMPARED = [*methods.COMPARED, *methods.ANCHORED]
MEMBERS = 9
SEARCHED = 1
"""Members that the search sees."""


def study(dimension: int = SPACE) -> Study:
    """Beyond Martens 2025: 9 members, of which one is searched on and 8 are tested."""
    return of(family(MEMBERS, dimension=dimension))


def of(members: list[ShapeSequence]) -> Study:
    """The study on these members of the family."""
    return Study(
        name="bifurcations",
        question=(
            "Does optimal-transport regularization help through bifurcations in general, and does a setting that was "
            "tuned on one of them serve the others?"
        ),
        replication_unit="bifurcations of random direction, speed and blending, a network each",
        unit="sequence",
        validation="other-sequences",
        search_sequences=[member.label for member in members[:SEARCHED]],
        methods=methods.networks(
            members, COMPARED, anchor="lineage", regularizers={"barycenter": {"count": 3}}, shared=False
        )
        | methods.references(members),
        usual=methods.USUAL,
        baseline="none",
        controls=methods.CONTROLS,
        references=methods.REFERENCES,
        supervisions=methods.SUPERVISIONS,
        primary=methods.primary("sparse"),
        space=methods.space(COMPARED),
        metrics=methods.bifurcation_metrics(),
        objective=Objective(metric="chamfer"),
    )


def laptop(study: Study) -> None:
    """One seed a member."""
    presets.laptop(study)
    study.replicates = 1


def smoke(study: Study) -> None:
    """Three members."""
    shrink(study, of(family(3, dimension=_dimension(study))))


def _dimension(study: Study) -> int:
    return study.dimension or SPACE


def shrink(study: Study, few: Study) -> None:
    """As small as possible, on the members of `few`."""
    study.methods, study.search_sequences = few.methods, few.search_sequences
    presets.smoke(study)
    study.replicates = 1


def paper(study: Study) -> None:
    """One seed a member: nine networks in a trial."""
    presets.paper(study)
    study.replicates = 1


def recommended(study: Study) -> None:
    """On nine members that no other study has: what is recommended was chosen on the others."""
    fresh = of(family(2 * MEMBERS, dimension=_dimension(study))[MEMBERS:])
    study.methods, study.search_sequences = fresh.methods, fresh.search_sequences
    presets.recommended(laptop)(study)


PRESETS = {"laptop": laptop, "smoke": smoke, "paper": paper, "recommended": recommended}
