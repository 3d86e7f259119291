"""Distances of recordings in their own unit: each by the scale of its own file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import analysis
from analysis.pages.by_sequence import by_sequence
from analysis.tables import lengths, record
from analysis.words.facts import gather
from tests.analysis.simulated import arm, write
from trainables.shapes.prepared import Prepared

CELLS = ("cell-1", "cell-2")
LEVELS = {"none": (0.4, 0.2), "sinkhorn": (0.2, 0.1)}
"""Method → its error on each cell, in domain units."""
METRICS = [
    {"name": "chamfer", "label": "Chamfer distance", "unit": "domain units", "better": "lower"},
    {"name": "dice", "label": "Dice score", "unit": "", "better": "higher"},
]


def prepared(label: str, domain_unit: float, voxel: float, division: float | None = None) -> Prepared:
    """A recording of which a domain unit is ``domain_unit`` of its unit."""
    affine = np.diag([1.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]] * domain_unit / voxel
    affine[3, 3] = 1.0
    return Prepared(
        sdf=np.zeros((2, 3, 3, 3), dtype="float32"), times=np.array([0.0, 1.0]), frames=np.array([0, 1]), affine=affine,
        source_shape=np.array([9, 9, 9]), voxel=np.full(3, voxel),
        metadata={"label": label, "unit": "µm", "division": division},
    )  # fmt: skip


def recorded(results: Path, voxel: float = 0.2, kept: tuple[str, ...] = CELLS) -> analysis.Run:
    """Two cells, of which a domain unit is 5 and 10 µm; the second divides at 0.5."""
    rows = []
    for method, errors in LEVELS.items():
        for cell, error in zip(CELLS, errors, strict=True):
            table = arm(method, error, setting="best").assign(sequence=cell, dice=0.9)
            rows.append(table.assign(division_time=0.5 if cell == "cell-2" else np.nan))
    sequences = [{"name": "sampled", "file": f"data/{cell}.npz", "title": cell} for cell in CELLS]
    folder = write(
        results, "cells", rows, metrics=METRICS, methods=list(LEVELS), supervisions=["sparse"],
        objective={"metric": "chamfer"}, configuration={"methods": {name: {"sequences": sequences} for name in LEVELS}},
    )  # fmt: skip
    (folder / "data").mkdir()
    for cell, unit in zip(CELLS, (5.0, 10.0), strict=True):
        if cell in kept:
            (folder / "data" / f"{cell}.npz").write_bytes(prepared(cell, unit, voxel).to_bytes())
    return analysis.load(folder)


def test_a_scale_is_that_of_the_recordings_file(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    assert {cell: scale.unit for cell, scale in lengths.scales(run).items()} == dict.fromkeys(CELLS, "µm")
    for cell in CELLS:
        file = Prepared.from_bytes((Path(run.location) / "data" / f"{cell}.npz").read_bytes())
        assert lengths.scales(run)[cell].length == pytest.approx(1 / file.units_per_length)


def test_distances_of_every_cell_are_turned_by_its_own_scale_and_scores_are_not(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    found = lengths.measured(run)
    table = found.per_time[found.per_time["method"] == "none"].groupby("sequence", observed=True)[["chamfer", "dice"]]
    assert table.mean()["chamfer"].tolist() == pytest.approx([0.4 * 5, 0.2 * 10])
    assert table.mean()["dice"].tolist() == pytest.approx([0.9, 0.9])
    assert [metric.unit for metric in record.metrics(found)] == ["µm", ""]
    assert found.per_time.attrs["units"]["chamfer"] == "µm"
    assert run.per_time["chamfer"].max() == pytest.approx(0.4), "what was opened stays as it is on disk"
    assert lengths.measured(found) is found


def test_the_answer_is_in_micrometres(tmp_path: Path) -> None:
    facts = gather(recorded(tmp_path))
    assert facts.metric.axis == "Chamfer distance (µm)"
    assert facts.level("sinkhorn", "sparse") == pytest.approx((0.2 * 5 + 0.1 * 10) / 2)
    html = analysis.render(facts.run, [])
    assert "mean Chamfer distance (µm)" in html
    assert "Chamfer distance (domain units) on validation" in html, "the search ranked in domain units"


def test_every_recording_has_a_column_with_its_scale_and_its_division(tmp_path: Path) -> None:
    (table,) = by_sequence(gather(recorded(tmp_path)))
    assert [(one["name"], one["scale"], one["division"]) for one in table["sequences"]] == [
        ("cell-1", "1 domain unit is 5.00 µm", ""), ("cell-2", "1 domain unit is 10.0 µm", "divides at t = 0.5")
    ]  # fmt: skip
    assert {row["method"]: row["numbers"] for row in table["rows"]} == {
        "sinkhorn": ["1.00", "1.00"], "none": ["2.00", "2.00"]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kept", "content"), [(("cell-1",), None), ((), None), (CELLS, b"no archive")], ids=["one", "none", "damaged"]
)
def test_without_the_scale_of_every_cell_domain_units_stay(
    tmp_path: Path, kept: tuple[str, ...], content: bytes | None
) -> None:
    run = recorded(tmp_path, kept=kept)
    if content is not None:
        (Path(run.location) / "data" / "cell-2.npz").write_bytes(content)
    assert lengths.measured(run) is run
    assert by_sequence(gather(run)) == []


def test_where_nobody_said_how_large_a_voxel_is_lengths_are_in_voxels(tmp_path: Path) -> None:
    assert {scale.unit for scale in lengths.scales(recorded(tmp_path, voxel=1.0)).values()} == {"voxels"}


def test_sequences_that_are_no_recordings_are_left_alone(run_of: Callable[..., analysis.Run]) -> None:
    run = run_of(methods=("none", "sinkhorn"))
    assert lengths.scales(run) == {}
    assert lengths.measured(run) is run
