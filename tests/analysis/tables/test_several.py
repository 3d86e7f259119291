"""Several runs together, types and units of columns, and tables that are kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import fsspec
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import analysis
from analysis.tables import units
from analysis.testing.runs import change

Writer = Callable[..., Path]
SMALL = {"methods": ("none", "sinkhorn"), "replicates": 2}
CATEGORIES = ("study", "run", "trial", "phase", "setting", "method", "supervision")


def test_texts_of_few_values_are_categories_in_alphabetical_order(write_run: Writer) -> None:
    for compacted in (True, False):
        run = analysis.load(write_run(run=f"compacted-{compacted}", compacted=compacted, **SMALL))
        for table, more in ((run.per_time, ("sequence", "role")), (run.trials, ("state",)), (run.curves, ())):
            for name in (*CATEGORIES, *more):
                if name in table:
                    assert isinstance(table[name].dtype, pd.CategoricalDtype), name
                    assert list(table[name].cat.categories) == sorted(set(table[name])), name
    empty = analysis.load(write_run(run="empty", methods=(), status="running"))
    assert isinstance(empty.per_time["method"].dtype, pd.CategoricalDtype)


def test_a_table_knows_the_units_of_its_columns(write_run: Writer) -> None:
    run = analysis.load(write_run(**SMALL))
    known = {"chamfer": "domain units", "hausdorff": "domain units", "dice": "1", "time": "1"}
    assert known.items() <= run.per_time.attrs["units"].items()
    assert run.trials.attrs["units"] == {"seconds": "s", "objective": "domain units"}


@pytest.mark.parametrize("name", ["bands.parquet", "sub/bands.parquet", "memory://kept/bands.parquet"])
def test_parquet_keeps_values_categories_and_units(write_run: Writer, tmp_path: Path, name: str) -> None:
    run = analysis.load(write_run(**SMALL))
    (tmp_path / "sub").mkdir()
    target = name if "://" in name else str(tmp_path / name)
    assert analysis.save(run.per_time, target) == target
    with fsspec.open(target, "rb") as file:
        schema = pq.read_schema(file)
        back = pd.read_parquet(file)
    pd.testing.assert_frame_equal(back, run.per_time)
    assert units.of_schema(schema) == run.per_time.attrs["units"]
    assert json.loads(schema.metadata[b"units"])["chamfer"] == "domain units"
    assert schema.field("hausdorff").metadata[b"unit"] == b"domain units"
    assert schema.field("method").metadata is None or b"unit" not in schema.field("method").metadata


def test_csv_keeps_all_digits(write_run: Writer, tmp_path: Path) -> None:
    table = analysis.compare(analysis.load(write_run(**SMALL)).per_time)
    back = pd.read_csv(analysis.save(table, tmp_path / "comparison.csv"))
    assert list(back) == list(table)
    np.testing.assert_array_equal(back["difference"], table["difference"])
    assert list(back["method"]) == list(table["method"])


def test_another_ending_is_refused_before_anything_is_written(write_run: Writer, tmp_path: Path) -> None:
    run = analysis.load(write_run(**SMALL))
    with pytest.raises(ValueError, match=r"cannot save a table as .*bands\.xlsx: name a file that ends in \.csv or"):
        analysis.save(run.per_time, tmp_path / "bands.xlsx")
    assert not (tmp_path / "bands.xlsx").exists()


def test_every_table_that_is_shown_can_be_kept(whole: analysis.Run, tmp_path: Path) -> None:
    tables = analysis.shown(whole)
    assert {"comparison", "levels", "arms", "parameters", "one_standard_error", "bands"} <= set(tables)
    paths = analysis.save_shown(whole, tmp_path / "tables")
    assert len(paths) == 2 * len(tables)
    for name, table in tables.items():
        assert len(pd.read_csv(tmp_path / "tables" / f"{name}.csv")) == len(table)
        assert len(pd.read_parquet(tmp_path / "tables" / f"{name}.parquet")) == len(table)
    bands = tables["bands"]
    assert set(bands.loc[bands["metric"] == "chamfer", "metric_unit"]) == {"domain units"}


def test_a_run_with_nothing_yet_shows_no_table(write_run: Writer) -> None:
    assert analysis.shown(analysis.load(write_run(methods=(), status="running"))) == {}


def test_several_runs_open_together(write_run: Writer, tmp_path: Path) -> None:
    first = write_run(run="first", **SMALL)
    second = write_run(run="second", study="bifurcations", sequences=("one", "two"), **SMALL)
    runs = analysis.load([first, "bifurcations", str(first)], results=str(tmp_path / "results"))
    assert [run.location for run in runs] == [str(first), str(second)]
    assert len(runs) == 2
    for table in ("per_time", "trials", "curves"):
        joined = getattr(runs, table)
        assert len(joined) == sum(len(getattr(run, table)) for run in runs)
        assert set(joined["run"]) == {"first", "second"}
        assert isinstance(joined["trial"].dtype, pd.CategoricalDtype)
    part = runs.per_time[runs.per_time["run"] == "second"].reset_index(drop=True)
    whole = analysis.load(second).per_time
    pd.testing.assert_frame_equal(part[list(whole)], whole, check_categorical=False)
    assert runs.per_time.attrs["units"]["chamfer"] == "domain units"
    with pytest.raises(ValueError, match="compare one run at a time, not several in one table"):
        analysis.compare(runs.per_time)


def measured(folder: Path, metrics: list[dict[str, str]], **more: object) -> Path:
    """The same run with other metrics, and `more` in its record."""
    change(folder, metrics=metrics, **more)
    file = folder / "per_time" / "confirm.parquet"
    rows = pd.read_parquet(file)
    names = [entry["name"] for entry in metrics]
    kept = rows.drop(columns=[name for name in ("chamfer", "hausdorff", "dice") if name not in names])
    for name in names:
        kept[name] = rows["chamfer"]
    kept.to_parquet(file)
    (folder / "per_time" / "search.parquet").unlink()
    return folder


def test_runs_that_measure_different_things_say_so(write_run: Writer) -> None:
    one = measured(write_run(run="one", **SMALL), [{"name": "chamfer", "unit": "µm"}, {"name": "dice"}])
    two = measured(write_run(run="two", **SMALL), [{"name": "psnr", "unit": "dB"}, {"name": "dice"}])
    three = measured(write_run(run="three", **SMALL), [{"name": "psnr", "unit": "dB"}])
    four = write_run(run="four", **SMALL)
    assert analysis.load([one, two]).shared_metrics() == ["dice"]
    assert analysis.load([one, two]).per_time["psnr"].isna().sum() == len(analysis.load(one).per_time)
    with pytest.raises(
        analysis.MixedMetrics,
        match="no metric in common: bifurcation one has chamfer and dice; bifurcation three has psnr",
    ):
        analysis.load([one, three]).shared_metrics()
    with pytest.raises(
        analysis.MixedMetrics, match="chamfer is in 'µm' in bifurcation one, but in 'domain units' in bifurcation four"
    ):
        _ = analysis.load([one, four]).per_time


@pytest.mark.parametrize("old", [{}, {"surface_distance": "vertices"}], ids=["earlier", "asked for"])
def test_distances_to_vertices_are_not_mixed_with_those_to_surfaces(write_run: Writer, old: dict[str, str]) -> None:
    folders = {}
    for name, way in (("old", old), ("new", {"surface_distance": "triangles"})):
        folders[name] = measured(
            write_run(run=name, **SMALL),
            [
                {"name": "chamfer", "unit": "domain units"},
                {"name": "hausdorff", "unit": "domain units"},
                {"name": "dice"},
            ],
            configuration={"methods": {"none": {"evaluation_grid": 32, **way}}},
        )
    known = analysis.load(folders["old"]).per_time.attrs["units"]
    assert known["chamfer"] == known["hausdorff"] == "domain units, to vertices"
    assert known["dice"] == "1"
    assert analysis.load(folders["new"]).per_time.attrs["units"]["chamfer"] == "domain units"
    assert len(analysis.load([folders["old"], folders["old"]]).per_time)
    with pytest.raises(
        analysis.MixedMetrics, match="chamfer is in 'domain units, to vertices' in bifurcation old, but"
    ):
        _ = analysis.load([folders["old"], folders["new"]]).per_time


def test_no_run_at_all_is_a_sentence() -> None:
    with pytest.raises(analysis.LoadError, match="no run was given"):
        analysis.load([])
    with pytest.raises(analysis.LoadError, match="nothing there"):
        analysis.load(["./nowhere", "./nothing"])


def test_a_parameter_that_is_now_a_number_now_a_text_is_read(write_run: Writer) -> None:
    folder = write_run(compacted=False, status="running", **SMALL)
    for place, file in enumerate(sorted((folder / "trials").glob("*.json"))):
        row = json.loads(file.read_text()) | {"param.norm": "squared" if place % 2 else 2}
        file.write_text(json.dumps(row))
    assert set(analysis.load(folder).trials["param.norm"]) == {2, "squared"}
