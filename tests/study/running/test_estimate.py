"""What a dry run says a study will take: held against PyTorch's own counts, and against a run that has been."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from torch.utils.flop_counter import FlopCounterMode

from study import catalog
from study.design import flags
from study.design.study import Pruning
from study.errors import Mistake
from study.run import command_line
from study.running.estimate import CORE, GPU, _share, costs, estimate, operations
from trainables.autodecoder.configuration import DecoderConfiguration
from trainables.autodecoder.decoder import Decoder

CLUSTER = Path(__file__).parents[3] / "cluster.yaml"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"layers": 5, "width": 64, "code_layers": [3]},
        {"layers": 1, "width": 7},
        {"layers": 3, "width": 30, "encoding": {"spatial": 2, "temporal": 1}},
    ],
)
def test_parameters_and_products_are_those_of_the_network(fields):
    configuration = DecoderConfiguration(**fields)
    decoder = Decoder(configuration, [torch.Generator()])
    assert configuration.parameters() == sum(p.numel() for p in decoder.parameters())
    points, codes = torch.rand(1, 1, 4096, 4), torch.rand(1, 1, configuration.code_dimension)
    with FlopCounterMode(display=False) as counted:
        decoder.plainly(points, codes)
    assert counted.get_total_flops() == pytest.approx(2 * 4096 * configuration.products(configuration.width), rel=0.01)


def test_a_study_takes_what_its_trainings_take():
    study = catalog.load("bifurcation", "laptop")
    study.pruning = Pruning(first_epoch=100, factor=2)
    # Half of the trials of an arm end after a third of their epochs, a quarter after two thirds.
    shares = {300: 175 / 300, 100: (33 + 33 / 2 + 34 / 4) / 100, 60: 175 / 300}
    expected = 0.0
    for arm in study.arms():
        method = study.methods[arm.method]
        # The primary comparisons are sparse ones; three finalists have two seeds each on two sequences.
        replicates = 16 + 8 + 3 * 2 * 2 if arm.supervision == "sparse" else 8 + 8
        alone = method.operations(5 if arm.supervision == "dense" else 2)
        expected += alone * (study.arm_trials(arm) * shares.get(method.epochs, 0.0) + replicates)
    assert operations(study) == pytest.approx(expected)
    assert _share(study, 300, [100, 200]) == 175 / 300
    found = estimate(study, "nowhere")
    assert found.core_hours == pytest.approx(operations(study) / CORE / 3600)
    assert found.gpu_hours == 0
    flags.edit(study, "replicates", str(2 * study.replicates))
    assert estimate(study, "nowhere").bytes > found.bytes


def finished_run(output: Path, gpus: float, work: float, seconds: list[float]) -> None:
    folder = output / "bifurcation" / f"run-{gpus:.0f}"
    folder.mkdir(parents=True)
    record = {"study": "bifurcation", "run": folder.name, "status": "finished", "operations": work, "gpus": gpus}
    record |= {"configuration": {"resources": {"cpus": 2, "gpus": 0.5}}}
    (folder / "study.json").write_text(json.dumps(record))
    pd.DataFrame({"trial": [str(i) for i in range(len(seconds))], "seconds": seconds}).to_parquet(
        folder / "trials.parquet"
    )


@pytest.mark.parametrize("name", ["red-blood-cells", "sliding-sand", "known-motion", "sea-ice"])
def test_studies_of_images_take_time_too(name):
    assert operations(catalog.load(name, "laptop")) > 1e12


def test_a_single_trial_is_the_published_etting_and_confirmed_once():
    study = catalog.load("bifurcation", "laptop")
    flags.edit(study, "trials", "1")
    found = estimate(study, "nowhere")
    assert found.search_trials == found.confirmations == len(study.arms())


def test_a_finished_run_tells_how_fast_this_machine_is(tmp_path):
    study = catalog.load("bifurcation", "paper")
    assert estimate(study, str(tmp_path)).gpu_hours == pytest.approx(operations(study) / GPU / 3600 / 2)
    finished_run(tmp_path, 0, 6e12, [10.0, 20.0])
    finished_run(tmp_path, 4, 6e12, [1.0, 2.0])
    found = estimate(study, str(tmp_path))
    assert found.core_hours == pytest.approx(operations(study) / 1e11 / 3600)
    assert found.gpu_hours == pytest.approx(operations(study) / 2e12 / 3600 / 2)
    assert found.speed == "as fast as run run-0; GPU: as fast as run run-4"


def test_what_a_node_costs_is_the_users_to_fill_in(tmp_path):
    found = estimate(catalog.load("bifurcation", "paper"), "nowhere")
    lines = list(costs(found, str(CLUSTER)))
    assert len(lines) == 3
    assert all(f"× ____ = fill in metadata.price_per_hour.{name} in" in line
               for name, line in zip(["gpu-spot", "gpu-on-demand", "head"], lines, strict=True))  # fmt: skip
    cluster = yaml.safe_load(CLUSTER.read_text())
    cluster["metadata"]["price_per_hour"] = {"head": 0.2, "gpu-spot": 1000}
    file = tmp_path / "priced.yaml"
    file.write_text(yaml.safe_dump(cluster, sort_keys=False))
    spot, on_demand, head = costs(found, str(file))
    assert f"× 1000 = {1000 * found.gpu_hours:,.0f}" in spot
    assert "____" in on_demand
    assert f"{found.gpu_hours / 4:.2g} node-hours × 0.2" in head  # four nodes at once
    cluster["metadata"]["price_per_hour"]["head"] = "cheap"
    file.write_text(yaml.safe_dump(cluster, sort_keys=False))
    with pytest.raises(Mistake, match="write a number, or nothing"):
        list(costs(found, str(file)))
    file.write_text("provider: {type: local}")
    with pytest.raises(Mistake, match=r"name a file like cluster\.yaml"):
        list(costs(found, str(file)))


def test_the_dry_run_names_what_is_searched_and_nothing_else(capfd):
    part = ["bifurcation", "--dry-run", "--methods", "sinkhorn", "--supervisions", "sparse"]
    assert command_line(part) == 0
    out = capfd.readouterr().out
    assert "regularizers.sinkhorn.alpha in" in out
    assert "barycenter" not in out
    assert command_line([*part, "--trials", "1"]) == 0
    assert " in [" not in capfd.readouterr().out


def test_the_dry_run_prints_it(capfd):
    assert command_line(["bifurcation", "--dry-run", "--preset", "paper", "--prices", str(CLUSTER)]) == 0
    out = capfd.readouterr().out
    study = catalog.load("bifurcation", "paper")
    flags.keep(study, flags.wanted_methods(study, None), None)
    trials = sum(study.arm_trials(arm) for arm in study.arms())
    for said in (f"{trials} search trials", "core-hours, or", "GPU-hours", "MB of disk", "gpu-spot (g5.xlarge)"):
        assert said in out
    assert command_line(["bifurcation", "--prices", str(CLUSTER)]) == 2
    assert "only --dry-run" in capfd.readouterr().err


def test_a_rule_without_a_network_is_kept_once_whatever_the_replicates():
    study = catalog.load("bifurcation", "smoke")
    rule = study.methods["moved-blend"]
    assert rule.stored_bytes(2, 6) == rule.stored_bytes(2, 1) == rule.model_bytes(2)
    assert study.methods["none"].stored_bytes(2, 6) == 6 * study.methods["none"].model_bytes(2)
