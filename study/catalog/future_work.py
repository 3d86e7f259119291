"""Do the published proposals help through bifurcations? (Martens 2025, chapter 6, on the family of bifurcations)

Sinkhorn at several temporal resolutions and on unnormalised masses, barycenters between frames further apart, and a
positional encoding, with its two methods and the control, at equal budgets. The same on spheres, where
barycenters across sequences join, is `future-work-spheres`, and on unseen codes `future-work-latent`.
"""

from __future__ import annotations

from study.catalog import bifurcations
from study.design import methods
from study.design.study import Study
from trainables.shapes.bifurcation import family

QUESTION = "Which of the ideas that Martens 2025 proposes and did not try helps, where, and by how much?"
NAMES = [*methods.COMPARED, *methods.FUTURE]


def study() -> Study:
    """Nine members of the family, of which one is searched on and 8 are tested."""
    return _of(bifurcations.MEMBERS)


def _of(count: int) -> Study:
    members = family(count)
    compared = methods.networks(members, NAMES, regularizers={"barycenter": {"count": 3}}, shared=False)
    return bifurcations.of(members).model_copy(
        update={
            "name": "future-work",
            "question": QUESTION,
            "methods": compared | methods.references(members),
            "usual": None,
            "primary": methods.primary("sparse", anchored=False),
            "space": methods.space(NAMES),
        }
    )


def laptop(study: Study) -> None:
    """As `bifurcations`, with fewer trials for more methods."""
    bifurcations.laptop(study)
    study.trials = 4


def smoke(study: Study) -> None:
    """Three members."""
    bifurcations.shrink(study, _of(3))


PRESETS = {"laptop": laptop, "smoke": smoke, "paper": bifurcations.paper}
