"""Small run folders, opened (:mod:`analysis.testing.runs`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import analysis
from analysis.testing.runs import Plan, write


@pytest.fixture
def write_run(tmp_path: Path) -> Callable[..., Path]:
    """``write_run(status="running", …)`` writes ``results/<study>/<run>/`` by a :class:`Plan` and returns
    that folder."""

    def make(**wishes: Any) -> Path:
        plan = Plan(**wishes)
        return write(tmp_path / "results" / plan.study / plan.run, plan)

    return make


@pytest.fixture(scope="session")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., analysis.Run]:
    """``run_of(replicates=1, …)``: such a run, opened, only to look at; the same wishes give the same run."""
    opened: dict[str, analysis.Run] = {}

    def make(**wishes: Any) -> analysis.Run:
        plan = Plan(**wishes)
        if repr(plan) not in opened:
            opened[repr(plan)] = analysis.load(write(tmp_path_factory.mktemp("run") / plan.study / plan.run, plan))
        return opened[repr(plan)]

    return make


@pytest.fixture(scope="session")
def whole(run_of: Callable[..., analysis.Run]) -> analysis.Run:
    """A finished run with everything in it, to be looked at only."""
    return run_of()


@pytest.fixture(scope="session")
def drawings(whole: analysis.Run) -> list[analysis.figures.Drawing]:
    """The figures of ``whole``, drawn once."""
    return analysis.figures.drawings(whole, scale=1.0)
