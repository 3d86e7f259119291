"""Seconds of one trial of `bifurcation` in the plane, by method, and what the whole study takes.

    python -m tests.benchmarks.plane [--preset paper] [--epochs 3]

So many epochs of each arm are timed, before and after its warm-up, and counted up to its own number; processor time of
one thread, so that other guests of a machine add little. The whole: every search trial at full length, and best and
published setting of every arm with all replicates. Early stopping and trials that need no training of their own make
it less.
"""

from __future__ import annotations

import argparse
import json
import time

import torch

from study import catalog
from study.design.arm import Arm
from study.design.study import Study
from trainables.base import resolve


def seconds(study: Study, arm: Arm, epochs: int) -> float:
    """Processor seconds of a trial of the arm, one replicate."""
    method = study.methods[arm.method]
    began = time.process_time()
    trial = resolve(method.implementation)(  # type: ignore[call-arg]
        json.loads(method.model_dump_json()), study.timeline(arm.supervision, "search"), [1], torch.device("cpu")
    )
    total = time.process_time() - began
    warm_up = min(method.warm_up_epochs(), trial.epochs)
    for first, count in ((0, warm_up), (warm_up, trial.epochs - warm_up)):
        timed = min(epochs, count)
        trial.epoch, began = first, time.process_time()
        for _ in range(timed):
            trial.train_epoch()
        total += (time.process_time() - began) * count / max(1, timed)
    began = time.process_time()
    trial.rows({"train", "validation"})
    return total + time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="paper")
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    study = catalog.load("bifurcation", options.preset, dimension=2)
    whole = 0.0
    seconds(study, Arm(study.baseline, "sparse"), 1)  # what is compiled once is compiled
    for method in study.usual or list(study.methods):
        for supervision in study.supervisions:
            arm = Arm(method, supervision)
            one = seconds(study, arm, options.epochs)
            trained = study.methods[method].epochs > 0
            settings = 2 if study.arm_space(arm) and study.trials > 1 else 1
            whole += one * (study.arm_trials(arm) + (settings * study.replicates if trained else settings))
            print(f"{method:30}{supervision:8}{one:8.1f} s", flush=True)
    print(f"the whole: {whole / 3600:.1f} core-hours, {whole / 120:.0f} minutes on two cores")


if __name__ == "__main__":
    main()
