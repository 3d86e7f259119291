"""The run folder: whole files, compaction, one writer."""

import contextlib

import fsspec
import pytest

from analysis.tables import reading
from study.errors import Mistake
from study.storage.run_folder import RunFolder
from tests import faults
from tests.faults import FOR_EVER, Fault
from tests.study.bench import arrow
from trainables import files
from trainables.files import read, write_atomically


@pytest.fixture(params=["local", "memory", "faults"])
def folder(request, tmp_path, monkeypatch) -> RunFolder:
    monkeypatch.setattr(files, "WAITS", (0.0,) * len(files.WAITS))
    if request.param == "local":
        return RunFolder(str(tmp_path / "results" / "s" / "r"))
    if request.param == "faults":
        return RunFolder(f"faults://{tmp_path}/results/s/r")
    return RunFolder(f"memory://{tmp_path.name}/s/r")


@pytest.fixture
def faulty(tmp_path, monkeypatch) -> RunFolder:
    monkeypatch.setattr(files, "WAITS", (0.0,) * len(files.WAITS))
    return RunFolder(f"faults://{tmp_path}/results/s/r")


def add(folder: RunFolder, trial: str, value: float) -> None:
    row = {"trial": trial, "replicate": 0, "sequence": "s", "time_index": 0, "chamfer": value}
    folder.write_table("per_time", trial, arrow([row]))
    folder.write_trial({"trial": trial, "phase": trial.split("-")[0], "objective": value})


def test_compaction_changes_files_and_no_row(folder):
    for trial, value in (("search-a-0000", 1.0), ("search-b-0000", 2.0), ("confirm-a-best", 3.0)):
        add(folder, trial, value)
    before = folder.trials()
    for phase in ("search", "confirm", "search"):
        folder.compact(phase)
    assert folder.trials() == before
    assert folder.names("per_time", ".parquet") == ["confirm", "search"]
    assert folder.names("trials", ".json") == []
    assert folder.rows_of("per_time", "search-b-0000", "search").chamfer.tolist() == [2.0]
    assert folder.rows_of("per_time", "search-none-0000", "search").empty


def test_rows_added_later_join_those_compacted_and_replace_their_own(folder):
    add(folder, "search-a-0000", 1.0)
    folder.compact("search")
    add(folder, "search-a-0000", 5.0)
    add(folder, "search-b-0000", 2.0)
    folder.compact("search")
    assert folder.rows_of("per_time", "search-a-0000", "search").chamfer.tolist() == [5.0]
    assert folder.rows_of("per_time", "search-b-0000", "search").chamfer.tolist() == [2.0]
    assert [row["objective"] for row in folder.trials().values()] == [5.0, 2.0]


def test_a_trial_can_be_forgotten(folder):
    add(folder, "confirm-a-best", 1.0)
    add(folder, "confirm-b-best", 2.0)
    folder.compact("confirm")
    folder.forget("confirm-a-best")
    assert list(folder.trials()) == ["confirm-b-best"]


def test_a_forgotten_trial_leaves_no_rows_behind_when_its_rerun_fails(folder):
    add(folder, "confirm-a-best", 1.0)
    add(folder, "confirm-b-best", 2.0)
    folder.compact("confirm")
    folder.forget("confirm-a-best")
    folder.write_trial({"trial": "confirm-a-best", "phase": "confirm", "objective": None})
    folder.compact("confirm")
    assert folder.rows_of("per_time", "confirm-a-best", "confirm").empty
    assert folder.rows_of("per_time", "confirm-b-best", "confirm").chamfer.tolist() == [2.0]


def test_a_folder_without_record_is_no_run(folder):
    with pytest.raises(Mistake, match=r"is no run: it has no study\.json"):
        folder.read_record()
    folder.write_record({"run": "r"})
    assert folder.read_record() == {"run": "r"}


def test_the_sweep_leaves_what_is_kept_and_bears_with_a_heartbeat_that_ends_its_write_meanwhile(folder, monkeypatch):
    add(folder, "search-a-0000", 1.0)
    for left in ("lock.json.0a.part", "per_time/search-a-0000.parquet.0b.part", "checkpoints/search-a-0000.pt"):
        write_atomically(folder.file(*left.split("/")), b"half")
    glob = folder.filesystem.glob

    def seen(path: str) -> list[str]:
        return [*glob(path), *([f"{folder.path}/lock.json.0c.part"] if path.endswith("r/*.part") else [])]

    monkeypatch.setattr(folder.filesystem, "glob", seen)
    folder.sweep()
    monkeypatch.undo()
    assert not folder.filesystem.glob(f"{folder.path}/*.part") + folder.filesystem.glob(f"{folder.path}/*/*.part")
    assert not folder.exists("checkpoints")
    assert list(folder.trials()) == ["search-a-0000"]


def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "table"
    write_atomically(str(path), b"old")

    def fail(file) -> None:
        file.write(b"half")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        write_atomically(str(path), fail)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["table"]


def test_reading_what_is_not_there_gives_none():
    assert read("memory://nowhere/nothing") is None
    assert fsspec.filesystem("memory").exists("/nowhere") is False


def test_a_folder_that_cannot_be_listed_is_not_taken_for_an_empty_one(faulty):
    add(faulty, "search-a-0000", 1.0)
    assert list(faulty.trials()) == ["search-a-0000"]
    with faults.injected(Fault("list", times=3, error="Nonstandard")):
        assert list(faulty.trials()) == ["search-a-0000"]
    with faults.injected(Fault("list", times=FOR_EVER, error="ETIMEDOUT")):
        for ask in (faulty.trials, lambda: faulty.names("per_time", ".parquet"), lambda: faulty.exists("study.json")):
            with pytest.raises(OSError, match="timed out"):
                ask()
        with pytest.raises(OSError, match="timed out"):
            faulty.compact("search")
    assert list(faulty.trials()) == ["search-a-0000"]
    assert reading.read_trials(faulty.filesystem, faulty.path).trial.tolist() == ["search-a-0000"]
    with faults.injected(Fault("list", times=FOR_EVER, error="EIO")), pytest.raises(OSError, match="Input/output"):
        reading.read_trials(faulty.filesystem, faulty.path)


@pytest.mark.parametrize("operation", ["read", "write", "rename", "list", "remove"])
def test_a_compaction_that_fails_anywhere_is_done_again_without_loss(operation, faulty, tmp_path):
    """Fails in its first, second, … operation of a kind, until there are no more of them."""
    for count in range(1, 100):
        folder = RunFolder(f"faults://{tmp_path}/{operation}-{count}")
        for trial, value in (("search-a-0000", 1.0), ("search-b-0000", 2.0)):
            add(folder, trial, value)
        folder.compact("search")
        add(folder, "search-b-0000", 3.0)
        add(folder, "search-c-0000", 4.0)
        fault = Fault(operation, f"{operation}-{count}/", count, FOR_EVER, error="ENOSPC", torn=True)
        with faults.injected(fault), contextlib.suppress(OSError):
            folder.compact("search")
            assert fault.met < count, "it did not fail"
            assert count > 2
            return
        folder.compact("search")
        assert [row["objective"] for row in folder.trials().values()] == [1.0, 3.0, 4.0]
        assert folder.names("per_time", ".parquet") == ["search"]
        for trial, value in (("search-a-0000", 1.0), ("search-b-0000", 3.0), ("search-c-0000", 4.0)):
            assert folder.rows_of("per_time", trial, "search").chamfer.tolist() == [value]
        folder.sweep()
        assert list((tmp_path / f"{operation}-{count}").rglob("*.part")) == []
    raise AssertionError("there is no end to its operations")
