"""How long it takes to open a large run, and to make its bands and comparisons: `python -m tests.benchmarks.tables`.

1,000 trials × 10 replicates × 30 times, in 10 arms (5 methods × 2 supervisions), as a finished run keeps them.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

METHODS = ("none", "sinkhorn", "barycenter", "sinkhorn+barycenter", "temporal-smoothness")
METRICS = ["chamfer", "hausdorff", "dice"]
ARM, REPLICATES, TIMES = 100, 10, 30


def write(folder: Path) -> Path:
    """Write the run folder, and return it."""
    random = np.random.default_rng(0)
    (folder / "per_time").mkdir(parents=True)
    replicate, index = np.repeat(np.arange(REPLICATES), TIMES), np.tile(np.arange(TIMES), REPLICATES)
    role = np.where(index % 10 == 0, "train", np.where(index % 2, "validation", "test"))
    rows: dict[str, list[pd.DataFrame]] = {"search": [], "confirm": []}
    trials = []
    for method in METHODS:
        for supervision in ("sparse", "dense"):
            for number in range(ARM):
                setting = ("best", "published")[number] if number < 2 else "search"
                phase = "confirm" if number < 2 else "search"
                address = {"study": "bifurcation", "run": "large", "phase": phase, "setting": setting}
                last = setting if number < 2 else f"{number:04d}"
                address |= {"trial": f"{phase}-{method}-{supervision}-{last}"}
                address |= {"method": method, "supervision": supervision}
                values = {name: random.random(len(index)) for name in METRICS}
                place = {"replicate": replicate, "seed": 1000 + replicate, "sequence": "one"}
                place |= {"time_index": index, "time": index / (TIMES - 1), "role": role}
                rows[phase].append(pd.DataFrame(address | place | values | {"empty": False}))
                trials.append(address | {"number": number, "state": "complete", "objective": random.random()})
    for phase, parts in rows.items():
        pd.concat(parts, ignore_index=True).to_parquet(folder / "per_time" / f"{phase}.parquet")
    pd.DataFrame(trials).to_parquet(folder / "trials.parquet")
    (folder / "study.json").write_text(json.dumps({"study": "bifurcation", "run": "large", "status": "finished"}))
    return folder


INSIDE = """
import sys, time
start = time.perf_counter()
import analysis
imported = time.perf_counter()
run = analysis.load(sys.argv[1])
rows = len(run.trials), len(run.per_time)
loaded = time.perf_counter()
metrics = sys.argv[2].split(",")
bands = [analysis.iqr_bands(run.per_time, metric) for metric in metrics]
banded = time.perf_counter()
analysis.compare(run.per_time, metrics)
compared = time.perf_counter()
analysis.iqr_bands(run.per_time, bootstrap=1000)
ended = time.perf_counter()
print(*rows, imported - start, loaded - imported, banded - loaded, compared - banded, ended - compared)
"""


def main() -> None:
    """Print the medians of five runs, each in a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = write(Path(place) / "bifurcation" / "large")
        measured = []
        for _ in range(5):
            command = [sys.executable, "-c", INSIDE, str(folder), ",".join(METRICS)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            measured.append([float(value) for value in done.stdout.split()])
            time.sleep(0.2)
    trials, rows, *seconds = np.median(measured, axis=0)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, pandas {pd.__version__}")
    print(f"{trials:.0f} trials, {rows:.0f} rows per time, {len(METRICS)} metrics; seconds, median of five processes\n")
    names = ("import analysis", "load", "bands", "compare", "bands with 1000 bootstrap resamples")
    for name, value in zip(names, seconds, strict=True):
        print(f"{name:40s} {value:6.2f}")
    print(f"{'load + bands + compare':40s} {sum(seconds[1:4]):6.2f}")


if __name__ == "__main__":
    main()
