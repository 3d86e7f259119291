"""Ray's scratch folder: short, removed at the end, and removed later if its process was killed."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from study import places


@pytest.fixture
def state(tmp_path, monkeypatch) -> Path:
    """A run's state folder, in a place whose paths are short enough."""
    monkeypatch.setattr(places, "_LONGEST_SCRATCH", 4096)
    return tmp_path / "0123abcd"


def ended() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def left(state: Path, process: int) -> Path:
    folder = state.parent / f"ray{process}"
    folder.mkdir()
    (folder / "session.log").touch()
    return folder


def test_the_scratch_folder_is_there_meanwhile_and_gone_afterwards(state):
    with places.ray_scratch(state) as scratch:
        assert scratch == state.parent / f"ray{os.getpid()}"
        assert scratch.is_dir()
    assert list(state.parent.iterdir()) == []


def test_a_scratch_folder_with_a_long_path_lies_in_tmp(tmp_path):
    with places.ray_scratch(tmp_path / ("long" * 10) / "0123abcd") as scratch:
        assert scratch.parent.parent == Path("/tmp")
        assert scratch.parent.name.startswith(f"ray{os.getpid()}-")
        assert scratch.parent.stat().st_mode & 0o077 == 0  # Ray lets everybody into the folder it is given
    assert not scratch.parent.exists()


def test_what_a_killed_process_left_is_removed(state):
    dead = left(state, ended())
    (dead / ".held").touch()
    with places.ray_scratch(state):
        assert not dead.exists()


def test_what_is_in_use_or_not_ours_is_left_alone(state):
    """A process that lives; one that lives in another container, where its number means something else; a stranger."""
    alive, elsewhere, stranger = left(state, os.getppid()), left(state, ended()), left(state, ended())
    (alive / ".held").touch()
    with open(elsewhere / ".held", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with places.ray_scratch(state):
            pass
    assert {path.name for path in state.parent.iterdir()} == {alive.name, elsewhere.name, stranger.name}
