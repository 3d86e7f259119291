"""Successive halving, against Optuna's pruner."""

import math
import random

import optuna
import pytest
from optuna.pruners import SuccessiveHalvingPruner

from study.trials.halving import promoted


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("seed", range(8))
def test_it_decides_as_optunas_pruner_does(direction, factor, seed):
    """Trials that run beside each other and reach their rungs in any order; values repeat, and some are no numbers."""
    draw, first = random.Random(seed), 5
    pruner = SuccessiveHalvingPruner(min_resource=first, reduction_factor=factor)
    study = optuna.create_study(direction=direction, pruner=pruner)
    running = dict.fromkeys((study.ask() for _ in range(30)), 0)
    met: dict[int, list[float]] = {}
    while running:
        trial = draw.choice(list(running))
        rung = running[trial]
        value = draw.choice([math.nan, *[round(draw.uniform(-1, 1), 1) for _ in range(12)]])
        trial.report(value, first * factor**rung)
        goes_on = promoted(value, met.setdefault(rung, []), factor, direction == "minimize")
        assert goes_on == (not trial.should_prune())
        met[rung].append(value)
        running[trial] += 1
        if not goes_on or rung == 2:
            del running[trial]
    assert len(met) > 1


@pytest.mark.parametrize("seed", range(5))
def test_what_is_promoted_depends_on_neither_order_nor_scale_of_the_rivals(seed):
    draw = random.Random(seed)
    for _ in range(50):
        rivals = [draw.gauss(0, 1) for _ in range(draw.randrange(12))]
        value, factor = draw.gauss(0, 1), draw.choice([2, 3])
        goes_on = promoted(value, rivals, factor)
        assert promoted(value, draw.sample(rivals, len(rivals)), factor) == goes_on
        assert promoted(math.exp(value), [math.exp(rival) for rival in rivals], factor) == goes_on
        assert promoted(-value, [-rival for rival in rivals], factor, minimize=False) == goes_on
        assert not goes_on or promoted(value - 1, rivals, factor), "better is never worse"


def test_what_is_no_number_never_goes_on_and_stops_nobody():
    assert not promoted(math.nan, [], 2)
    assert promoted(5.0, [math.nan, math.nan], 2)
