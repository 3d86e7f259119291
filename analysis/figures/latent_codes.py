"""The latent codes of the study in their plane: Martens 2025, figure 4.6, with the training codes and their hull."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.drawing import style
from analysis.statistics import latent
from analysis.wording import count, listing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = "The latent codes"
ORDER = 12
SIDE_MARKER = {"inside": ("o", style.INK), "outside": ("o", "white")}
TRAINING_COLOUR = "#c0392b"


def draw(run: Run) -> Figure:
    """Grid codes inside the hull filled, those outside hollow, the training codes as diamonds on the hull's corners."""
    from matplotlib.figure import Figure

    sides = _sides(run)
    with style.context():
        figure = Figure(figsize=(8.6, 3.3), layout="constrained")
        axis = figure.subplots()
        handles: list[Any] = []
        for side, (marker, face) in SIDE_MARKER.items():
            z1, z2 = zip(*sides[side], strict=True) if sides[side] else ((), ())
            handles += axis.plot(
                z1, z2, linestyle="none", marker=marker, markersize=7.5, markerfacecolor=face,
                markeredgecolor=style.INK, markeredgewidth=1.3, label=f"unseen, {side} the hull ({len(z1)})", zorder=3,
            )  # fmt: skip
        handles += axis.plot(
            *zip(*latent.TRAINING_CODES, strict=True), linestyle="none", marker="D", markersize=8.5,
            color=TRAINING_COLOUR, label=f"training ({len(latent.TRAINING_CODES)})", zorder=4,
        )  # fmt: skip
        handles.append(axis.add_patch(_hull()))
        everything = sorted(sides["inside"] | sides["outside"])
        axis.set_xticks(sorted({z1 for z1, _ in everything}))
        axis.set_yticks(sorted({z2 for _, z2 in everything}))
        axis.margins(x=0.08, y=0.14)
        axis.set_xlabel("z1: place of the centre")
        axis.set_ylabel("z2: growth of the radius")
        figure.legend(handles=handles, loc="outside right center", handlelength=1.2, labelspacing=1.0)
    return figure


def _hull() -> Any:
    """The rectangle that the training codes span."""
    from matplotlib.patches import Rectangle

    half_z1, half_z2 = latent.HULL
    return Rectangle(
        (-half_z1, -half_z2), 2 * half_z1, 2 * half_z2, facecolor="none", edgecolor=TRAINING_COLOUR, linewidth=1.4,
        linestyle=(0, (5, 2)), zorder=2, label="their hull",
    )  # fmt: skip


def _sides(run: Run) -> dict[str, set[tuple[float, float]]]:
    """The codes of the grid by their side of the hull."""
    coded = latent.codes(run.per_time).drop_duplicates(["z1", "z2"])
    within = (coded["z1"].abs() <= latent.HULL[0]) & (coded["z2"].abs() <= latent.HULL[1])
    return {
        side: set(coded.loc[within == (side == "inside"), ["z1", "z2"]].itertuples(index=False, name=None))
        for side in latent.SIDES
    }


def caption(run: Run) -> str:
    sides = _sides(run)
    total = sum(len(codes) for codes in sides.values())
    return (
        f"{count(total, 'code')} that the decoder was not trained with, on a grid, and the "
        f"{len(latent.TRAINING_CODES)} training codes with the rectangle that they span, their hull. z1 places the "
        "sphere, whose radius is 1 + z2 t at time t."
    )


def alternative(run: Run) -> str:
    sides = _sides(run)
    z1 = listing([f"{value:g}" for value in sorted({code[0] for side in sides.values() for code in side})])
    z2 = listing([f"{value:g}" for value in sorted({code[1] for side in sides.values() for code in side})])
    return (
        f"Plane of the latent codes: a grid of z1 at {z1} and z2 at {z2}, {len(sides['inside'])} of the codes inside "
        f"the rectangle of the training codes and {len(sides['outside'])} outside."
    )
