"""The Dockerfile, as far as it can be held to what it names without a container engine."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
FILE = ROOT / "study" / "clusters" / "Dockerfile"


@pytest.fixture
def steps() -> list[list[str]]:
    """Each instruction in words."""
    lines = re.sub(r"\\\n", " ", FILE.read_text())
    return [shlex.split(line) for line in lines.splitlines() if line and not line.startswith("#")]


def of(steps: list[list[str]], name: str) -> list[list[str]]:
    return [words[1:] for words in steps if words[0] == name]


def test_what_it_copies_is_in_the_project_and_the_program_is_not_left_out(steps):
    sources = [source for words in of(steps, "COPY") for source in words[:-1]]
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    left_out = FILE.with_name("Dockerfile.dockerignore").read_text().split()
    rooms = {"study", "trainables", "search_spaces", "analysis", "pyproject.toml", "constraints.txt", "README.md"}
    assert rooms.isdisjoint(left_out)
    assert all((ROOT / name).exists() for name in [*rooms, "LICENSE"])


def test_what_it_installs_is_pinned_and_has_the_extras_that_there_are(steps):
    (install,) = [words for words in of(steps, "RUN") if words[:2] == ["pip", "install"]]
    install = install[: install.index("&&")]
    assert install[install.index("-c") + 1] == "constraints.txt"
    asked = [word for word in install[2:] if "[" in word]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    own = Requirement(next(word for word in asked if word.startswith(".")).replace(".", "own", 1))
    assert own.extras <= set(extras)
    pins = {line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    others = {Requirement(word).name.lower() for word in asked if not word.startswith(".")}
    assert others <= pins
    python = of(steps, "FROM")[0][0]
    lowest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert re.fullmatch(r"python:3\.\d+-slim", python)
    assert python.partition(":")[2].removesuffix("-slim") == lowest.removeprefix(">=")


def test_it_ends_as_an_ordinary_user_who_needs_only_tmp(steps):
    last = [words for words in steps if words[0] in ("USER", "RUN", "COPY")][-1]
    assert last == ["USER", "1000"], "what follows it would be done as an ordinary user, what comes before as root"
    assert of(steps, "WORKDIR")[-1] == ["/tmp"]
    variables = dict(word.split("=", 1) for words in of(steps, "ENV") for word in words)
    assert variables["HOME"] == "/tmp"
    assert variables["STUDY_STATE"].startswith("/tmp/")


def test_its_shell_commands_are_ones(steps):
    for words in re.findall(r"^RUN (.+?)(?<!\\)$", FILE.read_text(), re.M | re.S):
        subprocess.run(["sh", "-n", "-c", words], check=True)
