"""`study.api.run`: in a notebook and in a script, as the command does it, with exceptions in place of exit codes."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import analysis
from study import api
from study.running.options import PARAMETERS, of_values
from tests.study.filling.recordings import moving, write
from tests.study.sleeping_runs import ROOT, finish, run_folder, start, trace

NOTEBOOK = Path(__file__).with_name("study.ipynb")
OWN = ("RAY_ADDRESS", "STUDY_RESULTS", "MLFLOW_TRACKING_URI")


def environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in OWN}
    places = {"STUDY_STATE": str(folder / "state"), "STUDY_CACHE": str(folder / "cache")}
    return kept | places | {"PYTHONPATH": str(ROOT), "SLEEPING_TRACE": str(folder / "trace")}


def script(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """A program of a user's, with the sleeping study in the catalog."""
    catalog = Path(__file__).parent / "catalog"
    begin = f"from study import catalog; catalog.__path__.append({str(catalog)!r}); from study.api import *\n"
    command = [sys.executable, "-c", begin + code]
    return subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=400, check=False
    )


def executed(read: Any, folder: Path, variables: dict[str, str]) -> None:
    """Run a notebook by a kernel of its own, which is this Python."""
    for needed in ("nbclient", "ipykernel"):
        pytest.importorskip(needed, reason=f"{needed} is not installed (pip install '.[test]')")
    from jupyter_client import KernelManager
    from nbclient import NotebookClient

    client = NotebookClient(read, timeout=400, resources={"metadata": {"path": str(folder)}})
    client.km = KernelManager()
    client.km.kernel_spec.argv[0] = sys.executable
    client.execute(env=variables)


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook beside this file, run."""
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed (pip install '.[test]')")
    folder = tmp_path_factory.mktemp("notebook")
    read = nbformat.read(NOTEBOOK, as_version=4)
    executed(read, folder, environment(folder))
    return read


def said(cell: Any) -> str:
    outputs = cell.outputs
    return "\n".join(output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in outputs)


def test_a_notebook_runs_a_study_and_extends_it(notebook: Any) -> None:
    first, second = notebook.cells
    assert "confirm-none-dense-published" in said(first)
    assert "search: 2 of 2 trials" in said(first)
    assert "confirm: 2 of 2 trials" in said(first)
    assert "run(): trials is 'four': it must be a whole number" in said(second)
    assert "study.api.run('bifurcation', preset='smoke', trials=1, methods=['none', 'linear-blend']" in said(second)
    assert "True)" in said(second)


def test_in_a_notebook_a_line_of_progress_takes_the_place_of_the_one_before() -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed (pip install '.[test]')")
    code = "from study.running.progress import _Cell; cell = _Cell(); cell.show('1 of 2'); cell.show('2 of 2')"
    read = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    executed(read, ROOT, dict(os.environ) | {"PYTHONPATH": str(ROOT)})
    shown = [output["data"]["text/plain"] for output in read.cells[0].outputs if output.output_type == "display_data"]
    assert shown == ["2 of 2"]


def test_importing_it_is_light() -> None:
    slow = "torch ray mlflow optuna pandas scipy matplotlib rich click"
    code = f"import sys, study.api; print(sorted(set({slow.split()!r}) & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout == "[]\n"


def test_what_flags_say_arguments_say() -> None:
    arguments = set(inspect.signature(api.run).parameters)
    assert arguments - {"study", "config"} == set(PARAMETERS)


def test_a_script_runs_is_told_what_is_wrong_and_goes_on_where_a_run_was_left(tmp_path: Path) -> None:
    code = """
import sys, threading
assert threading.current_thread() is threading.main_thread()
try:
    run("sleeping", preset="short", cpus=1, trials=2, set={"depth": 0.3}, time_limit=0.01)
except Interrupted as interrupted:
    print(interrupted, interrupted.status)
    found = run("sleeping", resume=interrupted.run, cpus=1)
print(type(found).__module__, found.finished, found.record["asked"]["changes"])
for wrong in (dict(trials=0), dict(tirals=2), dict(methods=["pilow"]), dict(voxel=[1, 2, 3]), dict(seed=True)):
    try:
        run("sleeping", **wrong)
    except (Mistake, TypeError) as error:
        print(type(error).__name__, error)
