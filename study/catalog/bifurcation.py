"""Does optimal-transport regularization help where one cell becomes two? (seed 000, section 4.1.2)

A sphere splits into two, shown at two (sparse) or five (dense) times. The document compares `none`, `sinkhorn` and
`barycenter`, the latter with three barycenters between two frames.
"""

from __future__ import annotations

from study import methods, presets
from study.study import Objective, Study
from trainables.shapes.bifurcation import Bifurcation


def study() -> Study:
    """The document's experiment."""
    return Study(
        name="bifurcation",
        question=(
            "Does optimal-transport regularization help a neural shape sequence through a bifurcation, with which "
            "strengths, and by how much?"
        ),
        replication_unit="training noise of one sequence (seeds)",
        methods=methods.networks([Bifurcation()], regularizers={"barycenter": {"count": 3}})
        | methods.references([Bifurcation()]),
        baseline="none",
        controls=methods.CONTROLS,
        references=methods.REFERENCES,
        supervisions=methods.SUPERVISIONS,
        space=methods.space(),
        metrics=methods.bifurcation_metrics(),
        objective=Objective(metric="chamfer"),
    )


PRESETS = presets.PRESETS
