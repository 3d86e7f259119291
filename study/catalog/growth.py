"""Which method fills in the frames of a growing cell? Realistic cells in any number, from a published decoder.

The question of `cells`, asked of sequences that are independent of each other: cells of *Platynereis dumerilii* as the
decoder of Wiesner 2024 has learned them, 30 frames each (`trainables/shapes/platynereis.py`). Shown are the first and
the last frame, every tenth, or every fourth. Every cell has a network of its own and is one count; the search sees four
cells, its setting is transferred to eight others.
"""

from __future__ import annotations

from study.catalog.cells import every
from study.design import flags, methods, presets
from study.design.study import Comparison, Objective, Study
from trainables.shapes.platynereis import FRAMES, cells, times
from trainables.shapes.sequence import ShapeSequence

SEARCHED, CONFIRMED = 4, 8
"""How many cells the search sees, and how many others its setting is tested on."""

COMPARED = [
    *("none", "sinkhorn", "barycenter", "temporal-smoothness"),
    *("anchored", "anchored+sinkhorn", "anchored+barycenter", "anchored+temporal-smoothness"),
    "anchored+acceleration",
]


def study() -> Study:
    """Beyond the papers: their decoder's cells as unit of replication."""
    return of(_members(), SEARCHED)


def _members(**fields: int) -> list[ShapeSequence]:
    """Seeds 0, 1, 10 and 11, which the search sees: by two it had chosen a network worse than blending. And 2 to 9."""
    return [*cells(2, **fields), *cells(SEARCHED - 2, 2 + CONFIRMED, **fields), *cells(CONFIRMED, 2, **fields)]


def of(members: list[ShapeSequence], searched: int) -> Study:
    """The study on these cells, of which the search sees the first."""
    return Study(
        name="growth",
        question="Does regularization help to fill in frames of a cell that grows, and which method does, over cells?",
        replication_unit="growing cells of a published generator, a network each",
        unit="sequence",
        validation="other-sequences",
        search_sequences=[member.label for member in members[:searched]],
        methods=methods.networks(members, COMPARED, shared=False) | methods.references(members),
        usual=methods.USUAL_OF_RECORDINGS,
        baseline="none",
        controls=methods.CONTROLS,
        references=methods.REFERENCES,
        supervisions={
            "ends": every(FRAMES - 1, times()),
            "every-10th": every(10, times()),
            "every-4th": every(4, times()),
        },
        primary=[
            *methods.primary("ends"),
            Comparison(method="anchored+acceleration", baseline="anchored", supervision="every-10th"),
        ],
        space=methods.space(COMPARED),
        metrics=methods.metrics(),
        objective=Objective(metric="chamfer"),
    )


def laptop(study: Study) -> None:
    """One seed a cell, few trials, and half as many points of each of up to nine shown frames."""
    presets.laptop(study)
    study.trials, study.replicates = 3, 1
    presets.put(study, points_per_frame=512)


def smoke(study: Study) -> None:
    """Three cells on a coarse grid, two supervisions."""
    few = of(cells(3, resolution=24), 1)
    study.methods, study.search_sequences = few.methods, few.search_sequences
    flags.keep(study, None, ["ends", "every-10th"])
    presets.smoke(study)
    study.replicates = 1


def paper(study: Study) -> None:
    """Distances on the grid on which rows are scored; one seed a cell."""
    fine = of(_members(resolution=128), SEARCHED)
    study.methods = fine.methods
    presets.paper(study)
    study.replicates = 1


PRESETS = {"laptop": laptop, "smoke": smoke, "paper": paper}