"""
    done = script(tmp_path, code)
    assert done.returncode == 0, done.stderr
    first, second, *wrong = done.stdout.splitlines()
    run = run_folder(tmp_path)
    assert first == f"unfinished (the time limit is reached); it can be resumed, with resume={str(run)!r} 0"
    assert second == "analysis.tables.run True ['depth=0.3']"
    assert wrong[0] == "Mistake run(): trials: 0 is not in the range x>=1"
    assert wrong[1].startswith("TypeError")
    assert wrong[2].startswith("Mistake --methods pilow: there is no 'pilow'; did you mean 'pillow'?")
    assert wrong[3].startswith("Mistake --voxel 1,2,3: study sleeping makes its own data")
    assert wrong[4] == "Mistake run(): seed is True: it must be a whole number"
    assert len(trace(tmp_path)) == 2 * (2 + 1) * 8, (
        "of each method two trials and one setting, of eight epochs, none twice"
    )


def test_a_run_without_any_complete_trial_raises_and_has_the_run(tmp_path: Path) -> None:
    code = """
try:
    run("sleeping", preset="all-fail", cpus=1, trials=1)
except Failed as failed:
    print(failed, len(failed.run.trials))
"""
    done = script(tmp_path, code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("no trial is complete: ")


@pytest.mark.slow
def test_a_file_says_what_flags_say_and_flags_win(tmp_path: Path) -> None:
    flags = ["--preset", "short", "--trials", "3", "--methods", "pillow", "--set", "depth=0.3", "--cpus", "1"]
    printed, _ = finish(start(tmp_path, *flags, "--print-config"))
    (tmp_path / "study.yaml").write_text(printed)
    assert finish(start(tmp_path, "--config", "study.yaml", "--print-config"))[0] == printed
    finish(start(tmp_path, "--config", "study.yaml", "--trials", "1", "--set", "pillows=2"))
    record = analysis.load(str(run_folder(tmp_path))).record
    assert record["trials_per_arm"] == 1
    assert record["choices"]["changes"] == ["depth=0.3", "pillows=2"]
    assert record["methods"] == ["none", "pillow"]
    assert record["asked"] == {
        "study": "sleeping", "preset": "short", "trials": 1, "methods": "pillow", "cpus": 1, "output": "results",
        "changes": ["depth=0.3", "pillows=2"],
    }  # fmt: skip


def test_a_recording_is_filled_from_python(tmp_path: Path) -> None:
    write(tmp_path / "cells", {t: moving(t) for t in range(5)})
    code = """
from study import fill as command
found = fill("cells", voxel=[1, 0.5, 0.5], between=1, rule="moved", formats=["ply"])
print(type(found).__module__, found.finished, found.record["command"])
for wrong in (dict(minutes="long"), dict(between=0), dict(formats=["paper"]), dict(rule=3)):
    try:
        fill("cells", **wrong)
    except Mistake as mistake:
        print(mistake)
"""
    done = script(tmp_path, code)
    assert done.returncode == 0, done.stderr
    first, *wrong = done.stdout.splitlines()
    said = "study.api.fill('cells', between=1, rule='moved', formats=['ply'], voxel=[1, 0.5, 0.5])"
    assert first == f"analysis.tables.run True {said}"
    assert len(list(tmp_path.glob("results/fill/*/exports/labels/man_track*.tif"))) == 9
    assert wrong[0] == "fill(): minutes is 'long': it must be a number"
    assert wrong[1].startswith("fill(): between: 0 is not in the range")
    assert wrong[2].startswith("fill(): formats: 'paper' is not one of")
    assert wrong[3] == "fill(): rule is 3: it must be text"


def test_what_flags_of_fill_say_arguments_say() -> None:
    from study.fill import main

    known = {parameter.name for parameter in main.params} - {"print_config"}
    assert set(inspect.signature(api.fill).parameters) == known


def test_values_of_numpy_and_one_name_in_place_of_a_list_are_taken() -> None:
    from study.fill import PARAMETERS as OF_FILL

    given = {"between": np.int64(2), "voxel": np.array([1, 0.5, 0.5], np.float32), "tracks": [np.uint16(7)]}
    asked = of_values({**given, "minutes": np.float32(1), "formats": "gif"}, "fill()", parameters=OF_FILL)
    assert asked == {"between": 2, "voxel": "1.0,0.5,0.5", "tracks": "7", "minutes": 1.0, "formats": ("gif",)}
    assert of_values({"tracks": range(3, 6)}, "fill()", parameters=OF_FILL) == {"tracks": "3,4,5"}
    with pytest.raises(api.Mistake, match="formats: 'bogus' is not one of"):
        of_values({"formats": "bogus"}, "fill()", parameters=OF_FILL)


@pytest.mark.parametrize("given", [np.zeros((3, 4, 4, 4)), [np.zeros((4, 4))], np.zeros((3, 4, 4)).tolist(), b"a.tif"])
def test_an_array_in_place_of_a_path_is_one_short_sentence(given: Any) -> None:
    for call in (lambda: api.fill(given), lambda: api.run("cells", data=given)):
        with pytest.raises(api.Mistake, match="must be the path of a file or folder; write an array") as caught:
            call()
        assert len(str(caught.value)) < 250
