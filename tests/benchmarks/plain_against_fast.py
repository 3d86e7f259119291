"""Does the fast training end where the plain one does? The bifurcation study's test-time results with both.

    python -m tests.benchmarks.plain_against_fast [--preset laptop] [--methods none sinkhorn] [--ways fast plain]
        [--replicates R] [--epochs N]

Fast is what a study runs on the CPU: the fused decoder and the compiled transport. Plain is the decoder layer by layer
and the transport in PyTorch's own operations. Both start from the same seeds and see the same points; rounding then
drives them apart, so that they are compared as the replicates are: the difference of the two means over replicates,
against the standard deviation over replicates. Fewer epochs than the preset's shorten warm-up, code ramp and the
schedule of the learning rate in proportion. Costs are seconds of processor time, which other work disturbs less.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from unittest.mock import patch

import numba
import numpy as np
import pandas as pd
import torch

from study.catalog import load
from study.design.study import Study
from trainables import transport
from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.decoder import Decoder
from trainables.base import Request, open_trainable

METRICS = ("chamfer", "dice")


@contextmanager
def plain() -> Iterator[None]:
    """Decoder and Sinkhorn divergences without compiled code."""
    slow = partial(transport.sinkhorn_divergence, backend="plain")
    with patch.object(Decoder, "forward", Decoder.plainly), patch.object(transport, "sinkhorn_divergence", slow):
        yield


def shortened(method: AutodecoderConfiguration, epochs: int) -> AutodecoderConfiguration:
    """`method` with fewer epochs and everything that is counted in epochs in proportion."""
    share = epochs / method.epochs

    def fewer(number: int) -> int:
        return max(1, round(share * number))

    method = method.model_copy(deep=True)
    method.epochs, method.halve_every = epochs, fewer(method.halve_every)
    method.code_ramp = fewer(method.code_ramp)
    for regularizer in method.regularizers.values():
        regularizer.warm_up = fewer(regularizer.warm_up)
    return method


def run(study: Study, method: AutodecoderConfiguration, seeds: list[int]) -> tuple[pd.DataFrame, str]:
    """Means over the test times, one row per replicate; what an epoch (median) and the evaluation cost."""
    request = Request(
        labels={},
        implementation=method.implementation,
        configuration=method.model_dump(mode="json"),
        timeline=study.supervisions["sparse"].model_dump(mode="json"),
        seeds=seeds,
        roles=["test"],
        metric=study.objective.metric,
        objective_role="validation",
        report_epochs=[],
        checkpoint="",
    )
    trainable = open_trainable(request, torch.device("cpu"))
    taken = np.empty(trainable.epochs)
    for epoch in range(trainable.epochs):
        began = time.process_time()
        trainable.train_epoch()
        taken[epoch] = time.process_time() - began
    if trainable.guard.reasons:
        print("  diverged:", *trainable.guard.reasons.values())
    warm_up = method.warm_up_epochs()
    parts = {"in warm-up": taken[:warm_up], "after it": taken[warm_up:]} if warm_up else {"": taken}
    cost = ", ".join(f"{np.median(part):.3g} s {name}".rstrip() for name, part in parts.items())
    began = time.process_time()
    scores = pd.DataFrame(trainable.rows({"test"})).groupby("replicate")[list(METRICS)].mean()
    return scores, f"an epoch {cost}; evaluation {time.process_time() - began:.3g} s"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--preset", default="laptop")
    parser.add_argument("--methods", nargs="+", default=["none", "sinkhorn"])
    parser.add_argument("--ways", nargs="+", choices=["fast", "plain"], default=["fast", "plain"])
    parser.add_argument("--replicates", type=int)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    study = load("bifurcation", arguments.preset)
    seeds = study.seeds("confirm")[: arguments.replicates]
    print(
        f"{platform.processor() or platform.machine()}, torch {torch.__version__}, numba {numba.__version__}, "
        f"{arguments.threads} threads\npreset {arguments.preset}, sparse, {len(seeds)} replicates"
    )
    for name in arguments.methods:
        method = study.methods[name]
        assert isinstance(method, AutodecoderConfiguration)
        epochs = arguments.epochs or method.epochs
        print(f"\n{name}, {epochs} of {method.epochs} epochs", flush=True)
        method = shortened(method, epochs)
        found = {}
        for way in arguments.ways:
            with plain() if way == "plain" else nullcontext():
                found[way], cost = run(study, method, seeds)
            spread = found[way].std(ddof=1)
            scores = ", ".join(f"{m} {found[way][m].mean():.4f} ± {spread[m]:.4f}" for m in METRICS)
            print(f"  {way:6} {scores}; {cost}", flush=True)
        if len(found) < 2 or len(seeds) < 2:
            continue
        for metric in METRICS:
            fast, slow = found["fast"][metric], found["plain"][metric]
            apart, spread = abs(fast.mean() - slow.mean()), max(fast.std(ddof=1), slow.std(ddof=1))
            verdict = "within" if apart <= spread else "NOT within"
            print(f"  {metric}: means {apart:.4f} apart, {verdict} the replicates' spread {spread:.4f}")


if __name__ == "__main__":
    main()
