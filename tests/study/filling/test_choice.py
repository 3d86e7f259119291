"""Which rule is chosen: the best on hidden frames, or a simpler one that is as good."""

import numpy as np
import pandas as pd
import pytest

from study.exporting.divisions import gaps
from study.filling import holdout
from study.filling.choice import choose
from study.filling.drawing import colours_of
from study.filling.moments import Moment, pictured
from study.filling.recording import of_labels
from tests.study.filling.recordings import VOXEL, moving
from trainables.shapes.readers.base import open_recording


def test_a_rule_that_moves_wins_where_a_cell_moves(tmp_path):
    np.savez(tmp_path / "cells.npz", labels=np.stack([np.where(moving(t) == 7, 7, 0) for t in range(8)]))
    reader = open_recording(tmp_path / "cells.npz", VOXEL)
    recording = of_labels(reader, reader.sequences())
    hidden, fields = holdout.tasks(recording, 2, 100), holdout.Fields(recording, 24)
    assert sorted(task.number for task in hidden) == [1, 2, 3, 4, 5, 6]
    order = ["linear", "moved", "moved+volume"]
    rows = [pd.DataFrame(holdout.scores(rule, fields, hidden)).assign(rule=rule) for rule in order]
    found = choose(pd.concat(rows), order, "whole")
    assert found.rule == "moved"
    assert found.error < found.linear / 2
    assert found.high < 0


def table(**errors: list[float]) -> pd.DataFrame:
    rows = [
        {"rule": rule.replace("_", "+"), "sequence": f"track-{n}", "pattern": "p", "label": n, "time_index": 1,
         "divides": False, "chamfer": error}
        for rule, values in errors.items() for n, error in enumerate(values)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_simpler_rule_is_taken_within_the_noise():
    rows = table(linear=[1.0] * 8, moved=[0.51, 0.49] * 4, moved_volume=[0.48, 0.51] * 4)
    found = choose(rows, ["linear", "moved", "moved+volume"], "whole")
    assert (found.rule, found.best) == ("moved", "moved+volume")


def test_a_rule_that_is_worse_than_a_simpler_one_is_not_taken_for_its_noise():
    rows = table(linear=[0.52] * 8, volume=[0.1, 1.0] * 4, kriging=[0.5] * 8)
    assert choose(rows, ["linear", "volume", "kriging"], "whole").rule == "kriging"


@pytest.mark.parametrize(("kind", "rule"), [("whole", "moved"), ("divides", "lineage+volume")])
def test_with_too_few_hidden_shapes_the_findings_choose(kind, rule):
    found = choose(table(linear=[1.0] * 3, volume=[0.1] * 3), ["linear", "volume"], kind)
    assert (found.rule, found.by) == (rule, "findings")


def test_cells_beside_each_other_have_different_colours_and_few_cells_one_each():
    row = np.repeat(np.arange(1, 61) * 12, 5)[None].repeat(6, axis=0)  # 60 cells in a row, all of 0 modulo 12
    colours = colours_of([row])
    assert all(colours[12 * n] != colours[12 * n + 12] for n in range(1, 60))
    few = colours_of([np.repeat(np.array([3, 15, 27, 600]), 9)[None]])
    assert len(set(few.values())) == 4


def test_images_between_in_which_a_label_is_not_are_told():
    assert gaps(7, [0, 1, 4, 5], range(6)) == [
        "label 7 is in no image from 2 to 3, which its row in man_track.txt does not say"
    ]
    assert gaps(7, [3, 9, 12], [3, 9, 12, 15]) == []


def test_every_measured_frame_of_the_stretch_is_pictured():
    moments = [Moment(n, float(n), n, n % 5 == 0) for n in range(21)]
    found = pictured(moments, 4.0, 9)
    assert {5, 10, 15} <= set(found)
    assert (len(found), found[0], found[-1]) == (9, 5, 15)
    assert pictured(moments[:6], 0.0, 9) == [0, 1, 2, 3, 4, 5]
