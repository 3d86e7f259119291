"""The grid of unseen latent codes: the table, the heat maps, and the bands inside and outside the hull."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

import analysis
from analysis import figures
from analysis.drawing import style
from analysis.figures import latent_grid
from analysis.statistics import latent
from analysis.tables import order

Z1, Z2 = (-1.2, -0.6, 0.0, 0.6, 1.2), (-0.6, -0.3, 0.0, 0.3, 0.6)
CODES = {f"z1={z1:g},z2={z2:g}": (z1, z2) for z1 in Z1 for z2 in Z2}
METHODS = ("none", "barycenter", "sinkhorn", "temporal-smoothness")
LEVEL = {"none": 0.3, "barycenter": 0.2, "sinkhorn": 0.25, "temporal-smoothness": 0.28}
FIGURES = ("latent_codes", "latent_grid", "latent_hull")


def hand_value(row: pd.Series) -> float:
    """What the tests' runs hold as Chamfer distance: distinct for every code, method, supervision, replicate and
    time."""
    method = METHODS.index(row["method"])
    supervision = ("sparse", "dense").index(row["supervision"])
    code = 4.0 + row["z1"] ** 2 + 2 * row["z1"] + row["z2"]
    return float(code + 10 * method + 40 * supervision + row["time"] + 0.5 * row["replicate"])


@pytest.fixture(scope="module")
def grid_run(run_of: Callable[..., analysis.Run], tmp_path_factory: pytest.TempPathFactory) -> analysis.Run:
    """A finished run of the grid's study, with two replicates."""
    plan = {"study": "latent-generalization", "methods": METHODS, "level": LEVEL, "sequences": tuple(CODES)}
    folder = Path(run_of(**plan, replicates=2, trials=1).location)
    file = folder / "per_time" / "confirm.parquet"
    rows = pd.read_parquet(file)
    rows["z1"], rows["z2"] = zip(*rows["sequence"].map(CODES), strict=True)
    inside = (rows["z1"].abs() <= 1) & (rows["z2"].abs() <= 0.5)
    rows["hull"] = np.where(inside, "inside", "outside")
    rows["chamfer"] = rows.apply(hand_value, axis="columns")
    rows.to_parquet(file)
    return analysis.load(folder)


def test_the_grid_lies_as_the_plane_is_drawn(grid_run: analysis.Run) -> None:
    grid = analysis.latent_grid(grid_run.per_time)
    assert grid.shape == (5, 5)
    assert tuple(grid.columns) == Z1
    assert tuple(grid.index) == Z2[::-1]
    assert (grid.index.name, grid.columns.name) == ("z2", "z1")


def test_a_cell_is_the_mean_over_replicates_and_test_times(grid_run: analysis.Run) -> None:
    grid = analysis.latent_grid(grid_run.per_time, method="barycenter", supervision="dense")
    test_times = [index / 20 for index in (2, 4, 6, 8, 12, 14, 16, 18)]
    expected = 4.0 + 0.36 + 2 * 0.6 - 0.3 + 10 + 40 + np.mean(test_times) + 0.25
    assert grid.loc[-0.3, 0.6] == pytest.approx(expected)


def test_one_time_can_be_chosen(grid_run: analysis.Run) -> None:
    grid = analysis.latent_grid(grid_run.per_time, time=0.3)
    assert grid.loc[0.6, -1.2] == pytest.approx(4.0 + 1.44 - 2.4 + 0.6 + 0.3 + 0.25)


def test_a_time_that_is_not_there_names_those_that_are(grid_run: analysis.Run) -> None:
    with pytest.raises(analysis.NoRows, match=r"no time 0\.25: the test times of 'none', sparse, are 0\.1, 0\.2, 0\.3"):
        analysis.latent_grid(grid_run.per_time, time=0.25)
    assert analysis.latent_grid(grid_run.per_time, time=0.25, role=None).shape == (5, 5)


def test_a_code_without_values_is_nan_and_a_diverged_replicate_is_left_out(grid_run: analysis.Run) -> None:
    rows = grid_run.per_time.copy()
    corner = (rows["z1"] == 1.2) & (rows["z2"] == 0.6)
    rows.loc[corner, "chamfer"] = np.nan
    rows.loc[(rows["z1"] == 0) & (rows["z2"] == 0) & (rows["replicate"] == 1), "chamfer"] = np.nan
    grid = analysis.latent_grid(rows, time=0.2)
    assert np.isnan(grid.loc[0.6, 1.2])
    assert grid.notna().to_numpy().sum() == 24
    assert grid.loc[0.0, 0.0] == pytest.approx(4.0 + 0.2)


def test_codes_equal_but_for_rounding_are_one(grid_run: analysis.Run) -> None:
    rows = grid_run.per_time.copy()
    rows.loc[rows["replicate"] == 1, "z1"] += 1e-9
    rows.loc[(rows["replicate"] == 1) & (rows["z2"] == 0), "z2"] = -0.0
    assert analysis.latent_grid(rows).shape == (5, 5)


def test_codes_are_no_metrics(grid_run: analysis.Run) -> None:
    with pytest.raises(ValueError, match=r"unknown metric 'z1': this table has chamfer"):
        analysis.latent_grid(grid_run.per_time, "z1")


def test_a_study_without_codes_gets_a_sentence(whole: analysis.Run) -> None:
    with pytest.raises(analysis.NotApplicable, match="no columns z1 and z2"):
        analysis.latent_grid(whole.per_time)
    empty = whole.per_time.assign(z1=np.nan, z2=np.nan)
    with pytest.raises(analysis.NotApplicable, match="no row"):
        analysis.latent_grid(empty)


