"""A small study, and benches to search it on."""

import pytest

from study import catalog
from study.design.study import Study
from tests.study.bench import Bench


@pytest.fixture
def small_study() -> Study:
    """The bifurcation study's smoke preset with six trials in each of its arms."""
    study = catalog.load("bifurcation", "smoke")
    study.trials = 6
    study.controls = []
    study.pruning.least_trials = 6
    study.methods = {name: study.methods[name] for name in ("none", "sinkhorn", "linear-blend")}
    return study


@pytest.fixture
def bench(tmp_path, small_study) -> Bench:
    return Bench(tmp_path, small_study)


@pytest.fixture
def another_bench(tmp_path, small_study) -> Bench:
    return Bench(tmp_path / "another", small_study)
