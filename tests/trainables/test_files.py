"""Files are whole or absent, and a moment's failure is waited out, whatever the filesystem does."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests import faults
from tests.faults import FOR_EVER, Fault
from trainables import files
from trainables.files import WAITS, read, write_atomically


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(files, "WAITS", (0.0,) * len(WAITS))


@pytest.fixture
def url(tmp_path) -> str:
    return f"faults://{tmp_path}/table"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


TRANSIENT = [
    Fault("write", "table", times=3, error="EBUSY"),
    Fault("write", "table", times=3, error="Nonstandard"),
    Fault("write", "table", times=3, error="EIO", torn=True),
    Fault("write", "table", times=3, error="", seconds=0.05),
    Fault("rename", "table", times=3, error="ETIMEDOUT"),
    Fault("write", "table", times=len(WAITS), error="ECONNRESET", torn=True),
]


@pytest.mark.parametrize("fault", TRANSIENT, ids=str)
def test_what_passes_is_waited_out(fault, url, tmp_path):
    write_atomically(url, b"old")
    with faults.injected(fault):
        write_atomically(url, b"new content")
        assert fault.met > 0
    assert read(url) == b"new content"
    assert names(tmp_path) == ["table"]


@pytest.mark.parametrize("error", ["EBUSY", "Nonstandard"])
def test_patience_has_an_end_and_waits_longer_each_time(error, url, tmp_path, monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr(files, "WAITS", WAITS)
    monkeypatch.setattr(files.time, "sleep", waited.append)
    write_atomically(url, b"old")
    with faults.injected(Fault("write", times=FOR_EVER, error=error)), pytest.raises(OSError) as raised:
        write_atomically(url, b"new")
    assert raised.value.filename == url
    assert ("503 Slow Down" if error == "Nonstandard" else "busy") in raised.value.strerror
    waits = [seconds for seconds in waited if seconds]  # the fault itself sleeps for 0 s
    assert len(waits) == len(WAITS)
    assert all(0.5 * wait <= seconds <= 1.5 * wait for seconds, wait in zip(waits, WAITS, strict=True))
    assert read(url) == b"old"
    assert names(tmp_path) == ["table"]


@pytest.mark.parametrize("error", ["ENOSPC", "EDQUOT", "EROFS", "EACCES"])
@pytest.mark.parametrize("operation", ["write", "rename"])
def test_what_does_not_pass_is_raised_at_once_with_its_place(operation, error, url, tmp_path):
    write_atomically(url, b"old")
    fault = Fault(operation, times=FOR_EVER, error=error, torn=True)
    with faults.injected(fault), pytest.raises(OSError) as raised:
        write_atomically(url, b"new")
    assert fault.met == 1
    assert (raised.value.errno, raised.value.filename) == (getattr(errno, error), url)
    assert read(url) == b"old"
    assert names(tmp_path) == ["table"]


def test_a_torn_file_that_cannot_be_removed_has_another_name(url, tmp_path):
    torn = Fault("write", error="ENOSPC", torn=True)
    with faults.injected(torn, Fault("remove", times=FOR_EVER)), pytest.raises(OSError):
        write_atomically(url, b"new content")
    (left,) = names(tmp_path)
    assert left.endswith(".part")
    assert (tmp_path / left).read_bytes() == b"new c"
    assert read(url) is None


def test_reading_is_patient_too_and_knows_absent_from_unreadable(url):
    write_atomically(url, b"content")
    with faults.injected(Fault("read", times=2, error="Nonstandard")):
        assert read(url) == b"content"
    with faults.injected(Fault("read", times=FOR_EVER, error="EIO")), pytest.raises(OSError, match="Input/output"):
        read(url)
    assert read(url + "-of-contents") is None


def test_a_full_local_disk_is_named(tmp_path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "table"
    write_atomically(str(path), b"old")
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError) as raised:
        write_atomically(str(path), b"new")
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(path))
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["table"]


def test_an_error_of_the_program_itself_is_not_taken_for_the_disk(tmp_path):
    def wrong(file) -> None:
        raise KeyError("column")

    with pytest.raises(KeyError):
        write_atomically(str(tmp_path / "table"), wrong)
    assert names(tmp_path) == []


@pytest.fixture
def full_cache(monkeypatch, tmp_path):
    """A disk under the cache that is full, beside a temporary folder that is not."""
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
    whole = files.write_atomically

    def write(url, content):
        if str(tmp_path / "cache") in url:
            raise OSError(errno.ENOSPC, "No space left on device", url)
        whole(url, content)

    monkeypatch.setattr(files, "write_atomically", write)


def test_a_full_cache_costs_time_only(full_cache, tmp_path):
    file = files.cached("sequences", "a.npz", b"content")
    assert str(tmp_path) not in file
    assert read(file) == b"content"
    files.remember("barycenters", "a.npy", b"content")
    assert files.remembered("barycenters", "a.npy") is None


def test_what_is_kept_in_the_cache_has_the_content_that_it_was_given(monkeypatch, tmp_path):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path))
    file = files.cached("sequences", "a.npz", b"content")
    assert file == str(tmp_path / "shape-sequence-studies" / "sequences" / "a.npz")
    Path(file).write_bytes(b"of somebody else")
    assert read(files.cached("sequences", "a.npz", b"content")) == b"content"


def test_a_cache_of_another_user_is_not_trusted(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "file"))  # where nothing can be made
    monkeypatch.setattr(files.tempfile, "gettempdir", lambda: str(tmp_path))
    planted = tmp_path / f"shape-sequence-studies-cache-{os.getuid()}"
    (tmp_path / "theirs").mkdir()
    planted.symlink_to(tmp_path / "theirs")
    assert files.cache_folder() != planted
    planted.unlink()
    assert files.cache_folder() == planted
    assert planted.stat().st_mode & 0o777 == 0o700


def test_a_user_without_a_home_has_a_cache_of_his_own(tmp_path, monkeypatch):
    """As in a container that is run with a number of its own: `~` then stays what it is."""
    monkeypatch.chdir(tmp_path)
    for name in ("STUDY_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    assert files.cache_folder().parent == tmp_path / "tmp"
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]
