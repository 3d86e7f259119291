"""Shapes over time, in the manner of Martens 2025, figure 4.3: the ground truth on top, then a row per method; frames
that the model was shown in another colour. In space rendered surfaces, in the plane outlines over the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.drawing import blocks as _blocks
from analysis.drawing import small, style
from analysis.drawing.drawn import drawn, left_out
from analysis.drawing.looks import Look, Window, look
from analysis.drawing.rendering import Mesh
from analysis.tables import lengths, order, record
from analysis.tables.selection import NotApplicable
from analysis.wording import listing, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables.run import Run

TITLE = look(3).title
ORDER = 25
SECTION = "surfaces"
SETTING = "best"
WHAT = TITLE
SCORED = True
SHOWN_WORDS = "dark: the ground truth was shown to the methods at this time"
TRUTH = "ground truth"
DIVIDED = " ÷"
"""Marks times after the division."""
TIMES = 9
"""The most columns; more times are thinned evenly."""
WIDTH = 11.0
"""Inches of a page."""

Key = tuple[str, str, float]
"""Supervision, row (method or ground truth), time."""


def variants(run: Run) -> dict[str, str]:
    """One for each sequence, where surfaces of several were kept."""
    names = sequences(run)
    return {name: name for name in names} if len(names) > 1 else {}


def title(run: Run) -> str:
    """By the dimension of its shapes."""
    return _look(run).title


def _look(run: Run) -> Look:
    return look(record.dimension(run))


def sequences(run: Run) -> list[str]:
    """Those of which surfaces were kept; raises NotApplicable where a run keeps none."""
    return [str(name) for name in dict.fromkeys(_kept(run)["sequence"])]


def division(run: Run, sequence: str) -> float | None:
    """The time at which one shape of a sequence first becomes two, where its rows say so."""
    if "division_time" not in run.per_time:
        return None
    rows = run.per_time.loc[run.per_time["sequence"] == sequence, "division_time"].dropna()
    return float(rows.iloc[0]) if len(rows) else None


def _titles(run: Run, table: pd.DataFrame, times: Sequence[float]) -> list[str]:
    """``t = 0.25``, with a mark from the division on."""
    divided = division(run, str(table["sequence"].iloc[0]))
    return [f"t = {time:.3g}" + (DIVIDED if divided is not None and time >= divided else "") for time in times]


def draw(run: Run, sequence: str | None = None, supervision: str | None = None) -> Figure:
    """One block of rows per supervision (or the one named) of one sequence (the first unless named).

    Raises ``ValueError`` for a sequence or supervision that has no surfaces,
    :class:`analysis.tables.selection.NotApplicable` where a run keeps none at all.
    """
    table = _few(run, chosen(run, sequence, supervision))
    look = _look(run)
    meshes, shown = meshes_of(table, look), shown_times(table)
    supervisions = order.ordered(table["supervision"], record.supervisions(run))
    blocks = [(name, row_names(run, meshes, name)) for name in supervisions]
    times = order.spread(sorted({time for _, _, time in meshes}), TIMES)
    window = _window(look, [mesh for key, mesh in meshes.items() if key[2] in times])
    with style.context():
        start = 1.42
        width = min(1.7, (WIDTH - start) / len(times) - 0.12)
        height = width * (window[3] - window[2]) / (window[1] - window[0])
        page = _blocks.Page(
            blocks=[(f"{name} supervision", rows) for name, rows in blocks],
            columns=_titles(run, table, times), width=width, height=height, left=start, gap=0.12, above=0.4,
        )  # fmt: skip
        figure = page.figure()
        for block, (name, rows) in enumerate(blocks):
            for row, method in enumerate(rows):
                for column, time in enumerate(times):
                    mesh = meshes.get((name, method, time))
                    if mesh is not None:
                        axis = page.panel(figure, block, row, column)
                        axis.set_label(f"{name}/{method}/{time:g}")
                        truth = None if method == TRUTH else meshes.get((name, TRUTH, time))
                        look.panel(axis, mesh, truth, time in shown[name], window, (width, height))
        figure.legend(handles=look.handles(), loc="upper left", bbox_to_anchor=(0.0, 1.0), ncols=3, handlelength=1.2)
    return figure


def present(run: Run, supervision: str | None) -> set[str]:
    """The methods that have kept surfaces under a supervision, or any; raises NotApplicable where a run keeps none."""
    table = chosen(run)
    return set(table.loc[(table["supervision"] == supervision) | (supervision is None), "method"].astype(str))


def beside(run: Run, supervision: str, methods: Mapping[str, str]) -> Figure:
    """The ground truth and some methods, with what they are called, at a few times, small; below each the answer's
    metric of what is drawn."""
    table = chosen(run, supervision=supervision)
    look = _look(run)
    meshes, shown = meshes_of(table, look), shown_times(table)[supervision]
    rows = [TRUTH, *methods]
    times = order.spread(sorted({time for _, name, time in meshes if name in rows}), small.COLUMNS)
    window = look.extent([mesh for (_, name, time), mesh in meshes.items() if name in rows])
    scores = _scores(run, table)
    with style.context():
        page = small.Small(
            rows=[TRUTH, *methods.values()], columns=_titles(run, table, times),
            aspect=(window[3] - window[2]) / (window[1] - window[0]), legend=look.handles(),
        )  # fmt: skip
        figure = page.figure()
        for row, name in enumerate(rows):
            for column, time in enumerate(times):
                mesh = meshes.get((supervision, name, time))
                if mesh is not None:
                    axis = page.panel(figure, row, column, scores.get((name, time), ""))
                    truth = None if name == TRUTH else meshes.get((supervision, TRUTH, time))
                    look.panel(axis, mesh, truth, time in shown, window, page.panel_size)
    return figure


def _scores(run: Run, table: pd.DataFrame) -> dict[tuple[str, float], str]:
    """(method, time) → the answer's metric of the surfaces of :func:`chosen`."""
    run = lengths.measured(run)
    metric = record.objective(run)
    address = ["trial", "replicate", "sequence", "time"]
    rows = run.per_time.assign(time=run.per_time["time"].round(6))
    if metric.name not in rows:
        return {}
    drawn_ones = table.loc[table["kind"] != "true", [*address, "method"]].astype({"trial": str, "sequence": str})
    rows = rows[[*address, metric.name]].astype({"trial": str, "sequence": str})
    found = drawn_ones.merge(rows, on=address).dropna(subset=[metric.name])
    return {(str(row["method"]), float(row["time"])): number(row[metric.name], 2) for row in found.to_dict("records")}