def test_the_figures_of_codes_are_left_out_elsewhere(drawings: list[figures.Drawing], grid_run: analysis.Run) -> None:
    assert not {drawing.name for drawing in drawings} & set(FIGURES)
    drawn = {drawing.name: drawing for drawing in figures.drawings(grid_run, only=FIGURES, scale=0.5)}
    grids = ["latent_grid-chamfer", "latent_grid-hausdorff", "latent_grid-dice"]
    assert list(drawn) == ["latent_codes", *grids, "latent_hull"]
    assert [drawn[name].title for name in grids] == [
        f"Unseen codes over time: {label}" for label in ("Chamfer distance", "Hausdorff distance", "Dice score")
    ]
    assert len({drawn[name].png for name in grids}) == 3
    assert "Dice score" in drawn["latent_grid-dice"].caption
    for drawing in drawn.values():
        assert drawing.png.startswith(b"\x89PNG")
        assert len(drawing.caption) > 60
        assert len(drawing.alternative) > 60
    assert "9 inside and 16 outside" in drawn["latent_hull"].caption
    assert "worst" in drawn["latent_grid-chamfer"].alternative


def test_a_study_of_codes_before_its_confirmation_says_so(grid_run: analysis.Run) -> None:
    rows = grid_run.per_time
    before = analysis.Run(grid_run.location, grid_run.record, grid_run._filesystem, grid_run._folder)
    vars(before)["per_time"] = rows[rows["z1"].notna()].assign(phase="search")
    drawn = figures.drawings(before, only=["latent_grid", "latent_hull"])
    assert [drawing.png for drawing in drawn] == [b"", b""]
    assert all("fitted and scored yet" in drawing.caption for drawing in drawn)


def test_heat_maps_hold_the_grids_in_order_and_on_one_scale(grid_run: analysis.Run) -> None:
    figure = latent_grid.draw(grid_run)
    maps = [axis for axis in figure.axes if len(axis.texts) == 25]
    assert len(maps) == 2 * len(METHODS) * 5
    limits = {axis.collections[0].get_clim() for axis in maps}
    assert len(limits) == 1
    methods = order.ordered(METHODS, METHODS)
    names = [text.get_text().replace("\n", "") for text in figure.texts]
    assert [name for name in names if name in METHODS] == methods * 2
    assert names.index("sparse supervision") < names.index("dense supervision")
    assert [name for name in names if name.startswith("t = ")][:4] == ["t = 0.1", "t = 0.4", "t = 0.6", "t = 0.9"]
    times = (0.1, 0.4, 0.6, 0.9, None)
    for place, (supervision, method, time) in {
        1: ("sparse", methods[0], times[1]),
        9: ("sparse", methods[1], times[4]),
        22: ("dense", methods[0], times[2]),
    }.items():
        shown = maps[place].collections[0].get_array()
        np.testing.assert_allclose(
            np.asarray(shown), analysis.latent_grid(grid_run.per_time, "chamfer", method, supervision, time)
        )


def test_other_metrics_are_drawn_dark_where_they_are_bad(grid_run: analysis.Run) -> None:
    for metric in ("chamfer", "dice"):
        mesh = latent_grid.draw(grid_run, metric).axes[0].collections[0]
        low, high = (sum(mesh.cmap(end)[:3]) for end in (0.0, 1.0))
        assert (low > high) == (metric == "chamfer")
    with pytest.raises(ValueError, match="unknown metric 'pie'"):
        latent_grid.draw(grid_run, "pie")


def test_the_frame_holds_the_codes_inside_the_hull(grid_run: analysis.Run) -> None:
    (frame,) = latent_grid.draw(grid_run).axes[0].patches
    left, lower, width, height = frame.get_bbox().bounds
    held = [z1 for z1 in Z1 if left < z1 < left + width], [z2 for z2 in Z2 if lower < z2 < lower + height]
    assert held == ([-0.6, 0.0, 0.6], [-0.3, 0.0, 0.3])


def test_bands_inside_and_outside_are_those_of_their_rows_and_share_an_axis(grid_run: analysis.Run) -> None:
    figure = figures.draw("latent_hull", grid_run)
    rows = [figure.axes[start : start + 3] for start in range(0, 12, 3)]
    table = grid_run.per_time
    for row, (supervision, side) in zip(rows, [(s, h) for s in ("sparse", "dense") for h in latent.SIDES], strict=True):
        bands = analysis.iqr_bands(table[(table["supervision"] == supervision) & (table["hull"] == side)])
        mean = bands.loc[bands["method"] == "none", "mean"]
        colour = style.method_style("none").colour
        line = next(line for line in row[0].get_lines() if to_hex(line.get_color()) == colour)
        np.testing.assert_allclose(line.get_ydata(), mean)
    limits = [row[0].get_ylim() for row in rows]
    assert limits[0] == limits[1] != limits[2] == limits[3]


def test_the_plane_shows_the_codes_on_their_side_of_the_hull(grid_run: analysis.Run) -> None:
    (axis,) = figures.draw("latent_codes", grid_run).axes
    inside, outside, training = axis.get_lines()
    assert set(zip(*inside.get_data(), strict=True)) == {(z1, z2) for z1 in Z1[1:4] for z2 in Z2[1:4]}
    assert len(outside.get_xdata()) == 16
    assert set(zip(*training.get_data(), strict=True)) == {(z1, z2) for z1 in (-1.0, 1.0) for z2 in (-0.5, 0.5)}
