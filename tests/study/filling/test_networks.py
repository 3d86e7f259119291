"""Networks that are added to a rule compete in `study.fill` where they are named; what wins is kept and fills."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tifffile
import torch

from study.fill import command_line
from study.filling import choice, networks
from study.filling.holdout import Fields
from study.filling.methods import chosen
from study.filling.recording import of_labels
from tests.study.filling.recordings import SHAPE, VOXEL, ball
from trainables.metrics.volumes import dice
from trainables.saved_model import open_model
from trainables.shapes.readers.base import open_recording

METHOD = "anchored+temporal-smoothness"
SMALL = ("epochs=2", "decoder.layers=2", "decoder.code_layers=[2]", "decoder.width=8", "replicates=1")


def going(t: float) -> np.ndarray:
    """Label 7 goes along x by more than its own width and grows a little."""
    return np.where(ball((4.5, 10, 5 + 2.2 * t), 3.0 + 0.1 * t), 7, 0).astype(np.uint16)


@pytest.fixture
def recording(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("RAY_ADDRESS", "STUDY_RESULTS", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    tifffile.imwrite("cells.tif", np.stack([going(t) for t in range(6)]), imagej=True, metadata={"axes": "TZYX"})
    return tmp_path


@pytest.mark.parametrize("axes", [3, 2])
def test_a_network_passes_through_what_it_is_shown_in_the_recordings_coordinates(axes, recording):
    reader = open_recording(recording / "cells.tif", VOXEL, flat=axes == 2 or None)
    cells = of_labels(reader, reader.sequences())
    fields = Fields(cells, 32)
    methods = chosen(METHOD, SMALL, divided=False, axes=axes)
    found = networks.train(METHOD, methods, "moved", fields, {1, 3}, lambda epoch, epochs: False).paths[7]
    for number in (0, 2, 4, 5):
        held = fields.of((7,), number)
        cube = found.cube(cells.times[number])
        assert dice(found(cells.times[number]) < 0, cube.embedded(held) < 0) > 0.999
    box, depth = found.cube(3.0).cut(found(3.0), VOXEL[-axes:], SHAPE[-axes:])  # between frames 2 and 4
    inside = np.zeros(SHAPE[-axes:], bool)
    inside[box] = depth < 0
    true = going(3) == 7
    assert dice(inside, true if axes == 3 else true.any(axis=0)) > 0.9


def test_a_network_that_wins_is_kept_and_fills_the_frames(recording, monkeypatch, capsys):
    def wins(rows, order, kind):
        found = choice.choose(rows, order, kind)
        assert set(rows["rule"]) == {"linear", "moved", METHOD}
        assert rows.groupby("rule")["time_index"].apply(sorted).map(tuple).nunique() == 1  # all on the same shapes
        return replace(found, rule=METHOD, by="hidden frames") if kind == "whole" else found

    monkeypatch.setattr("study.filling.job.choose", wins)
    changes = [word for change in SMALL for word in ("--set", change)]
    given = ["cells.tif", "--voxel", "1,0.5,0.5", "--methods", f"moved-blend,{METHOD}", *changes, "--between", "1"]
    assert command_line([*given, "--minutes", "60"]) == 0
    assert f"{METHOD}, added to moved" in capsys.readouterr().out
    (folder,) = (recording / "results" / "fill").iterdir()
    model = open_model(str(folder / "models" / f"{METHOD}-0.pt"))
    assert len(model.sequences) == model.replicates == 1
    assert torch.isfinite(model.field(0, 0)(torch.zeros(1, 4))).all()
    image = tifffile.imread(folder / "exports" / "labels" / "man_track005.tif")
    assert dice(image == 7, going(2.5) == 7) > 0.9
    record = json.loads((folder / "study.json").read_text())
    assert record["methods"] == ["linear-blend", "moved-blend", METHOD]
    assert record["rules"]["whole"]["anchor"] == "moved"


def test_time_that_is_up_ends_the_training(recording):
    reader = open_recording(recording / "cells.tif", VOXEL)
    cells = of_labels(reader, reader.sequences())
    methods = chosen(METHOD, SMALL, divided=False)
    asked = []
    with pytest.raises(networks.OutOfTime):
        networks.train(
            METHOD, methods, "moved", Fields(cells, 24), (), lambda *done: asked.append(done) or len(asked) > 1
        )
    assert asked == [(0, 2), (1, 2)]


def test_a_file_says_what_flags_say(recording, capsys):
    (recording / "fill.yaml").write_text("recording: cells.tif\nrule: moved\nbetween: 3\nvoxel: [1, 0.5, 0.5]\n")
    assert command_line(["--config", "fill.yaml", "--between", "1", "--set", "seed=3", "--print-config"]) == 0
    (recording / "again.yaml").write_text(capsys.readouterr().out)
    assert command_line(["--config", "again.yaml", "--set", "replicates=1"]) == 0
    (folder,) = (recording / "results" / "fill").iterdir()
    asked = json.loads((folder / "study.json").read_text())["asked"]
    assert (asked["rule"], asked["between"], asked["voxel"]) == ("moved", 1, "1,0.5,0.5")
    assert asked["changes"] == ["seed=3", "replicates=1"]
