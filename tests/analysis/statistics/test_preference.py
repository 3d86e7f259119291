"""Which method to use: the best on validation times, unless one that trains nothing is about as good."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.statistics import ensembles, preference
from analysis.testing.runs import change
from tests.analysis.simulated import arm, write


def run_of(folder: Path, levels: dict[str, float], untrained: tuple[str, ...] = (), **record: object) -> analysis.Run:
    """A run whose methods have these errors everywhere; `untrained` are those of no epoch."""
    rows = [arm(name, level, setting="best") for name, level in levels.items()]
    whole = {"objective": {"metric": "chamfer"}, "references": {"linear-blend": "floor"}} | record
    written = write(folder / "results", "s", rows, **whole)
    table = pd.concat(rows).drop_duplicates("trial")[["trial", "phase", "method", "supervision", "setting"]]
    table["epochs"] = [0 if method in untrained else 300 for method in table["method"]]
    table.to_parquet(written / "trials.parquet")
    return analysis.load(written)


def names(run: analysis.Run) -> list[str]:
    return [row["method"] for row in preference.preferred(run, ensembles.league(run, role="validation"))]


def test_methods_that_train_nothing_are_rules_and_those_without_an_epoch(tmp_path: Path) -> None:
    run = run_of(tmp_path, {"none": 0.2, "anchored": 0.1, "linear-blend": 0.3}, untrained=("anchored",))
    assert preference.untrained(run) == {"anchored", "linear-blend"}


@pytest.mark.parametrize(
    ("levels", "first"),
    [
        ({"none": 0.100, "linear-blend": 0.104}, "linear-blend"),
        ({"none": 0.100, "linear-blend": 0.106}, "none"),
        ({"none": 0.100, "anchored": 0.103, "linear-blend": 0.104}, "anchored"),
        ({"none": 0.100, "sinkhorn": 0.101, "linear-blend": 0.2}, "none"),
        ({"none": 0.0, "linear-blend": 0.0}, "linear-blend"),
    ],
)
def test_a_method_is_worth_its_training_beyond_the_margin(tmp_path: Path, levels: dict[str, float], first: str) -> None:
    run = run_of(tmp_path, levels, untrained=("anchored",))
    assert names(run)[0] == first
    assert sorted(names(run)) == sorted(levels)
    rows = preference.preferred(run, ensembles.league(run, role="validation"))
    best = preference.passed_over(run, rows)
    assert (best is None) == (levels[first] == min(levels.values()))
    (line,) = [row for row in analysis.standing(run).to_dict("records") if row["chosen"]]
    assert (line["method"], line["trained"]) == (first, first in ("none", "sinkhorn"))


def test_the_order_of_what_is_not_within_the_margin_is_by_the_error_alone(tmp_path: Path) -> None:
    levels = {"none": 0.1, "linear-blend": 0.104, "sinkhorn": 0.102, "volume-blend": 0.2, "barycenter": 0.3}
    references = {"linear-blend": "floor", "volume-blend": "classical rule"}
    run = run_of(tmp_path, levels, references=references)
    assert names(run) == ["linear-blend", "none", "sinkhorn", "volume-blend", "barycenter"]


def test_where_more_is_better_there_is_no_margin(tmp_path: Path) -> None:
    """A share of a score that is nearly 1 says nothing of what is left to gain."""
    run = run_of(tmp_path, {"none": 0.99, "linear-blend": 0.98})
    change(Path(run.location), objective={"metric": "chamfer", "direction": "maximize"})
    run = analysis.load(run.location)
    assert names(run) == ["none", "linear-blend"]
    assert preference.passed_over(run, preference.preferred(run, ensembles.league(run, role="validation"))) is None


@pytest.mark.parametrize(("noise", "first"), [(0.0005, "sinkhorn"), (0.02, "linear-blend")])
def test_over_sequences_a_gain_is_worth_its_training_where_it_is_more_than_the_noise(
    tmp_path: Path, noise: float, first: str
) -> None:
    """2 % on the average of eight sequences: several standard errors, or a part of one."""
    each = np.random.default_rng(0).normal(0.0, noise, (1, 8, 1))
    labels = tuple(f"cell-{k}" for k in range(8))
    rows = [
        arm(name, level, setting="best", sequences=labels, replicates=1)
        for name, level in (("none", 0.2), ("sinkhorn", 0.098 + each - each.mean()), ("linear-blend", 0.1))
    ]
    record = {"objective": {"metric": "chamfer"}, "references": {"linear-blend": "floor"}, "unit": "sequence"}
    run = analysis.load(write(tmp_path / "results", "s", rows, validation="other-sequences", **record))
    assert names(run)[0] == first
