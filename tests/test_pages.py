"""The pages tell the truth: their links lead somewhere, and what they say to add works when it is added."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from scipy.io import netcdf_file

import analysis

ROOT = Path(__file__).parent.parent
ROOMS = ("study", "trainables", "search_spaces", "analysis")
PAGES = [ROOT / "README.md", *(page for room in ROOMS for page in sorted((ROOT / room).rglob("README.md")))]
EXAMPLE = re.compile(r"<!-- file: (\S+) -->\n```python\n(.*?)```\n", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert "://" in target or (page.parent / target).exists(), target


def test_every_test_that_a_page_names_is_there():
    folder = ROOT / "tests" / "study"
    named = re.findall(r"`([\w./]+\.py)(?:::(\w+))?`", (folder / "README.md").read_text())
    assert len(named) > 40
    for file, name in named:
        assert not name or f"def {name}(" in (folder / file).read_text(), f"{file}::{name}"
        assert (folder / file).is_file(), file


@pytest.fixture(scope="module")
def extended(tmp_path_factory) -> Path:
    """A copy of the program, with what was compiled of it, and with every file that the pages add."""
    folder = tmp_path_factory.mktemp("extended")
    unfinished = shutil.ignore_patterns("*.tmp.*", "*.pyc.*")  # of processes that compile meanwhile
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=unfinished)
    added = {path: code for page in PAGES for path, code in EXAMPLE.findall(page.read_text())}
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    assert added
    for path, code in added.items():
        assert not (folder / path).exists()
        (folder / path).write_text(code)
    return folder


def python(extended: Path, *arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "STUDY_"))}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=extended,
        env=environment | {"PYTHONPATH": str(extended), "STUDY_STATE": str(extended / "state")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_added_study_runs_with_the_added_shape_regularizer_and_figure(extended):
    assert "rings" in python(extended, "-m", "study.run", "--list")
    said = python(extended, "-m", "study.run", "rings", "--preset", "smoke", "--trials", "1")
    assert said.startswith("answer: ")
    (folder,) = (extended / "results" / "rings").iterdir()
    found = analysis.load(folder)
    assert set(found.trials["state"]) <= {"complete", "pruned"}
    assert "eikonal" in found.curves.columns
    assert found.per_time.query("phase == 'confirm' and method == 'eikonal'")["chamfer"].notna().all()
    assert (folder / "figures" / "durations.png").exists()


CONTRACTS = {
    "torus": "tests/trainables/shapes/test_contract.py",
    "netcdf-labels": "tests/trainables/shapes/test_contract.py",
    "relative_volume_error": "tests/trainables/metrics/test_contract.py",
    "waves": "tests/trainables/models/test_contract.py",
    "numpy-frames": "tests/trainables/inbetween/test_contract.py",
    "numpy-arrays": "tests/trainables/reconstruction/test_contract.py",
    "arrays": "tests/study/exporting/test_contract.py",
    "durations": "tests/analysis/test_figure_contract.py",
    "rings-smoke": "tests/study/design/test_study.py",
    "nearest": "tests/trainables/interpolants/test_contract.py",
    "eikonal": "tests/trainables/autodecoder/regularizers/test_contract.py",
}
"""What the pages add → the contract tests of its kind, which find it by themselves."""


def test_what_is_added_keeps_the_contract_of_its_kind(extended):
    files, names = dict.fromkeys(CONTRACTS.values()), " or ".join(CONTRACTS)
    said = python(extended, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *files, "-k", f"Every and ({names})")
    for name in CONTRACTS:
        assert len(re.findall(rf"^PASSED .*\[(?:.*-)?{name}[\]+-]", said, re.MULTILINE)) >= 3, name
    assert "skipped" not in said


RULE = """
import numpy as np
from trainables.interpolants import field
from trainables.shapes.torus import Torus
from trainables.shapes.sequence import grid_points
frames = np.stack([Torus().sdf(grid_points(16), t).numpy() for t in (0, 0.5, 1)])
rule = field("nearest", frames, [0, 0.5, 1])
print(*((rule(t) == frames[i]).all() for t, i in ((0.2, 0), (0.3, 1), (1, 2))))
"""

METHODS = """
from study.design import methods
from trainables.shapes.torus import Torus
print(*methods.references([Torus()]))
"""


def test_the_added_interpolant_is_a_method(extended):
    assert python(extended, "-c", RULE) == "True True True\n"
    assert "nearest-blend" in python(extended, "-c", METHODS)


READ = """
from trainables.shapes.readers.base import open_recording
(cell,) = open_recording("cells.nc", voxel=(1, 0.5, 0.5)).sequences().all_usable()
print(type(cell.reader).name, cell.frames, [int(frame.values.sum()) for frame in cell.read()])
"""


def test_the_added_reader_reads(extended):
    labels = np.zeros((7, 12, 12, 12), "uint8")
    labels[:, 3:9, 3:9, 3:9] = 7
    with netcdf_file(extended / "cells.nc", "w") as file:
        for axis, length in zip("tzyx", labels.shape, strict=True):
            file.createDimension(axis, length)
        file.createVariable("labels", "i", tuple("tzyx"))[:] = labels
    assert python(extended, "-c", READ) == f"netcdf-labels {tuple(range(7))} {[216] * 7}\n"
    python(extended, "-m", "study.run", "cells", "--data", "cells.nc", "--voxel", "1,0.5,0.5", "--dry-run")


AND = r"(?:&|and) [A-Z]\w+"
CITED = re.compile(rf"\b([A-Z][\w\-]+)(?: et al\.?| {AND}|(?:, [A-Z]\w+)+,? {AND})? \(?((?:19|20)\d\d)(?=[,;:.)\s])")
MONTHS = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"}


def plain(name: str) -> str:
    """In lower case and without accents, as a key has it."""
    return "".join(c for c in unicodedata.normalize("NFD", name.lower()) if not unicodedata.combining(c))


def test_what_docstrings_cite_is_among_the_references():
    keys = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "REFERENCES.bib").read_text(), re.MULTILINE))
    cited = {
        (plain(match[1]) + match[2], str(path.relative_to(ROOT)))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for match in CITED.finditer(" ".join(path.read_text().split()))
        if match[1] not in MONTHS
    }
    assert not sorted((key, where) for key, where in cited if key not in keys)
    assert {"martens2025", "waibel2022", "han2023", "wiesner2024"} <= {key for key, _ in cited} <= keys
