"""Ray's scratch folder: short, removed at the end, and removed later if its process was killed. Where output goes."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from pathlib import Path

import fsspec
import pytest

from study.errors import Mistake
from study.exit_status import _give_a_home
from study.storage import places
from study.storage.places import check_output
from tests import faults
from tests.faults import FOR_EVER, Fault


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


def test_what_its_workers_made_again_is_removed_once_it_is_old(state, monkeypatch):
    """Workers outlive a process that was killed; its folder comes back, and nobody holds it."""
    monkeypatch.setattr(places, "_OLD", 3600.0)
    old, young = left(state, ended()), left(state, ended())
    os.utime(old, (0, 0))
    with places.ray_scratch(state):
        assert (old.exists(), young.exists()) == (False, True)


def test_runs_that_begin_at_one_moment_have_folders_of_their_own(tmp_path):
    names = {places.new_run(str(tmp_path), "bifurcation").name for _ in range(100)}
    assert len(names) == 100
    assert all(re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{8}", name) for name in names)


def test_what_is_in_use_or_not_ours_is_left_alone(state):
    """A process that lives; one that lives in another container, where its number means something else; a stranger."""
    alive, elsewhere, stranger = left(state, os.getppid()), left(state, ended()), left(state, ended())
    (alive / ".held").touch()
    with open(elsewhere / ".held", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with places.ray_scratch(state):
            pass
    assert {path.name for path in state.parent.iterdir()} == {alive.name, elsewhere.name, stranger.name}


def test_a_store_that_takes_a_file_is_left_as_it_was(tmp_path):
    check_output(f"faults://{tmp_path}/a/b")
    check_output(f"memory://{tmp_path.name}/a/b")
    assert list(tmp_path.iterdir()) == []
    assert fsspec.filesystem("memory").find(f"/{tmp_path.name}") == []


@pytest.mark.parametrize(
    ("error", "said"),
    [("ENOSPC", "No space left"), ("EACCES", "Permission"), ("Nonstandard", "503 Slow Down")],
)
def test_a_store_that_takes_no_file_is_named_before_anything_starts(error, said, tmp_path):
    url = f"faults://{tmp_path}/results"
    with faults.injected(Fault("write", times=FOR_EVER, error=error)), pytest.raises(Mistake) as raised:
        check_output(url)
    assert str(raised.value).startswith(f"--output {url}: a file cannot be written there (")
    assert said in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_does_not_answer_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "_PATIENCE", 0.05)
    slow = Fault("write", error="", seconds=2.0)
    with faults.injected(slow), pytest.raises(Mistake, match="no answer within"):
        check_output(f"faults://{tmp_path}/results")


def test_a_user_without_a_home_is_given_a_private_one(tmp_path, monkeypatch):
    """As in a container that is run with a number of its own, where `~` stays what it is."""
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def unknown(user: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {user}")

    monkeypatch.setattr("pwd.getpwuid", unknown)
    _give_a_home()
    home = Path(os.environ["HOME"])
    assert home.parent == tmp_path
    assert home.stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("HOME", str(tmp_path / "mine"))
    _give_a_home()
    assert os.environ["HOME"] == str(tmp_path / "mine")
