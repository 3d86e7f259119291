"""Opening runs: by study name, by folder, by URI; finished, running, and wrong."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import analysis
from analysis.tables import settings

Writer = Callable[..., Path]
SMALL = {"methods": ("none", "sinkhorn"), "replicates": 2}


def test_a_study_name_opens_its_newest_finished_run(write_run: Writer, tmp_path: Path) -> None:
    write_run(run="b-old", **SMALL, created_ms=1000)
    newest = write_run(run="a-new", **SMALL, created_ms=2000)
    write_run(run="c-running", **SMALL, created_ms=3000, status="running")
    run = analysis.load("bifurcation", results=str(tmp_path / "results"))
    assert run.location == str(newest)
    assert (run.study, run.name, run.status, run.finished) == ("bifurcation", "a-new", "finished", True)


def test_a_runs_name_opens_it_whatever_its_study(write_run: Writer, tmp_path: Path) -> None:
    write_run(run="b-new", **SMALL, created_ms=2000)
    older = write_run(run="a-old", **SMALL, created_ms=1000, status="unfinished")
    found = analysis.load("a-old", str(tmp_path / "results"))
    assert (found.name, found.location) == ("a-old", str(older))
    with pytest.raises(analysis.LoadError, match="no study 'c-none' in"):
        analysis.load("c-none", str(tmp_path / "results"))


def test_results_are_found_in_the_working_directory(
    write_run: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(run="here", **SMALL)
    monkeypatch.delenv("STUDY_RESULTS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert analysis.load("bifurcation").name == "here"


def test_results_are_found_where_the_environment_says(
    write_run: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(run="there", **SMALL)
    monkeypatch.setenv("STUDY_RESULTS", str(tmp_path / "results"))
    assert analysis.load("bifurcation").name == "there"


def test_a_run_on_another_filesystem_reads_the_same(write_run: Writer) -> None:
    local = write_run(**SMALL)
    remote = fsspec.filesystem("memory")
    remote.put(str(local), "/analysis-test/run", recursive=True)
    try:
        run = analysis.load("memory://analysis-test/run")
        assert run.location.startswith("memory://")
        pd.testing.assert_frame_equal(run.per_time, analysis.load(local).per_time)
        pd.testing.assert_frame_equal(run.trials, analysis.load(local).trials)
    finally:
        remote.rm("/analysis-test", recursive=True)


def test_a_running_run_opens_from_the_files_of_its_trials(write_run: Writer) -> None:
    run = analysis.load(write_run(status="running", compacted=False, **SMALL))
    whole = analysis.load(write_run(run="compacted", **SMALL))
    assert run.status == "running"
    assert not run.finished
    assert len(run.trials) == len(whole.trials) > 0
    assert len(run.per_time) == len(whole.per_time) > 0
    assert len(run.curves) == len(whole.curves) > 0
    assert run.per_time["time_index"].dtype == whole.per_time["time_index"].dtype
    assert run.trials["objective"].dtype == "float64"


def test_a_run_that_has_written_nothing_yet_has_empty_tables_with_their_columns(write_run: Writer) -> None:
    run = analysis.load(write_run(methods=(), status="running"))
    assert len(run.trials) == len(run.per_time) == len(run.curves) == 0
    assert {"trial", "method", "state", "objective"} <= set(run.trials)
    assert {"trial", "method", "role", "time"} <= set(run.per_time)


def test_rows_written_twice_count_once_and_the_file_of_the_trial_wins(write_run: Writer) -> None:
    folder = write_run(**SMALL)
    before = analysis.load(folder).per_time
    trial = "confirm-none-sparse-best"
    again = before[before["trial"] == trial].assign(chamfer=9.0)
    again.to_parquet(folder / "per_time" / f"{trial}.parquet")
    after = analysis.load(folder).per_time
    assert len(after) == len(before)
    assert (after.loc[after["trial"] == trial, "chamfer"] == 9.0).all()
    assert (after.loc[after["trial"] != trial, "chamfer"] < 9.0).all()


def test_tables_are_read_once(write_run: Writer) -> None:
    run = analysis.load(write_run(**SMALL))
    assert run.per_time is run.per_time
    assert run.trials is run.trials


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nosuch", "no study 'nosuch'.*bifurcation"),
        ("./nowhere", "nothing there"),
        ("nosuchprotocol://a/b", "cannot reach"),
        ("", "empty name"),
    ],
)
def test_what_is_not_there_gets_one_sentence(
    write_run: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sentence: str
) -> None:
    write_run(**SMALL)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(analysis.LoadError, match=sentence) as caught:
        analysis.load(name)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(analysis.LoadError, match=r"is no run folder: it has no study\.json"):
        analysis.load(tmp_path)


def test_a_folder_of_runs_names_one_of_them(write_run: Writer) -> None:
    folder = write_run(run="one", **SMALL)
    with pytest.raises(analysis.LoadError, match=r"give one of them.*one"):
        analysis.load(folder.parent)


def test_a_study_without_a_finished_run_names_the_newest_one(write_run: Writer, tmp_path: Path) -> None:
    write_run(run="first", **SMALL, status="unfinished", created_ms=1)
    write_run(run="second", **SMALL, status="running", created_ms=2)
    with pytest.raises(analysis.LoadError, match=r"no finished run.*second"):
        analysis.load("bifurcation", results=str(tmp_path / "results"))


def test_a_broken_record_is_named_and_does_not_hide_the_others(write_run: Writer, tmp_path: Path) -> None:
    broken = write_run(run="broken", **SMALL)
    (broken / "study.json").write_text("{")
    write_run(run="whole", **SMALL)
    with pytest.raises(analysis.LoadError, match="not readable as JSON"):
        analysis.load(broken)
    with pytest.warns(UserWarning, match="broken"):
        assert analysis.load("bifurcation", results=str(tmp_path / "results")).name == "whole"


OPEN = """
import sys, warnings
import pandas, scipy.stats, matplotlib.figure, pyarrow.parquet
import analysis

