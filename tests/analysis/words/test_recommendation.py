"""What to do with the answer: named only where the run shows it, with its strength and its price."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.words.facts import gather
from analysis.words.recommendation import recommendation
from tests.analysis.simulated import arm, ensemble, write

Opener = Callable[..., analysis.Run]
METHODS = ("none", "sinkhorn", "linear-blend")


def said(run: analysis.Run) -> str:
    return recommendation(gather(run))


def test_the_method_that_helps_is_named_with_its_strength_and_cost(write_run: Callable[..., Path]) -> None:
    folder = write_run(methods=("none", "sinkhorn"), dense_factor=0.0)
    trials = pd.read_parquet(folder / "trials.parquet")
    trials.loc[trials["method"] == "sinkhorn", "seconds"] = 25.0
    trials.to_parquet(folder / "trials.parquet")
    text = said(analysis.load(folder))
    assert text.startswith("Under sparse supervision use sinkhorn with alpha 0.")
    assert "whose training took 2.0 × as long as that of 'none'" in text
    assert "; under dense supervision stay with 'none'" in text
    assert text in analysis.render(analysis.load(folder), drawings=[]).replace("&#39;", "'").replace("\u00a0", " ")


def test_a_method_without_network_is_recommended_where_it_is_the_best(run_of: Opener) -> None:
    level = {"none": 0.3, "sinkhorn": 0.15, "linear-blend": 0.02}
    text = said(run_of(methods=METHODS, level=level, supervisions=("sparse",)))
    assert text.startswith("Use linear-blend, without any network (Chamfer distance 0.0")
    assert "the best with a network is sinkhorn, 0." in text
    worse = said(run_of(methods=METHODS, level=level | {"linear-blend": 0.5}, supervisions=("sparse",)))
    assert worse.startswith("Use sinkhorn with alpha")
    assert "linear-blend" not in worse


def chosen_among(tmp_path: Path, ensembles: dict[str, float], deviation: float = 0.001) -> str:
    """What is said of single networks that are all alike, with these ensembles; sinkhorn's are not shown better."""
    random = np.random.default_rng(0)
    arms = {name: arm(name, random.normal(0.2, 0.01, (6, 1, 1)), setting="best") for name in ("none", "sinkhorn")}
    arms["linear-blend"] = arm("linear-blend", 0.05, setting="best")
    together = [ensemble(arms[name], value, deviation) for name, value in ensembles.items()]
    together.append(ensemble(arms["linear-blend"], 0.05, draws=0).assign(replicates=1))
    record = {"objective": {"metric": "chamfer"}, "supervisions": ["sparse"], "methods": list(arms)}
    return said(analysis.load(write(tmp_path / "results", "s", list(arms.values()), ensembles=together, **record)))


def test_the_ensemble_decides_and_its_number_is_told_beside_that_of_single_networks(tmp_path: Path) -> None:
    text = chosen_among(tmp_path / "far", {"none": 0.09, "sinkhorn": 0.02})
    assert text.startswith("Use sinkhorn (chamfer 0.0200, the mean of 6 networks, 95 % interval 0.0")
    assert "single networks 0.199" in text
    text = chosen_among(tmp_path / "rule", {"none": 0.09, "sinkhorn": 0.06})
    assert text.startswith("Use linear-blend, without any network (chamfer 0.0500; the best with a network is sinkhorn")


def test_an_ensemble_that_is_not_shown_to_be_better_is_not_recommended(tmp_path: Path) -> None:
    text = chosen_among(tmp_path, {"none": 0.021, "sinkhorn": 0.02}, deviation=0.01)
    assert text.startswith("Stay with 'none' (chamfer 0.0210, the mean of 6 networks")


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
