"""A Ray of one's own that ends: unasked it is the end of the process, asked it is not, however long it takes."""

from __future__ import annotations

import threading

import pytest

from study.clusters import ray_internals
from study.running import own_ray

_PATIENCE = 30


@pytest.fixture
def ended(monkeypatch) -> set[str]:
    """Processes of Ray that have ended; looked at all the time, and given no time."""
    ended: set[str] = set()
    monkeypatch.setattr(ray_internals, "ended_processes", lambda: set(ended))
    monkeypatch.setattr(own_ray, "_EVERY", 0.01)
    monkeypatch.setattr(own_ray, "_GRACE", 0.01)
    return ended


@pytest.fixture
def last(monkeypatch) -> threading.Event:
    """That the process would end."""
    last = threading.Event()
    monkeypatch.setattr(own_ray, "_end", lambda say: last.set())
    return last


def watcher() -> threading.Thread:
    return next(thread for thread in threading.enumerate() if thread.name == "last-words")


def test_processes_that_end_because_they_are_asked_to_end_nothing_else(ended, last):
    with own_ray.last_words(print) as asked:
        thread = watcher()
        asked()
        ended.add("gcs_server")
        thread.join(_PATIENCE)
        assert not thread.is_alive(), "nobody looks any more"
    assert not last.is_set()


def test_a_control_process_that_had_ended_before_is_told_though_ray_is_shut_down(ended, last):
    with own_ray.last_words(print) as asked:
        ended.add("gcs_server")
        asked()
        assert last.wait(_PATIENCE)
