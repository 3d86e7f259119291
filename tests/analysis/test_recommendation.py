"""What to do with the answer: named only where the run shows it, with its strength and its price."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import analysis
from analysis.facts import gather
from analysis.recommendation import recommendation

Opener = Callable[..., analysis.Run]
METHODS = ("none", "sinkhorn", "linear-blend")


def said(run: analysis.Run) -> str:
    return recommendation(gather(run))


def test_the_method_that_helps_is_named_with_its_strength_and_cost(write_run: Callable[..., Path]) -> None:
    folder = write_run(methods=METHODS, dense_factor=0.0)
    trials = pd.read_parquet(folder / "trials.parquet")
    trials.loc[trials["method"] == "sinkhorn", "seconds"] = 25.0
    trials.to_parquet(folder / "trials.parquet")
    text = said(analysis.load(folder))
    assert text.startswith("Under sparse supervision use sinkhorn with alpha 0.")
    assert "whose training took 2.0 × as long as that of 'none'" in text
    assert "; under dense supervision stay with 'none'" in text
    assert text in analysis.render(analysis.load(folder), drawings=[]).replace("&#39;", "'").replace("\u00a0", " ")


def test_a_method_without_network_is_named_where_it_is_better(run_of: Opener) -> None:
    level = {"none": 0.3, "sinkhorn": 0.15, "linear-blend": 0.02}
    text = said(run_of(methods=METHODS, level=level, supervisions=("sparse",)))
    assert text.startswith("Use sinkhorn with alpha")
    assert "or without any network with linear-blend (0.0" in text
    worse = said(run_of(methods=METHODS, level=level | {"linear-blend": 0.5}, supervisions=("sparse",)))
    assert "linear-blend" not in worse


def test_where_more_is_better_the_best_is_the_highest(write_run: Callable[..., Path]) -> None:
    import json

    level = {"none": 0.3, "sinkhorn": 0.1, "barycenter": 0.2}
    folder = write_run(methods=tuple(level), level=level, supervisions=("sparse",))
    record = json.loads((folder / "study.json").read_text())
    record["objective"] = {"metric": "dice", "direction": "maximize", "role": "validation"}
    (folder / "study.json").write_text(json.dumps(record))
    assert said(analysis.load(folder)).startswith("Use sinkhorn")


@pytest.mark.parametrize(
    "plan",
    [
        {"replicates": 1},
        {"status": "running"},
        {"confirmed": False},
        {"lost_arms": (("none", "sparse"),)},
        {"methods": ("none",)},
    ],
)
def test_nothing_is_recommended_where_nothing_is_known(run_of: Opener, plan: dict[str, object]) -> None:
    assert said(run_of(**({"methods": METHODS, "supervisions": ("sparse",)} | plan))) == ""
