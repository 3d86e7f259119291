"""How fast optimal transport on grids is: ratios, measured in one run on one machine.

    python -m tests.benchmarks.transport [--write] [--threads N] [--only divergence memory scaling barycenter large]

Medians of value and gradient of the Sinkhorn divergences of 29 consecutive pairs of the bifurcation sequence on an 11³
grid at a blur of 0.05 (the published setting), against GeomLoss, plain PyTorch and the arithmetic limit: the
exponentials and additions of the schedule, vectorised, in the cache, on the same threads. Then the memory, how the cost
grows with the grid, and barycenters. ``--write`` puts the tables and the figure beside this file.
"""

import argparse
import functools
import importlib.metadata
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import grid_points, grid_spacing
from trainables.transport import barycenter, sinkhorn_divergence
from trainables.transport.epsilon import epsilon_schedule
from trainables.transport.grid import Grid
from trainables.transport.measures import shape_measure

HERE = Path(__file__).parent
BLUR, BETA, SIDE, FRAMES = 0.05, 8.0, 11, 30
SIZES = (11, 16, 23, 32, 45, 64)
SECTIONS = ("divergence", "memory", "scaling", "barycenter", "large")

Case = Callable[[], object]


def frames(side: int, number: int = FRAMES) -> torch.Tensor:
    """Measures of the bifurcation sequence, ``[number, side, side, side]``."""
    points = grid_points(side)
    sdf = torch.stack([Bifurcation().sdf(points, float(t)) for t in torch.linspace(0, 1, number)])
    return shape_measure(sdf, BETA, 3)


def updates(side: int) -> int:
    """Updates of each potential on the schedule."""
    return len(epsilon_schedule(Grid.of((side,) * 3, grid_spacing(side)).diameter, BLUR, 0.5)) + 2


def ours(measures: torch.Tensor, backend: str) -> object:
    a, b = (part.clone().requires_grad_() for part in (measures[:-1], measures[1:]))
    value = sinkhorn_divergence(a, b, grid_spacing(measures.shape[-1]), blur=BLUR, backend=backend).value
    return torch.autograd.grad(value.sum(), (a, b))


def geomloss(measures: torch.Tensor, backend: str) -> object:
    from geomloss import SamplesLoss

    pairs, side = len(measures) - 1, measures.shape[-1]
    a, b = (part.flatten(1).clone().requires_grad_() for part in (measures[:-1], measures[1:]))
    cloud = grid_points(side, measures.device).reshape(1, -1, 3).expand(pairs, -1, -1).contiguous()
    value = SamplesLoss("sinkhorn", p=2, blur=BLUR, backend=backend)(a, cloud, b, cloud)
    return torch.autograd.grad(value.sum(), (a, b))


def arithmetic(terms: int) -> object:
    """So many exponentials and additions, in each thread 131,072 at a time, which stay in its cache."""
    numbers = 1 << 17
    threads = torch.get_num_threads()
    x = -20 * torch.rand(threads * numbers)
    terms_left, result = terms, torch.empty_like(x)
    while terms_left > 0:
        torch.exp(x, out=result)
        torch.add(result, x, out=result)
        terms_left -= len(x)
    return result


def contenders(side: int, number: int) -> dict[str, Case | str]:
    """What is compared, or why it is not."""
    measures = frames(side, number)
    terms = 4 * updates(side) * (number - 1) * 3 * side**4
    online: Case | str = functools.partial(geomloss, measures, "online")
    if not any(shutil.which(name) for name in ("c++", "g++", "clang++")):
        online = "skipped: KeOps needs a C++ compiler, and there is none"
    return {
        "GeomLoss, tensorized": functools.partial(geomloss, measures, "tensorized"),
        "GeomLoss, online (KeOps)": online,
        "plain PyTorch": functools.partial(ours, measures, "plain"),
        "compiled": functools.partial(ours, measures, "compiled"),
        "arithmetic limit": functools.partial(arithmetic, terms),
    }


