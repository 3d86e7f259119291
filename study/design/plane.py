"""Studies of shapes in the plane: what is larger there, and of which studies there is one.

A grid of n points along each axis has n² of them instead of n³, so that it may be finer and cost less: every size
that a preset or a search space gives in points along an axis is `FINER` times that. Of points drawn in a domain
n^(2/3) lie as densely along an axis as n do in space: as many are drawn, and at least `FEWEST`, of what is drawn in
larger numbers.
"""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalChoiceType, CategoricalDistribution

from study.design.study import Study
from study.errors import Mistake
from trainables.configuration import assign, paths
from trainables.shapes.sequence import FINER, PLANE, SPACE

KEY = "dimension"
"""`--set dimension=2`."""
_GRIDS = frozenset({"grid", "evaluation_grid", "barycenter_grid", "resolution"})
"""Fields that count points along an axis, wherever they stand."""
_DRAWN = frozenset({"points_per_frame", "points"})
"""Fields that count points drawn in the domain."""
FEWEST = 256
"""Points that are drawn in a frame at `laptop`, in space and in the plane: of the disc that splits, five frames shown,
`none` has Chamfer distance 0.0079 with 64, 0.0051 with 256, 0.0051 with 645 and 0.0046 with 2048 (three seeds)."""
_BALL, _DISC = 1 / 3, 1 / 2
"""Powers of the volume, or area, that go as the radius does: a choice in `rules.volume.exponent` and `anchor`."""


def refine(study: Study) -> None:
    """Give a study of shapes in the plane finer grids."""
    for method in study.methods.values():
        for path, value in paths(method).items():
            if _counts_points(path):
                assign(method, path, FINER * value)
            elif path.rpartition(".")[2] in _DRAWN and value is not None and value > FEWEST:
                assign(method, path, max(FEWEST, round(value ** (2 / 3))))
    study.space = {path: _of_plane(path, found) for path, found in study.space.items()}


def _counts_points(path: str) -> bool:
    return path.rpartition(".")[2] in _GRIDS


def _of_plane(path: str, distribution: BaseDistribution) -> BaseDistribution:
    """What is searched in the plane where that is searched in space."""
    if _counts_points(path):
        assert isinstance(distribution, CategoricalDistribution), "grids are searched among choices"
        return CategoricalDistribution([FINER * choice for choice in distribution.choices])  # type: ignore[operator]
    if isinstance(distribution, CategoricalDistribution) and (path == "anchor" or path.endswith("volume.exponent")):
        return CategoricalDistribution([_of_area(choice) for choice in distribution.choices])
    return distribution


def _of_area(choice: CategoricalChoiceType) -> CategoricalChoiceType:
    """A power of the volume, or an interpolant that names one, as it is of the area."""
    if isinstance(choice, str):
        return choice.replace(f"exponent={_BALL:.2f}", f"exponent={_DISC}")
    return _DISC if choice == _BALL else choice


def asked(changes: list[str]) -> tuple[int | None, list[str]]:
    """The dimension that `--set` asks for, and the other changes; Mistake if it is none, or asked for twice."""
    mine = [change for change in changes if change.partition("=")[0] == KEY]
    found = {change.partition("=")[2].strip() for change in mine}
    if not mine:
        return None, changes
    if len(found) > 1 or not found <= {str(PLANE), str(SPACE)}:
        raise Mistake(f"--set {mine[-1]}: shapes have dimension {PLANE} or {SPACE}; choose one")
    return int(found.pop()), [change for change in changes if change not in mine]
