"""Which of Optuna's samplers finds more with the few trials of an arm: objectives like a search's, equal budgets.

    python -m tests.benchmarks.samplers [--repeats 20] [--names tpe,random,gp,nsgaii,cmaes]

A valley in the logarithms of four parameters (learning rate, weights of regularizers) that lie across each other, and a
choice, with noise as between seeds. `cmaes` needs the package of that name.
"""

from __future__ import annotations

import argparse
import math
import warnings

import numpy as np
import optuna
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler

BUDGETS = (12, 30, 100)
WORST = (3.0, 3.0)
"""Of both objectives, from which the area is measured that a front of two covers."""


def sampler(name: str, seed: int, trials: int) -> BaseSampler:
    startup = max(2, min(10, trials // 3))
    match name:
        case "random":
            return RandomSampler(seed=seed)
        case "gp":
            return GPSampler(seed=seed, n_startup_trials=startup)
        case "nsgaii":
            return NSGAIISampler(seed=seed, population_size=max(4, trials // 4))
        case "cmaes":
            return CmaEsSampler(seed=seed, n_startup_trials=startup, warn_independent_sampling=False)
    return TPESampler(seed=seed, n_startup_trials=startup, multivariate=True, constant_liar=False)


class Valley:
    """Least at a place of its own; what it returns is noisy, `true` is not."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.least = self.random.uniform(0.2, 0.8, 4)
        self.turn = np.linalg.qr(self.random.normal(size=(4, 4)))[0] * np.array([4, 2, 1, 0.5])

    def true(self, trial: optuna.trial.BaseTrial) -> float:
        place = [trial.suggest_float(f"x{i}", 1e-4, 1.0, log=True) for i in range(4)]
        off = self.turn.T @ (1 + np.log10(place) / 4 - self.least)
        penalty = {"a": 0.0, "b": 0.1, "c": 0.3}[trial.suggest_categorical("kind", ("a", "b", "c"))]
        return float(np.sqrt(off @ off)) + penalty

    def seconds(self, trial: optuna.trial.BaseTrial) -> float:
        """The second objective: what costs more lies elsewhere."""
        return float(1 + math.log10(trial.suggest_float("x0", 1e-4, 1.0, log=True)) / 4)

    def noisy(self, trial: optuna.trial.BaseTrial) -> float:
        return self.true(trial) + float(self.random.normal(0, 0.05))


def chosen(name: str, seed: int, trials: int) -> float:
    """What the setting with the least noisy objective is worth."""
    valley = Valley(seed)
    study = optuna.create_study(sampler=sampler(name, seed, trials))
    study.optimize(valley.noisy, n_trials=trials)
    return valley.true(optuna.trial.FixedTrial(study.best_params))


def covered(name: str, seed: int, trials: int) -> float:
    """The area that the front of both objectives covers."""
    valley = Valley(seed)
    study = optuna.create_study(directions=["minimize", "minimize"], sampler=sampler(name, seed, trials))
    study.optimize(lambda trial: (valley.noisy(trial), valley.seconds(trial)), n_trials=trials)
    front = sorted((valley.true(one), valley.seconds(one)) for one in
                   (optuna.trial.FixedTrial(trial.params) for trial in study.best_trials))  # fmt: skip
    area, height = 0.0, WORST[1]
    for first, second in front:
        if second < height and first < WORST[0]:
            area, height = area + (WORST[0] - first) * (height - second), second
    return area


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--names", default="tpe,random,gp,nsgaii")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    for what, measure, without in (("least", chosen, ()), ("area", covered, ("cmaes",))):
        for name in [name for name in arguments.names.split(",") if name not in without]:
            cells = []
            for budget in BUDGETS:
                found = [measure(name, seed, budget) for seed in range(arguments.repeats)]
                cells.append(f"{np.mean(found):.3f} ± {np.std(found) / math.sqrt(len(found)):.3f}")
            print(f"| {what} | `{name}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