def chosen(run: Run, sequence: str | None = None, supervision: str | None = None) -> pd.DataFrame:
    """The surfaces to draw, of one sequence (the first unless named) and one replicate per trial, with their method and
    supervision. Raises as :func:`draw` does."""
    table = _kept(run)
    table = _only(table, "sequence", sequence or str(table["sequence"].iloc[0]))
    if supervision is not None:
        table = _only(table, "supervision", supervision)
    first = table.groupby("trial")["replicate"].transform("min")
    return table[table["replicate"] == first].assign(time=table["time"].round(6))


def _kept(run: Run) -> pd.DataFrame:
    """All surfaces with their method and supervision; NotApplicable where there are none."""
    trials = run.trials[(run.trials["phase"] == "confirm") & (run.trials["setting"] == SETTING)]
    table = run.surfaces.merge(trials[["trial", "method", "supervision"]], on="trial")
    if record.timeless(run):
        raise NotApplicable("this study has no time axis")
    table = table[table["vertices"].notna()]
    if table.empty:
        raise NotApplicable("this run has kept no surfaces")
    return table


def _few(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of methods that are drawn."""
    return table[table["method"].isin(drawn(run, table["method"]))]


def _only(table: pd.DataFrame, column: str, value: str) -> pd.DataFrame:
    known = list(dict.fromkeys(table[column]))
    if value not in known:
        raise ValueError(f"there are no surfaces of {column} '{value}', only of {listing(known)}")
    return table[table[column] == value]


def meshes_of(table: pd.DataFrame, look: Look) -> dict[Key, Mesh]:
    """The surfaces, or outlines, of :func:`chosen`."""
    found: dict[Key, Mesh] = {}
    for row in table.itertuples():
        name = TRUTH if row.kind == "true" else str(row.method)
        vertices, faces = np.asarray(row.vertices, dtype="float32"), np.asarray(row.faces, dtype="int64")
        key = (str(row.supervision), name, float(row.time))  # type: ignore[arg-type]
        found.setdefault(key, look.mesh(vertices, faces))
    return found


def shown_times(table: pd.DataFrame) -> dict[str, set[float]]:
    """Supervision → the times at which the model was shown the ground truth."""
    train = table[table["role"] == "train"]
    return {
        str(name): set(train.loc[train["supervision"] == name, "time"]) for name in table["supervision"].unique()
    }  # fmt: skip


def row_names(run: Run, meshes: Mapping[Key, Mesh], supervision: str) -> list[str]:
    """The ground truth and the methods that have surfaces, in display order."""
    present = {name for where, name, _ in meshes if where == supervision}
    return order.ordered(present, [TRUTH, *record.methods(run)])


def _window(look: Look, meshes: Sequence[Mesh]) -> Window:
    """What holds the meshes, and a margin."""
    left, right, lower, upper = look.extent(meshes)
    margin = 0.03 * (right - left)
    return left - margin, right + margin, lower - margin, upper + margin


def caption(run: Run, sequence: str | None = None) -> str:
    table = chosen(run, sequence)
    divides, look = division(run, str(table["sequence"].iloc[0])) is not None, _look(run)
    return (
        f"{look.what} of sequence '{table['sequence'].iloc[0]}': ground truth on top, then one row per method at "
        "its best configuration, of one replicate, the median one by the objective. Blue: times at which the ground "
        "truth was shown to the model. "
        f"{look.same}"
        f"{' ÷: after the division.' if divides else ''}{left_out(run, table['method'])}"
    )


def alternative(run: Run, sequence: str | None = None) -> str:
    table, look = _few(run, chosen(run, sequence)), _look(run)
    meshes = meshes_of(table, look)
    rows = order.ordered({name for _, name, _ in meshes}, [TRUTH, *record.methods(run)])
    times = sorted({time for _, _, time in meshes})
    supervisions = order.ordered(table["supervision"], record.supervisions(run))
    text = (
        f"{look.pictures} of sequence '{table['sequence'].iloc[0]}' at {len(times)} times from {times[0]:g} to "
        f"{times[-1]:g}, one row each for {listing(rows)}, under {listing(supervisions)} "
        "supervision."
    )
    empty = [f"{name}, {where}, t = {time:g}" for (where, name, time), mesh in meshes.items() if mesh.empty]
    return f"{text} No surface: {'; '.join(empty)}." if empty else text
