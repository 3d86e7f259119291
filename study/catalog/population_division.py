"""The question of `population`, asked of shapes that divide: axis, time, drift and shares drawn at random.

As their axes are, sequences have little in common; so regressions compare them turned to the axes of their shown
frames (`trainables/population/pose.py`).
"""

from __future__ import annotations

from study.catalog import population
from study.design import presets
from study.design.study import Study
from trainables.shapes.division import divisions
from trainables.shapes.sequence import ShapeSequence


def study() -> Study:
    """Divisions of many seeds."""
    return population.of("population-division", "dividing shapes", *drawn(population.NEW, population.POPULATION))


def drawn(new: int, known: int) -> tuple[list[ShapeSequence], ...]:
    """New divisions, those that the search sees, and the population: no seed is in two of them."""
    return divisions(new, 5000), divisions(new, 4000), divisions(known)


def smoke(study: Study) -> None:
    """Six divisions and six more."""
    _with(study, 6, 6)
    population.coarsen(study)


def paper(study: Study) -> None:
    """The published decoder, 256 known divisions."""
    _with(study, population.NEW, 240)
    presets.paper(study)
    study.replicates = 1


def _with(study: Study, new: int, known: int) -> None:
    made = population.of(study.name, "dividing shapes", *drawn(new, known))
    study.methods, study.search_on = made.methods, made.search_on


PRESETS = {"laptop": population.laptop, "smoke": smoke, "paper": paper}
