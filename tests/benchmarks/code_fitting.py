"""Fitting the codes of 25 unseen sequences in one batch against one after another, at the laptop preset.

    python -m tests.benchmarks.code_fitting [--threads 1] [--rounds 7] [--replicates 1 4 8]

The same step of the same class: all codes of all replicates together, or a model with one replicate and one unseen
sequence, 25 R times. Both are timed in turn within each round; a ratio is the median over rounds.
"""

from __future__ import annotations

import argparse
import platform
import time

import numpy as np
import torch

from study import catalog
from study.design.arm import Arm
from trainables.autodecoder.latent_generalization import LatentGeneralization, LatentGeneralizationConfiguration
from trainables.shapes.sphere import unseen_spheres

STEPS = 20


def fitting(replicates: int, unseen: int, points: int) -> LatentGeneralization:
    """A model whose decoder is taken as trained, ready to fit codes of `unseen` sequences."""
    study = catalog.load("latent-generalization", "laptop")
    configuration = study.configured(Arm("none", "sparse"), {}, "confirm")
    assert isinstance(configuration, LatentGeneralizationConfiguration)
    configuration.unseen, configuration.code_fitting_points = unseen_spheres()[:unseen], points
    fields, timeline = configuration.model_dump(mode="json"), study.supervisions["sparse"]
    model = LatentGeneralization(fields, timeline, list(range(replicates)), torch.device("cpu"))
    model.epoch = configuration.epochs
    model.train_epoch()
    return model


def seconds(model: LatentGeneralization) -> float:
    """Of one step, the mean of a few."""
    began = time.perf_counter()
    for _ in range(STEPS):
        model.train_epoch()
    return (time.perf_counter() - began) / STEPS


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--replicates", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--points", type=int, nargs="+", default=[5, 32], help="points per fitted time and step")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, {arguments.threads} threads")
    count = len(unseen_spheres())
    for points in arguments.points:
        one = fitting(1, 1, points)
        for replicates in arguments.replicates:
            together = fitting(replicates, count, points)
            ratios = [count * replicates * seconds(one) / seconds(together) for _ in range(arguments.rounds)]
            print(
                f"{points:3} points, R = {replicates}: one after another / together {np.median(ratios):.1f}", flush=True
            )


if __name__ == "__main__":
    main()
