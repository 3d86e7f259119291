"""The level of the comparison where there is no difference: for the unit of every study, on data of its structure.

D = draws, each a whole experiment without an effect; R = replicates, N = sequences. A method may be good or bad at what
a study samples (an image, a frame, a kind of motion): those effects have mean zero, and belong to the group.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.statistics.comparison import by_unit, paired
from analysis.statistics.inference import paired_mean
from study import catalog
from study.design.study import Study
from tests.analysis import crossed
from trainables.inbetween.windows import Window
from trainables.reconstruction import folds

DRAWS = 1500
Effect = Callable[[np.random.Generator, int], np.ndarray]
"""(generator, draws) → the error of one method `[D, R, N]`, NaN where a replicate does not score a sequence."""


def normal(generator: np.random.Generator, *shape: int) -> np.ndarray:
    return generator.standard_normal(shape)


def one_network_of_all_sequences(replicates: int, sequences: int) -> Effect:
    """What a network is good at it is good at on all its sequences."""
    return lambda g, d: normal(g, d, replicates, 1) + 0.3 * normal(g, d, replicates, sequences)


def a_network_of_each_sequence(replicates: int, sequences: int) -> Effect:
    """And the method is good or bad at a sequence, whatever the seed."""
    return lambda g, d: normal(g, d, 1, sequences) + 0.5 * normal(g, d, replicates, sequences)


def cross_validated(study: Study) -> tuple[Effect, np.ndarray]:
    """Images of one fold are predicted by the same networks, and some folds suit a method better."""
    members = folds.taking_part(study.methods["none"].images)  # type: ignore[attr-defined]
    fold = np.array([member.fold for member in members])
    count = int(fold.max()) + 1

    def effect(g: np.random.Generator, d: int) -> np.ndarray:
        values = 0.3 * normal(g, d, 1, len(fold)) + 0.1 * normal(g, d, count, 1)[:, fold].transpose(0, 2, 1)
        values = values + 0.2 * normal(g, d, study.replicates, 1)
        held = np.arange(study.replicates)[:, None] % count == fold
        return np.where(held, values + 0.2 * normal(g, d, study.replicates, len(fold)), np.nan)

    return effect, fold


def frames_of_windows(windows: list[Window], gap: int) -> Effect:
    """A method is good or bad at a hidden frame, in whatever window it lies."""
    starts = [window.start(gap) for window in windows if window.fits(gap)]
    hidden = [range(start + 1, start + gap) for start in dict.fromkeys(starts)]

    def effect(g: np.random.Generator, d: int) -> np.ndarray:
        frames = normal(g, d, 1 + max(max(frames) for frames in hidden))
        return np.stack([frames[:, list(f)].mean(1) for f in hidden], 1)[:, None] + 0.2 * normal(g, d, 1, len(hidden))

    return effect


def parts_of_kinds(kinds: np.ndarray) -> Effect:
    """A method is good or bad at a kind of motion, in whatever part of the image."""
    names, of = np.unique(kinds, return_inverse=True)
    return lambda g, d: normal(g, d, 1, len(names))[:, :, of] + 0.3 * normal(g, d, 1, len(kinds))


def table(effect: Effect, groups: dict[str, np.ndarray], seed: int) -> pd.DataFrame:
    """Rows of both methods: each draw under the name of a supervision."""
    generator, sides = np.random.default_rng(seed), []
    for method in ("none", "none-again"):
        values = effect(generator, DRAWS)
        draw, replicate, sequence = (axis.ravel() for axis in np.indices(values.shape))
        side = pd.DataFrame({"supervision": draw, "replicate": replicate, "sequence": sequence, "time_index": 0})
        side = side.assign(method=method, value=values.ravel(), **{n: g[sequence] for n, g in groups.items()})
        sides.append(side[side["value"].notna()])
    return pd.concat(sides, ignore_index=True)


def level(effect: Effect, unit: str, groups: dict[str, np.ndarray] | None = None, seed: int = 0) -> float:
    """The share of draws in which the comparison, over this unit, finds p < 0.05."""
    rows = table(effect, groups or {}, seed)
    sides = [rows[rows["method"] == name] for name in ("none-again", "none")]
    units = by_unit(paired(*sides, "value", by=["supervision"]), unit, rows)
    found = [paired_mean((u["treated"] - u["reference"]).to_numpy(), 1.0).p for _, u in units.groupby("supervision")]
    assert len(found) == DRAWS
    return float(np.mean(np.array(found) < 0.05))


def structure(name: str) -> tuple[Effect, dict[str, np.ndarray]]:
    """What varies together in the rows of a study."""
    study = catalog.load(name, "laptop")
    method = study.methods[study.baseline]
    tested = [label for label in method.labels() if label not in (study.search_sequences or [])]
    if name == "red-blood-cells":
        effect, fold = cross_validated(study)
        return effect, {"fold": fold}
    if name == "sliding-sand":
        return frames_of_windows([w for w in method.windows if w.role == "test"], 2), {}  # type: ignore[attr-defined]
    if name == "known-motion":
        kinds = np.array([w.kind for w in method.windows if w.role == "test"])  # type: ignore[attr-defined]
        return parts_of_kinds(kinds), {"class": kinds}
    if name.startswith("population"):  # what is said is said given the networks and regressions of three folds
        return a_network_of_each_sequence(study.replicates, len(tested)), {}
    if getattr(method, "shared", True):
        return one_network_of_all_sequences(study.replicates, len(tested)), {}
    return a_network_of_each_sequence(2, len(tested)), {}


@pytest.mark.parametrize("name", catalog.names())
def test_the_level_of_every_study_is_the_nominal_one(name: str) -> None:
    effect, groups = structure(name)
    assert 0.03 < level(effect, catalog.load(name, "laptop").unit, groups) < 0.07


def test_units_that_are_not_independent_find_differences_that_are_not_there() -> None:
    """What was counted before: cells that share networks, windows that share frames, parts that move alike, tiles."""
    effect, groups = structure("red-blood-cells")
    assert level(effect, "sequence", groups) > 0.15
    assert level(structure("known-motion")[0], "sequence") > 0.15
    assert level(one_network_of_all_sequences(3, 12), "sequence") > 0.15
    overlapping = [Window(label=str(n), role="test", first=9, last=20, place=n / 5) for n in range(6)]
    assert level(frames_of_windows(overlapping, 4), "sequence") > 0.15


@pytest.mark.parametrize("count", [6, 8, 21, 100])
@pytest.mark.parametrize("gap", [2, 4, 8])
def test_windows_of_a_film_share_no_hidden_frame_and_none_with_the_search(count: int, gap: int) -> None:
    windows = [Window(label=str(n), role="test", first=0, last=count - 1, number=n, count=8) for n in range(8)]
    starts = [window.start(gap) for window in windows if window.fits(gap)]
    hidden = [frame for start in starts for frame in range(start + 1, start + gap)]
    assert len(hidden) == len(set(hidden))
    assert all(gap < start and start + gap < count for start in starts)
    assert len(starts) == min(8, max(0, (count - gap - 2) // gap))


def crossed_run(tmp_path, network: float, seeds: int = 8) -> analysis.Run:
    """`none` with 40 images in five folds, `seeds` networks of each, whose quality varies by `network`."""
    generator = np.random.default_rng(3)
    noise = 0.02 * normal(generator, seeds, 40)
    shared = network * normal(generator, seeds, crossed.FOLDS)[:, np.arange(40) % crossed.FOLDS]
    return crossed.run(tmp_path, [crossed.images("none", 0.4 + noise + shared, seeds=seeds)], unit="fold")


def test_halving_the_replicates_of_a_run_tells_a_unit_that_is_not_independent(tmp_path) -> None:
    run = crossed_run(tmp_path, network=0.05)
    (row,) = analysis.null_level(run, ["iou_error"], halvings=400).to_dict("records")
    assert (row["unit"], row["n"], row["replicates"]) == ("fold", 5, 40)
    assert row["low"] < 0.05 < 0.12
    assert row["level"] < 0.12
    (images,) = analysis.null_level(run, ["iou_error"], unit="sequence", halvings=400).to_dict("records")
    assert images["n"] == 40
    assert images["low"] > 0.2
    assert images["low"] < images["level"] < images["high"]


def test_where_networks_are_alike_images_are_as_good_a_unit_as_folds(tmp_path) -> None:
    table = analysis.null_level(crossed_run(tmp_path, network=0.0), ["iou_error"], unit="sequence", halvings=400)
    assert table["level"].item() < 0.12


def test_a_single_replicate_cannot_be_halved(tmp_path) -> None:
    with pytest.raises(analysis.NoRows, match="two of each sequence"):
        analysis.null_level(crossed_run(tmp_path, network=0.0, seeds=1), ["iou_error"])
