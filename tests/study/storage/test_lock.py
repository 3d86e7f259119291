"""The lock of a run folder: one writer, whoever comes at whatever moment, and none that was taken over."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from study.errors import Interrupted, Mistake
from study.storage import lock as locks
from study.storage.lock import Lock
from study.storage.run_folder import RunFolder
from tests import faults
from tests.faults import FOR_EVER, Fault
from trainables.files import read, write_atomically

NOBODY = 2**22 + 1
"""Beyond the largest process number."""


@pytest.fixture(params=["disk", "store"])
def folder(request, tmp_path, monkeypatch) -> RunFolder:
    monkeypatch.setattr(locks, "_SETTLING", 0.0)
    return RunFolder(f"{'' if request.param == 'disk' else 'faults://'}{tmp_path}/r")


def put(folder: RunFolder, name: str = "lock.json", **changes: Any) -> None:
    holder = {"host": os.uname().nodename, "process": NOBODY, "token": "x", "heartbeat": time.time(), **changes}
    write_atomically(folder.file(name), json.dumps(holder).encode())


def locked_by(folder: RunFolder) -> list[int]:
    return [json.loads(read(folder.file(f"{name}.json")) or b"")["process"] for name in folder.names("", ".json")]


def test_a_second_writer_is_refused_and_a_dead_one_taken_over(folder):
    with Lock(folder), pytest.raises(Mistake, match=f"being written by process {os.getpid()}"), Lock(folder):
        pass
    assert folder.names("", "") == []
    put(folder)  # of an earlier version
    put(folder, "lock-0003.json")
    with Lock(folder):
        assert folder.names("", "") == ["lock-0004.json"]
        assert locked_by(folder) == [os.getpid()]
    assert folder.names("", "") == []


HOUR = 3600.0


@pytest.mark.parametrize(("age", "refused"), [(5.0, True), (300.0, False), (-120.0, True), (-24 * HOUR, False)])
@pytest.mark.parametrize("name", ["lock.json", "lock-0007.json"])
def test_a_lock_of_another_host_goes_by_its_heartbeat(folder, name, age, refused):
    put(folder, name, host="elsewhere", process=1, heartbeat=time.time() - age)
    with pytest.raises(Mistake, match="elsewhere") if refused else contextlib.nullcontext(), Lock(folder):
        assert locked_by(folder) == [os.getpid()]


def test_a_process_number_that_none_can_have_is_of_no_process(folder):
    put(folder, process=2**70)
    with Lock(folder):
        assert locked_by(folder) == [os.getpid()]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"5", b'{"host": 1, "process": "x", "token": "t"}'])
def test_a_lock_that_cannot_be_read_is_named(folder, content):
    write_atomically(folder.file("lock.json"), content)
    with pytest.raises(Mistake, match=r"lock\.json is damaged: remove it if no process writes run r"), Lock(folder):
        pass
    assert folder.names("", "") == ["lock.json"]


WRITES = {
    "record": lambda folder: folder.write_record({}),
    "trial": lambda folder: folder.write_trial({"trial": "a"}),
    "error": lambda folder: folder.write_error("a", "x"),
    "removal": lambda folder: folder.remove("trials"),
    "compaction": lambda folder: folder.compact("search"),
    "anything": lambda folder: folder.write("figures", "a.png", content=b""),
}


@pytest.mark.parametrize("write", WRITES)
def test_who_was_taken_over_writes_no_more(folder, write):
    with Lock(folder) as lock:
        folder.write_trial({"trial": "search-a"})
        before = folder.names("", "") + folder.names("trials", "")
        put(folder, "lock-0002.json", token="other")
        for _ in range(2):  # it stays so when the other has ended
            with pytest.raises(Interrupted, match="another process has taken the run over"):
                WRITES[write](folder)
            folder.filesystem.rm(folder.file("lock-0002.json")) if folder.exists("lock-0002.json") else None
        assert lock.lost
    assert [*before[1:]] == folder.names("", "") + folder.names("trials", ""), "only our own lock is gone"


def test_a_takeover_is_noticed_without_a_write_and_left_to_its_new_owner(folder, monkeypatch):
    monkeypatch.setattr(locks, "_HEARTBEAT", 0.01)
    with Lock(folder) as lock:
        folder.filesystem.rm(folder.file("lock-0001.json"))
        put(folder, "lock-0001.json", token="other")  # the numbers have begun anew meanwhile
        lock._thread.join(10)
    assert lock.lost
    assert json.loads(read(folder.file("lock-0001.json")) or b"")["token"] == "other"


def test_a_heartbeat_does_not_bring_back_a_lock_that_was_taken_away(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "_HEARTBEAT", 0.01)
    folder = RunFolder(str(tmp_path / "r"))
    beats = threading.Semaphore(0)
    monkeypatch.setattr(Lock, "_mine", lambda self: beats.release() or True)  # as it was a moment before
    with Lock(folder):
        os.remove(folder.file("lock-0001.json"))
        while beats.acquire(blocking=False):  # those from before
            pass
        assert all(beats.acquire(timeout=60) for _ in range(3)), "the heartbeat has ended"  # two of them whole
        assert folder.names("", "") == []


def test_a_lock_on_a_disk_that_fails_does_not_hide_why_the_run_ended(tmp_path):
    folder = RunFolder(f"faults://{tmp_path}/r")
    with contextlib.ExitStack() as stack:
        stack.enter_context(pytest.raises(ValueError, match="the reason"))
        stack.enter_context(contextlib.closing(failing := contextlib.ExitStack()))
        with Lock(folder):
            failing.enter_context(faults.injected(Fault("read", times=FOR_EVER), Fault("list", times=FOR_EVER)))
            raise ValueError("the reason")
    assert folder.exists("lock-0001.json")


def _race(url: str, rounds: int, slow: float, together: Any) -> None:
    """Come at a barrier, `rounds` times; whoever is in once all have tried says so in a file."""
    chance = random.Random(os.getpid())
    locks._SETTLING = 4 * slow
    if slow:  # between looking, making, looking again and clearing away
        for name in ("_claims", "create"):
            _delay(name, lambda: chance.uniform(0, slow))
    for number in range(rounds):
        here = RunFolder(f"{url}/{number}")
        if number % 2 == 0:
            put(here, "lock-0001.json")  # a dead owner
        together.wait()
        with contextlib.suppress(Mistake), Lock(here):
            together.wait()
            here.write("still", f"{os.getpid()}", content=b"")
            together.wait()
            continue
        together.wait()
        together.wait()


def _delay(name: str, seconds: Any) -> None:
    original = getattr(locks, name)

    def delayed(*arguments: Any) -> Any:
        time.sleep(seconds())
        result = original(*arguments)
        time.sleep(seconds())
        return result

    setattr(locks, name, delayed)


RACES = {"disk": ("", 100, 0.0), "slow disk": ("", 20, 0.02), "slow store": ("faults://", 10, 0.02)}


@pytest.mark.parametrize("race", RACES)
def test_of_many_that_come_at_one_moment_never_two_are_in(race, tmp_path):
    protocol, rounds, slow = RACES[race]
    context = multiprocessing.get_context("spawn")
    arguments = (f"{protocol}{tmp_path}", rounds, slow, context.Barrier(3, timeout=100))
    racers = [context.Process(target=_race, args=arguments) for _ in range(3)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert [racer.exitcode for racer in racers] == [0, 0, 0]
    for number in range(rounds):
        still = list(Path(tmp_path, str(number), "still").glob("*"))
        assert len(still) <= 1, f"two were in at {number}"
        assert protocol or len(still) == 1, f"nobody was in at {number}"
