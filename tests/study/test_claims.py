"""`python -m study.claims`: the ledger on the command line."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from study.claims import command_line
from tests.analysis.simulated import arm, noise, write

PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STUDY_RESULTS", raising=False)


def bifurcation(results, run="20260101-120000", gain=0.2, **record):
    arms = [arm("none", 0.4 + noise((6, 1, 1), 0.01, 0)), arm("sinkhorn", 0.4 - gain + noise((6, 1, 1), 0.01, 1))]
    arms += [rows.assign(setting="best", trial="b" + rows["trial"], chamfer=0.3) for rows in arms]
    return write(results, "bifurcation", arms, run=run, **{"replication_unit": "seeds"} | record)


def spheres(results):
    four = ("a", "b", "c", "d")
    arms = [
        arm(name, 0.4 + noise((6, 4, 1), 0.01, seed), sequences=four) for seed, name in enumerate(("none", "sinkhorn"))
    ]
    return write(results, "spheres", arms)


def ledger(capfd, *arguments):
    assert command_line([*arguments, "--format", "csv"]) == 0
    return list(csv.DictReader(io.StringIO(capfd.readouterr().out)))


def test_without_a_run_the_newest_finished_run_of_each_study_is_taken(tmp_path, capfd):
    bifurcation(tmp_path / "results", run="20260101-120000", created_ms=1)
    bifurcation(tmp_path / "results", run="20260102-120000", created_ms=2)
    bifurcation(tmp_path / "results", run="20260103-120000", created_ms=3, status="running")
    bifurcation(tmp_path / "results", run="20260104-120000", created_ms=4, dimension=2)
    spheres(tmp_path / "results")
    rows = ledger(capfd)
    assert {(row["study"], row["run"]) for row in rows} == {
        ("bifurcation", "20260102-120000"),
        ("spheres", "20260101-120000"),
    }
    assert command_line([]) == 0
    assert "there is no finished run: bifurcations, cells, latent-generalization" in capfd.readouterr().out


def test_results_lie_where_the_option_or_the_environment_says(tmp_path, capfd, monkeypatch):
    bifurcation(tmp_path / "here")
    spheres(tmp_path / "there")
    monkeypatch.setenv("STUDY_RESULTS", str(tmp_path / "here"))
    assert {row["study"] for row in ledger(capfd)} == {"bifurcation"}
    assert {row["study"] for row in ledger(capfd, "--results", str(tmp_path / "there"))} == {"spheres"}


def test_runs_can_be_named_by_study_and_by_folder_each_once(tmp_path, capfd):
    folder = bifurcation(tmp_path / "results")
    spheres(tmp_path / "results")
    once = ledger(capfd, str(folder))
    assert {row["study"] for row in once} == {"bifurcation"}
    assert ledger(capfd, "bifurcation", str(folder)) == once


def test_the_setting_is_the_published_unless_asked(tmp_path, capfd):
    bifurcation(tmp_path / "results")
    claim = "bifurcation-sparse-sinkhorn-chamfer-middle"
    published = next(row for row in ledger(capfd) if row["id"] == claim)
    best = next(row for row in ledger(capfd, "--setting", "best") if row["id"] == claim)
    assert (published["setting"], published["verdict"]) == ("published", "holds")
    assert (best["setting"], best["verdict"], float(best["effect"])) == ("best", "does not hold", 0.0)


def test_the_table_says_effect_interval_p_and_verdict(tmp_path, capfd):
    bifurcation(tmp_path / "results")
    assert command_line([]) == 0
    out = capfd.readouterr().out
    assert "bifurcation, run 20260101-120000, setting published; n counts seeds" in out
    for heading in ("claim", "effect", "interval", "p (Holm)", "verdict"):
        assert heading in out
    assert "holds" in out
    assert "not tested" in out
    assert "method 'barycenter' was not confirmed" in " ".join(out.split())
    assert max(len(line) for line in out.splitlines()) <= 160


def test_markdown_is_a_table_of_equal_rows(tmp_path, capfd):
    bifurcation(tmp_path / "results", replication_unit="seeds [of] one | sequence")
    assert command_line(["--format", "markdown"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith("**bifurcation, run 20260101-120000, setting published")
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == len(ledger(capfd)) + 2
    assert {row.count("|") for row in rows} == {9}
    (row,) = [row for row in rows if "near the middle, Sinkhorn is better in Chamfer distance" in row]
    assert "| 6 | −0.198 | −0.209 to −0.188 | < 0.001 | < 0.001 | holds |" in row
    assert "| holds |" in row


def test_csv_has_all_digits_and_nothing_else_on_standard_output(tmp_path, capfd):
    bifurcation(tmp_path / "results")
    assert command_line(["--format", "csv"]) == 0
    out, err = capfd.readouterr()
    rows = list(csv.DictReader(io.StringIO(out)))
    assert all(row["verdict"] in ("holds", "does not hold", "undecided", "not tested") for row in rows)
    assert max(len(row["p"]) for row in rows) > 10
    assert "there is no finished run" in err


def test_a_damaged_neighbour_is_noted_and_left_out(tmp_path, capfd):
    bifurcation(tmp_path / "results")
    damaged = tmp_path / "results" / "bifurcation" / "20260105-120000"
    damaged.mkdir()
    (damaged / "study.json").write_text("{")
    assert command_line([]) == 0
    assert "note: left out: the study.json of" in capfd.readouterr().err


def damage(folder):
    (folder / "per_time" / "confirm.parquet").write_bytes(b"no table")


CASES = {
    "no results at all": (["--results", "nowhere"], "there is no finished run of spheres, bifurcation, bifurcations"),
    "no finished run": (["--results", "running"], "there is no finished run of spheres"),
    "unknown study": (["bifurcatoin"], "RUN bifurcatoin: no study 'bifurcatoin' in results"),
    "no such folder": (["results/bifurcation/x"], "RUN results/bifurcation/x: no run folder at"),
    "a run that goes on": (["running/bifurcation/20260101-120000"], "the run is running; wait for it"),
    "a study without claims": (["results/other/20260101-120000"], "no claim is about study 'other'; name a run of"),
    "damaged tables": (["damaged/bifurcation/20260101-120000"], "cannot be read"),
    "no tables": (["empty/bifurcation/20260101-120000"], "has no per_time table"),
    "unknown setting": (["--setting", "worst"], "'worst' is not one of 'published', 'best'"),
    "unknown format": (["--format", "pdf"], "'pdf' is not one of 'table', 'markdown', 'csv'"),
    "unknown option": (["--reslts", "x"], "--reslts"),
    "unknown protocol": (["--results", "nowhere://x"], "--results nowhere://x"),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_input_is_one_sentence(case, tmp_path, capfd):
    arguments, culprit = CASES[case]
    bifurcation(tmp_path / "results")
    bifurcation(tmp_path / "running", status="running")
    damage(bifurcation(tmp_path / "damaged"))
    (bifurcation(tmp_path / "empty") / "per_time" / "confirm.parquet").unlink()
    write(tmp_path / "results", "other", [arm("none", 0.4)])
    assert command_line(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.startswith("error: ")
    assert culprit in err


def test_the_command_needs_neither_torch_nor_ray(tmp_path):
    bifurcation(tmp_path / "results")
    code = (
        "import sys; from study.claims import command_line; status = command_line(['--format', 'csv']); "
        "print(status, sorted({'torch', 'ray', 'mlflow', 'matplotlib'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": str(PROJECT)}
    )
    assert ran.stdout.endswith("0 []\n"), ran.stdout[-300:] + ran.stderr[-300:]


def test_help_shows_examples_and_what_a_verdict_means(capfd):
    assert command_line(["--help"]) == 0
    out = capfd.readouterr().out
    assert "python -m study.claims --setting best" in out
    assert "undecided" in out


def test_a_record_without_words_is_enough(tmp_path, capfd):
    folder = bifurcation(tmp_path / "results")
    (folder / "study.json").write_text(json.dumps({"study": "bifurcation", "status": "finished"}))
    rows = ledger(capfd, str(folder))
    assert {row["unit"] for row in rows} == {"replicates"}
    assert {row["run"] for row in rows} == {"20260101-120000"}
