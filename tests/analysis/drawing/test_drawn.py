"""Which methods figures of curves draw, where there are more of them than a reader tells apart."""

from __future__ import annotations

from pathlib import Path

import analysis
from analysis import figures
from analysis.drawing import drawn
from tests.analysis import simulated

RULES = [f"rule-{n}" for n in range(6)]
NETWORKS = [f"network-{n}" for n in range(12)]
ANCHORED = [f"anchored+part-{n}" for n in range(4)]


def opened(results: Path, networks: list[str], rules: list[str]) -> analysis.Run:
    """Baseline 0.9; of each kind the later are the better, and networks worse than all others."""
    levels = {"none": 0.9} | {name: 0.8 - 0.01 * place for place, name in enumerate(networks)}
    levels |= {name: 0.3 - 0.01 * place for place, name in enumerate([*ANCHORED, *rules])}
    arms = [
        simulated.arm(name, level + simulated.TIMES / 1000, replicates=2, setting="best")
        for name, level in levels.items()
    ]
    named = {"methods": list(levels), "references": dict.fromkeys(rules, "classical rule")}
    metrics = [{"name": "chamfer", "label": "Chamfer distance", "unit": "domain units", "better": "lower"}]
    return analysis.load(simulated.write(results, "many", arms, metrics=metrics, **named))


def test_few_methods_are_all_drawn(tmp_path: Path) -> None:
    run = opened(tmp_path, NETWORKS[:5], RULES[:2])
    methods = ["none", *NETWORKS[:5], *ANCHORED, *RULES[:2]]
    assert drawn.drawn(run, reversed(methods)) == methods
    assert drawn.left_out(run, methods) == ""


def test_of_many_the_baseline_and_the_best_of_each_kind_are(tmp_path: Path) -> None:
    run = opened(tmp_path, NETWORKS, RULES)
    kept = ["none", *NETWORKS[-4:], *ANCHORED, *RULES[-3:]]
    assert drawn.drawn(run, run.per_time["method"]) == kept
    assert drawn.left_out(run, run.per_time["method"]) == (
        " Of 23 methods, 9 methods with a network and 3 rules without one are drawn: 'none' and the best of each kind "
        "on validation times; the tables have all."
    )


def test_curves_and_their_caption_are_of_those(tmp_path: Path) -> None:
    run = opened(tmp_path, NETWORKS, RULES)
    figure = figures.draw("interpolation", run)
    figures.png(figure)
    assert len([axis for axis in figure.axes if axis.get_title(loc="left")]) == drawn.MOST
    (drawing,) = figures.drawings(run, only=["interpolation"], scale=0.5)
    assert "Of 23 methods, " in drawing.caption
    assert "network-0" not in drawing.alternative


def test_before_anything_is_confirmed_the_first_are_drawn(tmp_path: Path) -> None:
    run = opened(tmp_path, NETWORKS, RULES)
    run.per_time["role"] = "train"
    assert drawn.drawn(run, ["none", *NETWORKS, *RULES])[:3] == ["none", *NETWORKS[:2]]


def test_without_the_baseline_as_many_are_drawn(tmp_path: Path) -> None:
    run = opened(tmp_path, NETWORKS, RULES)
    assert len(drawn.drawn(run, [*NETWORKS, *RULES])) == drawn.MOST
