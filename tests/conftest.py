"""Before anything is imported: where tests run side by side, each keeps to one thread, as trials do. Cases that nobody
chose are the same in every run, and nothing of them is kept. Files that take longest are begun first, so that none is
left to run alone at the end."""

import os
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")

LONGEST = (
    "study/clusters/test_on_hosts.py",
    "study/test_run.py",
    "study/test_api.py",
    "study/running/test_kill.py",
    "study/running/test_stopping.py",
    "study/design/test_every_study.py",
    "test_pages.py",
    "study/test_security.py",
    "study/wrong_input/test_cases.py",
    "study/running/test_failing_trials.py",
    "study/running/test_nodes.py",
)
"""Files of tests that take more than half a minute, from 173 to 55 s on two idle cores."""


def pytest_configure(config: pytest.Config) -> None:
    """pytest-xdist would begin with the files of most tests, and the longest files are of few."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        longest_first(items)


def longest_first(items: list[pytest.Item]) -> None:
    """The tests of `LONGEST` first, and otherwise as they were."""
    place = {Path(__file__).parent / file: number for number, file in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))
