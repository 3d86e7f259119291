"""`python -m study.compare`: runs side by side on the command line."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import analysis
from study.compare import command_line
from tests.analysis.simulated import arm, noise, write


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STUDY_RESULTS", raising=False)


METRICS = [{"name": name, "unit": "domain units"} for name in ("chamfer", "hausdorff")]
METRICS.append({"name": "dice", "unit": "", "better": "higher"})


def study(name, gain=0.2, run="20260101-120000", replicates=6, metrics=METRICS, **record):
    place = {"setting": "best", "replicates": replicates}
    arms = [
        arm("none", 0.4 + noise((replicates, 1, 1), 0.01, 0), **place),
        arm("sinkhorn", 0.4 - gain + noise((replicates, 1, 1), 0.01, 1), **place),
    ]
    known = {"replication_unit": "seeds", "metrics": metrics}
    return write(Path("results"), name, arms, run=run, **(known | record))


def saved(*arguments):
    assert command_line([*arguments, "--save", "table.csv"]) == 0
    return pd.read_csv("table.csv")


def test_runs_stand_beside_each_other(capfd):
    study("bifurcation")
    study("spheres", gain=0.0)
    assert command_line(["bifurcation", "spheres"]) == 0
    out = capfd.readouterr().out
    assert "bifurcation" in out.splitlines()[2]
    assert "spheres" in out.splitlines()[2]
    lines = [line for line in out.splitlines() if "sinkhorn" in line]
    assert len(lines) == 3
    assert all(line.index("better") < line.index("no difference shown") for line in lines)
    assert out.count("n = 6, seeds") == 2 * 3
    assert max(len(line) for line in out.splitlines()) <= 160


def test_costs_are_training_seconds_over_those_of_the_baseline(capfd):
    for name, factor in (("bifurcation", 2.5), ("spheres", 4.0)):
        place = {"phase": "confirm", "setting": "best", "supervision": "sparse", "state": "complete"}
        seconds = {"none": [10.0, 30.0], "sinkhorn": [20.0 * factor]}
        rows = [
            place | {"trial": f"{method}-{each}", "method": method, "seconds": each}
            for method, several in seconds.items()
            for each in several
        ]
        pd.DataFrame(rows).to_parquet(study(name) / "trials.parquet")
    table = saved("bifurcation", "spheres")
    assert table[table["study"] == "bifurcation"]["cost"].unique() == pytest.approx([2.5])
    assert table[table["study"] == "spheres"]["cost"].unique() == pytest.approx([4.0])
    assert "2.5 × the time" in capfd.readouterr().out


def test_numbers_are_those_of_each_runs_own_comparison():
    folders = [study("bifurcation"), study("spheres", gain=0.01)]
    table = saved("bifurcation", "spheres")
    for folder in folders:
        alone = analysis.compare(analysis.load(folder).per_time, ["chamfer", "hausdorff", "dice"], primary="chamfer")
        mine = table[table["study"] == folder.parent.name].set_index("metric")
        for row in alone.to_dict("records"):
            found = mine.loc[row["metric"]]
            for name in ("difference", "low", "high", "p_holm", "exact_low", "exact_high"):
                assert found[name] == pytest.approx(row[name])
            assert found["verdict"] == row["verdict"]
    assert list(table["study"])[:2] == ["bifurcation", "spheres"]
    assert set(table["unit"]) == {"seeds"}


def test_metric_setting_window_and_margin_are_passed_on():
    study("bifurcation", gain=0.001)
    study("spheres")
    table = saved("bifurcation", "spheres", "--metric", "dice", "--window", "0.4", "0.6", "--margin", "0.05")
    assert set(table["metric"]) == {"dice"}
    assert list(table["verdict"]) == ["equivalent", "better"]
    assert np.allclose(table["margin"], 0.05)


def test_parquet_is_kept_too():
    study("bifurcation")
    study("spheres")
    assert command_line(["bifurcation", "spheres", "--save", "table.parquet"]) == 0
    assert len(pd.read_parquet("table.parquet")) == 6


def test_a_run_that_goes_on_and_one_with_few_replicates_are_shown_as_they_are(capfd):
    going = study("bifurcation", status="running")
    study("spheres", replicates=1)
    assert command_line([str(going), "spheres"]) == 0
    out = capfd.readouterr().out
    assert "(running)" in out
    assert "cannot tell (n = 1, 6 needed)" in out


def test_what_only_some_runs_measure_is_left_out_and_named(capfd):
    study("bifurcation")
    study("spheres", metrics=METRICS[:1])
    assert command_line(["bifurcation", "spheres"]) == 0
    out, err = capfd.readouterr()
    assert "chamfer" in out
    assert "dice" not in out
    assert err == "note: left out, because not all of these runs have it: hausdorff, dice\n"


def test_a_run_without_anything_confirmed_is_named_and_left_out(capfd):
    study("bifurcation")
    study("spheres")
    folder = study("cells", status="running")
    rows = pd.read_parquet(folder / "per_time" / "confirm.parquet").assign(phase="search", setting="search")
    rows[rows["role"] != "test"].to_parquet(folder / "per_time" / "confirm.parquet")
    assert command_line(["bifurcation", "spheres", str(folder)]) == 0
    assert "note: cells 20260101-120000 (running) is left out: no rows with phase 'confirm'" in capfd.readouterr().err


def test_all_trials_failed_is_said(capfd):
    study("bifurcation")
    folder = study("spheres")
    (folder / "per_time" / "confirm.parquet").unlink()
    (folder / "trials").mkdir()
    row = {"trial": "search-none-sparse-0000", "phase": "search", "state": "failed", "method": "none"}
    (folder / "trials" / "search-none-sparse-0000.json").write_text(json.dumps(row | {"supervision": "sparse"}))
    assert command_line(["bifurcation", "spheres"]) == 0
    assert "is left out: all 1 trials failed" in capfd.readouterr().err


CASES = {
    "no run": ([], "no RUN was given: name two or more"),
    "one run": (["bifurcation"], "RUN bifurcation alone was given: name two or more"),
    "the same run twice": (["bifurcation", "results/bifurcation/20260101-120000"], "are one and the same run"),
    "unknown study": (["bifurcation", "sphere"], "RUN sphere: no study 'sphere' in results"),
    "a folder that is no run": (["bifurcation", "./empty"], "RUN ./empty: ./empty is no run folder"),
    "damaged tables": (["bifurcation", "results/damaged/20260101-120000"], "its tables cannot be read"),
    "no common metric": (["bifurcation", "mixed"], "these runs have no metric in common"),
    "two units": (["bifurcation", "micrometres"], "chamfer is in 'domain units' in bifurcation"),
    "unknown metric": (["bifurcation", "spheres", "--metric", "psnr"], "--metric psnr: not all of these runs have it"),
    "a window without times": (["bifurcation", "spheres", "--window", "2", "3"], "none of these runs has confirmed"),
    "a window backwards": (["bifurcation", "spheres", "--window", "1", "0"], "--window: a window goes from an earlier"),
    "a margin that is none": (["bifurcation", "spheres", "--margin", "-1"], "--margin: the margin must be a positive"),
    "no table format": (["bifurcation", "spheres", "--save", "x.xlsx"], "--save x.xlsx: name a file that ends in"),
    "no place to save": (["bifurcation", "spheres", "--save", "file/x.csv"], "--save file/x.csv: "),
    "unknown setting": (["bifurcation", "spheres", "--setting", "worst"], "'worst' is not one of"),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_input_is_one_sentence(case, tmp_path, capfd):
    arguments, culprit = CASES[case]
    study("bifurcation")
    study("spheres")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (study("damaged") / "per_time" / "confirm.parquet").write_bytes(b"no table")
    mixed = study("mixed", metrics=[{"name": "psnr", "unit": "dB"}])
    file = mixed / "per_time" / "confirm.parquet"
    rows = pd.read_parquet(file)
    rows.drop(columns=["hausdorff", "dice"]).rename(columns={"chamfer": "psnr"}).to_parquet(file)
    study("micrometres", metrics=[{"name": "chamfer", "unit": "µm"}])
    before = sorted(tmp_path.rglob("*"))
    assert command_line(arguments) == 2
    out, err = capfd.readouterr()
    (error,) = [line for line in err.splitlines() if not line.startswith("note: ")]
    assert error.startswith("error: ")
    assert culprit in error
    assert out == "" or case == "no place to save"
    assert sorted(tmp_path.rglob("*")) == before


def test_help_has_examples(capfd):
    assert command_line(["--help"]) == 0
    out = capfd.readouterr().out
    assert "python -m study.compare bifurcation bifurcations" in out
    assert "--window" in out
