"""Processors and memory that a process may use, by the files in which the system says so."""

import os
from pathlib import Path

import pytest

from trainables import machine

GB = 2**30


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A host of 64 processors and 256 GB, without control groups; `write` says more."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)))
    monkeypatch.setattr(machine, "_ROOT", tmp_path / "cgroup")
    monkeypatch.setattr(machine, "_OWN", tmp_path / "own")
    monkeypatch.setattr(machine, "_MEMORY", tmp_path / "meminfo")

    def write(**files: str) -> None:
        for name, text in files.items():
            (tmp_path / name).write_text(text)

    write(meminfo=f"MemTotal: {300 * 2**20} kB\nMemAvailable: {256 * 2**20} kB\n")
    return tmp_path, write


def put(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n")


def test_without_quotas_all_of_the_affinity_and_all_that_is_free(system):
    assert machine.processors() == 64
    assert machine.memory() == 256 * GB
    assert machine.trials_in_memory() == 213


def test_a_container_of_version_2(system):
    """`docker run --cpus=2 --memory=8g`, whose groups are seen as the root."""
    folder, write = system
    write(own="0::/\n")
    put(folder / "cgroup", cpu__max="200000 100000", memory__max=8 * GB, memory__current=3 * GB)
    (folder / "cgroup" / "memory.stat").write_text(f"anon {GB}\ninactive_file {2 * GB}\n")
    assert machine.processors() == 2
    assert machine.memory() == 7 * GB
    assert machine.trials_in_memory() == 5


def test_a_container_of_version_1_whose_path_is_the_hosts(system):
    folder, write = system
    write(own="5:cpu,cpuacct:/docker/0123\n4:memory:/docker/0123\n1:name=systemd:/docker/0123\n")
    put(folder / "cgroup" / "cpu,cpuacct", cpu__cfs_quota_us=150000, cpu__cfs_period_us=100000)
    put(folder / "cgroup" / "memory", memory__limit_in_bytes=2 * GB, memory__usage_in_bytes=GB)
    assert machine.processors() == 2
    assert machine.memory() == GB
    assert machine.trials_in_memory() == 1


def test_no_limit_is_none(system):
    folder, write = system
    write(own="0::/user\n5:cpu:/\n4:memory:/\n")
    put(folder / "cgroup" / "user", cpu__max="max 100000", memory__max="max", memory__current=GB)
    put(folder / "cgroup" / "cpu", cpu__cfs_quota_us=-1, cpu__cfs_period_us=100000)
    put(folder / "cgroup" / "memory", memory__limit_in_bytes=9223372036854771712, memory__usage_in_bytes=GB)
    assert machine.processors() == 64
    assert machine.memory() == 256 * GB


def test_the_quota_of_a_group_above_counts(system):
    folder, write = system
    write(own="0::/job/step\n")
    put(folder / "cgroup" / "job", cpu__max="800000 100000", memory__max=16 * GB, memory__current=0)
    put(folder / "cgroup" / "job" / "step", cpu__max="max 100000", memory__max="max")
    assert machine.processors() == 8
    assert machine.memory() == 16 * GB


def test_the_affinity_counts_where_it_is_less_than_the_quota(system, monkeypatch):
    folder, write = system
    write(own="0::/\n")
    put(folder / "cgroup", cpu__max="200000 100000")
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3})
    assert machine.processors() == 1


def test_a_machine_that_is_nearly_full_carries_one_trial(system):
    folder, write = system
    write(own="0::/\n", meminfo="MemAvailable: 1000 kB\n")
    put(folder / "cgroup", memory__max=GB, memory__current=2 * GB)
    assert machine.memory() == 0
    assert machine.trials_in_memory() == 1