def refuse(event, arguments):
    if event == "pickle.find_class" or event in ("os.system", "subprocess.Popen"):
        raise AssertionError(f"{event} {arguments}")

sys.addaudithook(refuse)
run = analysis.load(sys.argv[1])
assert min(len(run.trials), len(run.per_time), len(run.curves)) > 0
run.surfaces
analysis.iqr_bands(run.per_time, metric="chamfer")
analysis.compare(run.per_time, metric="chamfer", baseline="none")
print("opened", len(analysis.render(run)))
"""


class Bomb:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple:
        return Path.touch, (self.canary,)


def test_a_run_folder_from_elsewhere_opens_without_any_pickle(write_run: Writer, tmp_path: Path) -> None:
    """With a pickle wherever one may lie: beside the tables, and in them, as Arrow's types once brought them along."""
    folder, canary = write_run(**SMALL), tmp_path / "canary"
    bomb = pickle.dumps(Bomb(canary))
    pickle.loads(bomb)
    assert canary.exists()
    canary.unlink()
    for name in ("models/confirm-none-sparse-best.pt", "checkpoints/search-none-sparse-0001.pt", "trials.pkl"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(bomb)
    extension = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": bomb}
    tables = [folder / "trials.parquet", *folder.glob("*/*.parquet")]
    for file in tables:
        table = pq.read_table(file)
        fields = [field.with_metadata(extension) for field in table.schema]
        pq.write_table(pa.Table.from_arrays(table.columns, schema=pa.schema(fields, table.schema.metadata)), file)
    assert len(tables) > 2
    opened = subprocess.run(
        [sys.executable, "-c", OPEN, str(folder)], cwd=Path(__file__).parents[3], capture_output=True, text=True
    )
    assert opened.returncode == 0, opened.stderr
    assert opened.stdout.startswith("opened")
    assert not canary.exists()


def test_the_record_is_the_file_as_it_stands(write_run: Writer) -> None:
    folder = write_run(**SMALL)
    assert analysis.load(folder).record == json.loads((folder / "study.json").read_text())


def test_a_run_begun_by_0_1_0_and_resumed_has_one_name_for_the_published_setting() -> None:
    mixed = pd.Series(["document", "best", "published", "search"], dtype="category")
    assert settings.renamed(mixed).tolist() == ["published", "best", "published", "search"]
    assert settings.renamed(mixed[:2].cat.remove_unused_categories()).tolist() == ["published", "best"]
