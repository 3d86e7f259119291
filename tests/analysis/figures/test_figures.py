"""Every figure is found by scanning, draws on whole and partial runs, and changes no global setting."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

import analysis
from analysis import figures
from analysis.drawing import style
from analysis.tables import order, record

Opener = Callable[..., analysis.Run]
NAMES = ["interpolation", "differences", "search", "search_methods", "curves"]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "search_methods"])
def test_a_figure_has_a_picture_a_caption_and_text_for_those_who_do_not_see_it(
    drawings: list[figures.Drawing], name: str
) -> None:
    drawing = next(drawing for drawing in drawings if drawing.name.split("-")[0] == name)
    assert drawing.png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", drawing.png[16:24])
    assert 900 <= width <= 1300
    assert 300 <= height <= 1500
    assert width == drawing.width
    assert len(drawing.caption) > 60
    assert len(drawing.alternative) > 40


@pytest.mark.parametrize("name", [name for name in NAMES if name != "search_methods"])
def test_drawing_leaves_matplotlibs_settings_alone(whole: analysis.Run, name: str) -> None:
    before = dict(mpl.rcParams)
    figures.draw(name, whole)
    assert dict(mpl.rcParams) == before


def test_every_file_of_the_folder_is_a_figure_and_the_answer_comes_first() -> None:
    folder = Path(figures.__file__).parent
    files = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    assert set(figures.names()) == files
    assert [name for name in figures.names() if name in NAMES] == NAMES
    assert figures.names()[:2] == ["best", "interpolation"]


def test_an_unknown_figure_names_what_exists(whole: analysis.Run) -> None:
    with pytest.raises(ValueError, match=r"unknown figure 'pie'.*interpolation"):
        figures.draw("pie", whole)


def test_interpolation_has_a_panel_per_method_with_dots_where_ground_truth_was_shown(whole: analysis.Run) -> None:
    run = whole
    figure = figures.draw("interpolation", run)
    methods = record.methods(run)
    assert [axis.get_title(loc="left") for axis in figure.axes if axis.get_title(loc="left")] == methods * 2
    sparse, dense = (
        {axis.get_title(loc="left"): axis for axis in figure.axes[start:][: len(figure.axes) // 2]}
        for start in (0, len(figure.axes) // 2)
    )
    bands = analysis.iqr_bands(run.per_time)
    for method in methods:
        mean = bands[(bands["method"] == method) & (bands["supervision"] == "sparse")]["mean"]
        (own,) = (line for line in sparse[method].get_lines() if line.get_linestyle() == "-")
        np.testing.assert_allclose(own.get_ydata(), mean)
        for axis, times in ((sparse[method], [0.0, 1.0]), (dense[method], [0.0, 0.25, 0.5, 0.75, 1.0])):
            (dots,) = (line for line in axis.get_lines() if line.get_marker() == "o")
            assert list(dots.get_xdata()) == times
            assert dots.get_markerfacecolor() == "white"


def test_every_panel_repeats_the_baseline_and_the_best_in_grey(whole: analysis.Run) -> None:
    figure = figures.draw("interpolation", whole)
    panels = {axis.get_title(loc="left"): axis for axis in figure.axes[: len(figure.axes) // 2]}
    bands = analysis.iqr_bands(whole.per_time)
    sparse = bands[bands["supervision"] == "sparse"]
    best = analysis.league(whole)["method"].iloc[0]
    for method, axis in panels.items():
        if not method:
            continue
        grey = [line for line in axis.get_lines() if line.get_color() == "#7d858e"]
        names = [name for name in (best, "none") if name != method]
        assert len(grey) == len(names)
        for line, name in zip(grey, names, strict=True):
            np.testing.assert_allclose(line.get_ydata(), sparse[sparse["method"] == name]["mean"])
            assert line.get_linestyle() != "-"


def test_there_is_one_for_every_metric_that_is_a_curve(whole: analysis.Run) -> None:
    drawn = figures.drawings(whole, only=["interpolation"], scale=0.5)
    assert [drawing.name for drawing in drawn] == [f"interpolation-{name}" for name in ("chamfer", "hausdorff", "dice")]


def test_the_area_is_the_band_of_the_mean_by_option(whole: analysis.Run) -> None:
    heights = {}
    for area in ("chamfer", "bootstrap"):
        axis = figures.draw("interpolation", whole, area).axes[0]
        heights[area] = np.ptp(axis.collections[0].get_paths()[0].vertices[:, 1])
    assert heights["chamfer"] != heights["bootstrap"]
    with pytest.raises(ValueError, match="unknown metric or area 'box': there are chamfer, hausdorff, dice, bootstrap"):
        figures.draw("interpolation", whole, "box")


def test_the_search_marks_failed_and_pruned_trials_and_the_best_so_far(run_of: Opener) -> None:
    run = run_of(lost_arms=(("sinkhorn", "sparse"),))
    figure = figures.draw("search", run)
    by_title = {axis.get_title(loc="left"): axis for axis in figure.axes}
    failed = [line for line in by_title["sinkhorn"].get_lines() if line.get_marker() == "X"]
    assert [list(line.get_xdata()) for line in failed if len(line.get_xdata())] == [[0, 1, 2, 3]]
    trials = run.trials[(run.trials["method"] == "none") & (run.trials["supervision"] == "sparse")]
    complete = trials[(trials["phase"] == "search") & (trials["state"] == "complete")]
    best = by_title["none"].get_lines()[0].get_ydata()
    assert best[-1] == complete["objective"].min()
    assert all(np.diff(best) <= 0)


def test_differences_are_those_of_the_comparison(whole: analysis.Run) -> None:
    run = whole
    figure = figures.draw("differences", run)
    drawn = {round(float(line.get_xdata()[0]), 9) for line in figure.axes[0].get_lines() if len(line.get_xdata()) == 1}
    table = analysis.compare(run.per_time)
    expected = table.loc[table["supervision"] == "sparse", "difference"]
    assert {round(value, 9) for value in expected} <= drawn


def test_figures_without_data_are_replaced_by_a_sentence(run_of: Opener) -> None:
    run = run_of(methods=(), status="running")
    drawings = figures.drawings(run)
    assert [drawing.name for drawing in drawings] == NAMES
    for drawing in drawings:
        assert drawing.png == b""
        assert drawing.caption.startswith("Not drawn: ")


def test_figures_draw_on_the_smallest_study_and_nothing_of_a_search_that_there_was_not(run_of: Opener) -> None:
    plan = {"replicates": 1, "supervisions": ("sparse",), "trials": 1, "methods": ("none", "sinkhorn")}
    run = run_of(**plan)
    drawn = {drawing.name: drawing for drawing in figures.drawings(run, scale=0.5)}
    assert all(drawing.png for drawing in drawn.values())
    assert not {"search", "search_methods"} & set(drawn)
    assert "Nothing was searched: every arm had one trial." in analysis.render(run, list(drawn.values()))


def test_the_same_run_gives_the_same_picture(whole: analysis.Run, drawings: list[figures.Drawing]) -> None:
    (before,) = (drawing for drawing in drawings if drawing.name == "search")
    (again,) = figures.drawings(whole, only=["search"], scale=1.0)
    assert again.png == before.png


def test_known_methods_are_told_apart_by_colour_line_and_marker() -> None:
    assert set(style.METHODS) >= set(order.METHODS)
    looks = [(look.colour, look.line, look.marker) for look in style.METHODS.values()]
    assert len(set(looks)) == len(looks)
    published = ("none", "sinkhorn", "barycenter", "sinkhorn+barycenter", "temporal-smoothness", "linear-blend")
    for part in ("colour", "line", "marker"):
        assert len({getattr(style.METHODS[method], part) for method in published}) == len(published)


@pytest.mark.parametrize("methods", [("linear-blend", *style.IMAGES), ("none", "topology", *style.DIMENSIONS)])
def test_methods_that_meet_only_in_one_study_are_told_apart(methods: tuple[str, ...]) -> None:
    looks = [style.method_style(method) for method in methods]
    for part in ("colour", "line", "marker"):
        assert len({getattr(look, part) for look in looks}) == len(looks)


def test_a_method_nobody_foresaw_keeps_its_look_and_takes_no_known_one() -> None:
    look = style.method_style("unforeseen")
    assert look == style.method_style("unforeseen")
    assert look not in style.METHODS.values()
    others = [style.method_style(f"method-{number}") for number in range(40)]
    assert len({(other.colour, other.line, other.marker) for other in others}) > 25
