"""What the program depends on: pinned, under licences that go with its own, and all of it looked up for advisories."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import lru_cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
COPYLEFT = re.compile(r"\bA?GPL|General Public|\bSSPL|non-?commercial|proprietary", re.I)
SAYS_NOTHING = {"huey": "MIT", "skops": "MIT"}
"""Packages whose metadata name no licence → what the file in them is."""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@lru_cache
def needed() -> dict[str, Distribution]:
    """Everything that `pip install .` installs here, without extras of ours."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement("shape-sequence-studies")]
    while waiting:
        one = waiting.pop()
        for extra in ("", *one.extras):
            key = f"{canonical(one.name)}[{extra}]"
            if key in found:
                continue
            try:
                found[key] = distribution(one.name)
            except PackageNotFoundError:  # of another system, or of another Python
                continue
            for text in found[key].requires or []:
                needs = Requirement(text)
                if needs.marker is None or needs.marker.evaluate({"extra": extra}):
                    waiting.append(needs)
    return {key.partition("[")[0]: held for key, held in found.items()}


def licence(held: Distribution) -> str:
    data = held.metadata
    classes = [line.rpartition(" :: ")[2] for line in data.get_all("Classifier", []) if line.startswith("License")]
    said = [data.get("License-Expression") or "", *classes, (data.get("License") or "").partition("\n")[0]]
    return " ".join(part for part in said if part)


def test_no_dependency_asks_more_than_its_name_is_told():
    assert len(needed()) > 60
    said = {name: licence(held) or SAYS_NOTHING.get(name, "") for name, held in needed().items()}
    assert [name for name, text in said.items() if not text] == []
    assert {name: text for name, text in said.items() if COPYLEFT.search(text)} == {}


def test_every_dependency_is_pinned():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {canonical(line.partition("==")[0]) for line in lines if "==" in line}
    assert set(needed()) - pinned <= {"shape-sequence-studies", "setuptools", "pip"}


def test_what_an_extra_names_is_pinned_to_a_version_that_it_takes():
    """Also what is not installed here: a pin that is forgotten would be another version wherever it is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = {canonical(name): version for name, _, version in (line.partition("==") for line in lines if "==" in line)}
    named = [Requirement(text) for texts in project["optional-dependencies"].values() for text in texts]
    assert [str(one) for one in named if pins.get(canonical(one.name), "") not in one.specifier] == []
    assert pins["boto3"] == pins["botocore"], "Amazon releases both as one"


def test_what_is_looked_at_for_advisories_holds_what_libraries_bring():
    done = subprocess.run([sys.executable, str(ROOT / ".ci" / "pins")], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert all(re.fullmatch(r"[\w.\[\]-]+==[\w.!+-]+", line) for line in lines)
    pinned = {line for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    assert pinned <= set(lines)
    brought = {canonical(line.partition("==")[0]) for line in set(lines) - pinned}
    within_ray = Path(str(distribution("ray").locate_file("ray"))).rglob("*.dist-info")
    assert brought >= {canonical(path.stem.rpartition("-")[0]) for path in within_ray} - {
        canonical(line.partition("==")[0]) for line in pinned
    }
