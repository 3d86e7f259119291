"""What lies in the working directory is the user's own, whatever it is called."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# As an editable install does it: a finder behind Python's own, which looks into the working directory first.
EDITABLE = f"""
import importlib.machinery, sys
class Editable:
    def find_spec(name, path=None, target=None):
        if path is None and name in ("study", "analysis", "search_spaces", "trainables"):
            return importlib.machinery.PathFinder.find_spec(name, [{str(ROOT)!r}])
sys.meta_path.insert(sys.meta_path.index(importlib.machinery.PathFinder) + 1, Editable)
sys.path.insert(0, "")
"""
LOOK = "import study, analysis, trainables, search_spaces; print(analysis.load, trainables.__file__)"
FILES = {
    "a folder analysis": "analysis/cells.csv",
    "a folder of each name": "trainables/x",
    "a file analysis.py": "analysis.py",
    "a package trainables": "trainables/__init__.py",
    "a file search_spaces.py": "search_spaces.py",
}


@pytest.mark.parametrize("what", FILES)
def test_a_folder_or_file_of_a_rooms_name_is_no_obstacle(what, tmp_path):
    file = tmp_path / FILES[what]
    file.parent.mkdir(exist_ok=True)
    file.write_text("raise SystemExit('the file of the user was run')")
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", EDITABLE + LOOK], cwd=tmp_path, env=bare, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert str(ROOT / "trainables") in done.stdout


def test_a_command_runs_nothing_from_the_working_directory(tmp_path):
    (tmp_path / "click.py").write_text("raise SystemExit('the planted file was run')")
    done = subprocess.run(
        [sys.executable, "-m", "study.status", "--help"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "planted" not in done.stdout + done.stderr


@pytest.mark.parametrize(("file", "named"), [("ray.py", "ray.py"), ("torch/__init__.py", "torch/__init__.py")])
def test_a_file_that_hides_a_library_is_named(file, named, tmp_path):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    code = f"import sys; sys.path[:] = ['', *sys.path, {str(ROOT)!r}]; import study"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"ImportError: {named} hides the library of that name: rename it")


def test_the_libraries_that_may_not_be_hidden_are_those_that_are_needed():
    import tomllib

    import study

    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[\[>=<]", line)[0].lower() for line in needed}
    called = {"scikit-image": "skimage", "pillow": "pil", "pyyaml": "yaml"}
    assert {called.get(name, name) for name in names} <= {name.lower() for name in study._LIBRARIES}