def seconds(case: Case, repeats: int, warm_up: bool = True) -> float:
    """Median wall time of a call."""
    if warm_up:
        case()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        case()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def table(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def divergence() -> str:
    taken: dict[str, float] = {}
    skipped: dict[str, str] = {}
    for name, case in contenders(SIDE, FRAMES).items():
        slow = name.startswith("GeomLoss")
        if isinstance(case, str):
            skipped[name] = case
        else:
            # KeOps compiles at the first call; the dense one has nothing to warm up.
            taken[name] = seconds(case, 3 if slow else 25, warm_up=name != "GeomLoss, tensorized")
            print(f"  {name}: {taken[name]:.4f} s", file=sys.stderr)
    dense, limit = taken["GeomLoss, tensorized"], taken["arithmetic limit"]
    rows = [[name, f"{dense / each:,.0f} ×", f"{each / limit:,.2f} ×"] for name, each in taken.items()]
    threads = torch.get_num_threads()
    if threads > 1:  # As trials run, which share the machine.
        torch.set_num_threads(1)
        cases = contenders(SIDE, FRAMES)
        fast, limit = (seconds(cases[name], 25) for name in ("compiled", "arithmetic limit"))  # type: ignore[arg-type]
        torch.set_num_threads(threads)
        rows.append(["compiled and limit, both on 1 thread", f"{dense / fast:,.0f} ×", f"{fast / limit:,.2f} ×"])
    rows += [[name, why, ""] for name, why in skipped.items()]
    return "## Published setting, value and gradient\n\n" + table(
        ["", "faster than GeomLoss, tensorized", "of the arithmetic limit"], rows
    )


def peak(name: str, side: int, number: int) -> int:
    """Bytes by which a case raises this process' memory at its highest (Linux)."""
    warm_up = contenders(3, 3)[name]
    assert not isinstance(warm_up, str)
    warm_up()
    case = contenders(side, number)[name]
    assert not isinstance(case, str)
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    case()
    return _memory("VmHWM") - before


def _memory(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return 1024 * int(line.split()[1])
    raise KeyError(field)


def memory() -> str:
    title = "## Extra memory at the published setting\n\n"
    if not Path("/proc/self/clear_refs").exists():
        return title + "skipped: measured through /proc, which this system has not"
    rows = []
    for name in ("GeomLoss, tensorized", "plain PyTorch", "compiled"):
        command = [sys.executable, "-m", "tests.benchmarks.transport", "--peak", name]
        command += ["--threads", str(torch.get_num_threads())]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = int(output.splitlines()[-1])  # KeOps prints too
        rows.append([name, f"{found / 2**20:.0f} MB"])
    return title + table(["", "peak above what it starts with"], rows)


def scaling(write: bool) -> str:
    number, cost, limits = 9, [], []
    for side in SIZES:
        cases = contenders(side, number)
        fast, limit = cases["compiled"], cases["arithmetic limit"]
        assert not isinstance(fast, str)
        assert not isinstance(limit, str)
        work = (number - 1) * side**3 * updates(side)
        taken = seconds(fast, 5 if side < 40 else 3)
        cost.append(taken / work)
        limits.append(taken / seconds(limit, 3 if side < 40 else 1))
        print(f"  {side}³: {taken:.3f} s", file=sys.stderr)
    rows = [
        [f"{side}³", f"{side / SIZES[0]:.2f}", f"{each / cost[0]:.2f}", f"{limit:.2f} ×"]
        for side, each, limit in zip(SIZES, cost, limits, strict=True)
    ]
    slope = math.log(cost[-1] / cost[0]) / math.log(SIZES[-1] / SIZES[0])
    if write:
        _figure(cost)
    return (
        f"## Cost of a voxel and iteration, {number - 1} pairs\n\n"
        + table(["grid", "side / 11", "cost / cost at 11³", "of the arithmetic limit"], rows)
        + f"\n\nThe cost grows as the side to the power {slope:.2f}.\n\n![](scaling.png)"
    )


def _figure(cost: list[float]) -> None:
    from analysis.drawing import style

    with style.context():
        figure, axes = style.panels(1, 1, 5.5, 3.6)
        axis = axes[0, 0]
        axis.loglog(SIZES, [each / cost[0] for each in cost], "o-", color=style.INK, label="measured")
        axis.loglog(SIZES, [side / SIZES[0] for side in SIZES], "--", color=style.MUTED, label="as the side length")
        axis.set_xticks(SIZES, [f"{side}³" for side in SIZES], minor=False)
        axis.set_xticks([], minor=True)
        axis.set(xlabel="grid", ylabel="cost of a voxel and iteration, 11³ = 1")
        axis.legend()
        figure.savefig(HERE / "scaling.png", metadata={"Software": None})


def indicator(side: int, number: int) -> torch.Tensor:
    """Uniform measures of the shapes themselves, ``[number, side, side, side]``."""
    points = grid_points(side)
    inside = torch.stack([Bifurcation().sdf(points, float(t)) < 0 for t in torch.linspace(0, 1, number)]).float()
    return inside / inside.sum((1, 2, 3), keepdim=True)


def _barycenters(measures: torch.Tensor, between: int) -> object:
    pairs = torch.stack([measures[:-1], measures[1:]], 1).repeat_interleave(between, 0)
    s = (torch.arange(1, between + 1) / (between + 1)).repeat(len(measures) - 1)
    spacing = grid_spacing(measures.shape[-1])
    return barycenter(pairs, torch.stack([1 - s, s], 1), spacing, spacing)


def barycenters() -> str:
    import ot

    measures = indicator(64, FRAMES)
    seconds(functools.partial(_barycenters, indicator(16, 2), 1), 1)  # loads the compiled code
    rows = []
    for between, minutes in ((1, 1), (3, 3)):
        taken = seconds(functools.partial(_barycenters, measures, between), 1, warm_up=False)
        print(f"  K = {between}: {taken:.1f} s", file=sys.stderr)
        rows.append([f"64³, 29 pairs, K = {between}", f"{taken / (60 * minutes):.2f} of {minutes} min"])
    text = "## Barycenters, blur one voxel\n\n" + table(["", "time"], rows)

    # POT's, which is not in the log-domain: a blur of three pixels is as small as its kernel bears here.
    side, blur = 64, 3.0
    pair = indicator(side, 2)[:, :, :, side // 2]
    pair = pair / pair.sum((1, 2), keepdim=True)
    halves = torch.full((1, 2), 0.5)
    fast = seconds(lambda: barycenter(pair[None], halves, 1.0, blur), 5)
    numbers, reg = pair.double().numpy(), 2 * (blur / (side - 1)) ** 2
    run = functools.partial(ot.bregman.convolutional_barycenter2d_debiased, numbers, reg, halves[0].double().numpy())
    theirs = seconds(lambda: run(numItermax=1000, stopThr=1e-6, warn=False), 5)
    pot = (
        f"Against POT's `convolutional_barycenter2d_debiased` (one pair, {side}², blur 3 pixels, its own stopping rule"
    )
    return text + f"\n\n{pot}\nat 1e-6): {theirs / fast:.2g} × as fast."


def large() -> str:
    measures = indicator(256, 2)
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    taken = seconds(functools.partial(_barycenters, measures, 1), 1, warm_up=False)
    print(f"  256³: {taken:.0f} s", file=sys.stderr)
    return (
        "## One barycenter at 256³\n\n"
        f"{(_memory('VmHWM') - before) / 2**30:.1f} GB above the start, {_memory('VmHWM') / 2**30:.1f} GB in all."
    )


def surroundings() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        model = next(
            (line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line), model
        )
    names = ("torch", "numba", "geomloss", "pykeops", "POT", "numpy")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    return (
        f"{model}, {os.cpu_count()} processors, {torch.get_num_threads()} thread(s), torch's vectors "
        f"{torch.backends.cpu.get_cpu_capability()}. Python {platform.python_version()}, {versions}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="sections to run; all by default")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--write", action="store_true", help="write README.md and scaling.png beside this file")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.peak:
        print(peak(arguments.peak, SIDE, FRAMES))
        return
    run: dict[str, Callable[[], str]] = {
        "divergence": divergence,
        "memory": memory,
        "scaling": functools.partial(scaling, arguments.write),
        "barycenter": barycenters,
        "large": large,
    }
    parts = ["# Optimal transport on grids: what it costs", surroundings()]
    print(parts[1])
    for section in arguments.only:
        print(section, file=sys.stderr)
        parts.append(run[section]())
        print(parts[-1])
    if arguments.write:
        command = "Made by `python -m tests.benchmarks.transport --write`; ratios of medians of one run."
        file = HERE / "README.md"
        _, heading, others = file.read_text().partition("\n# ")  # what other benchmarks have found, written by hand
        file.write_text("\n\n".join([parts[0], command, *parts[1:]]) + "\n" + heading + others)


if __name__ == "__main__":
    main()
