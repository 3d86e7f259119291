"""Surfaces: the table, the rendering of a mesh, and the figure of all methods over time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

import analysis
from analysis import figures
from analysis.drawing import looks
from analysis.drawing.rendering import Mesh, camera, extent, picture
from analysis.figures import surfaces
from analysis.tables import reading

METHODS = ("none", "barycenter", "sinkhorn")
TIMES = {"sparse": {0.0: "train", 0.5: "test", 1.0: "train"}, "dense": {0.0: "train", 0.5: "train", 1.0: "train"}}
NOTHING = Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype="int64"))
WINDOW = (-3.0, 3.0, -2.0, 2.0)
RED = (1.0, 0.0, 0.0)


def ball(radius: float = 1.0, centre: tuple[float, float, float] = (0.0, 0.0, 0.0), steps: int = 40) -> Mesh:
    """A sphere from a grid of ``steps`` × 2 ``steps`` quadrangles, closed at the poles."""
    polar, around = np.meshgrid(np.linspace(0, np.pi, steps + 1), np.arange(2 * steps) * np.pi / steps, indexing="ij")
    unit = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=-1)
    corner = np.arange(unit.shape[0] * unit.shape[1]).reshape(unit.shape[:2])
    a, b = corner[:-1], np.roll(corner, -1, axis=1)[:-1]
    c, d = corner[1:], np.roll(corner, -1, axis=1)[1:]
    faces = np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)])
    return Mesh(np.asarray(centre) + radius * unit.reshape(-1, 3), faces)


def both(one: Mesh, other: Mesh) -> Mesh:
    faces = np.concatenate([one.faces, other.faces + len(one.vertices)])
    return Mesh(np.concatenate([one.vertices, other.vertices]), faces)


def row(trial: str, time: float, kind: str, role: str, mesh: Mesh, **others: Any) -> dict[str, Any]:
    columns = {"trial": trial, "replicate": 1, "sequence": "bifurcation", "time": time, "kind": kind, "role": role}
    numbers = mesh.vertices.astype("float32").ravel(), mesh.faces.astype("int32").ravel()
    return columns | dict(zip(("vertices", "faces"), numbers, strict=True)) | others


def rows(sequence: str = "bifurcation") -> list[dict[str, Any]]:
    """Truth and predictions of every method: a ball, except that 'none' has no surface at 0.5, sparse."""
    found = []
    for supervision, roles in TIMES.items():
        for method in METHODS:
            trial = f"confirm-{method}-{supervision}-best"
            for time, role in roles.items():
                empty = (supervision, method, time) == ("sparse", "none", 0.5)
                found.append(row(trial, time, "true", role, ball(), sequence=sequence))
                found.append(row(trial, time, "predicted", role, NOTHING if empty else ball(), sequence=sequence))
    return found


def with_surfaces(folder: Path) -> Path:
    (folder / "surfaces").mkdir()
    pd.DataFrame(rows()).to_parquet(folder / "surfaces" / "confirm.parquet")
    return folder


@pytest.fixture
def surface_run(write_run: Callable[..., Path]) -> Path:
    """The folder of a run with surfaces, to be changed."""
    return with_surfaces(write_run(methods=METHODS, replicates=2, trials=1))


@pytest.fixture(scope="module")
def drawn(run_of: Callable[..., analysis.Run]) -> tuple[analysis.Run, Any]:
    """Such a run and its figure, drawn once."""
    folder = run_of(study="surfaces", methods=METHODS, replicates=2, trials=1).location
    run = analysis.load(with_surfaces(Path(folder)))
    return run, figures.draw("surfaces", run)


def colour_of(axis: Any) -> np.ndarray:
    """Mean colour (red, green, blue in 0 … 1) of what a panel shows besides white."""
    pixels = np.asarray(axis.images[0].get_array()).reshape(-1, 3) / 255
    return pixels[(pixels < 0.999).any(axis=-1)].mean(axis=0)


def test_older_runs_have_an_empty_typed_table_and_no_figure(whole: analysis.Run) -> None:
    assert len(whole.surfaces) == 0
    assert list(whole.surfaces) == list(reading.SURFACE_COLUMNS)
    assert whole.surfaces["time"].dtype == "float64"
    assert figures.drawings(whole, only=["surfaces"]) == []
    with pytest.raises(analysis.NotApplicable, match="no surfaces"):
        figures.draw("surfaces", whole)


def test_surfaces_are_read_as_they_were_written(surface_run: Path) -> None:
    table = analysis.load(surface_run).surfaces
    assert len(table) == len(rows())
    assert table["replicate"].dtype == "int64"
    lengths = table.set_index(["trial", "time", "kind"])["faces"].map(len)
    assert lengths["confirm-none-sparse-best", 0.5, "predicted"] == 0
    assert lengths["confirm-none-sparse-best", 0.5, "true"] == ball().faces.size
    first = table.iloc[0]
    assert first["vertices"].dtype == "float32"
    np.testing.assert_allclose(first["vertices"].reshape(-1, 3), ball().vertices, atol=1e-6)


def test_the_file_of_a_trial_wins_over_the_compacted_one(surface_run: Path) -> None:
    trial = "confirm-none-sparse-best"
    again = pd.DataFrame([row(trial, 0.5, "predicted", "test", ball())])
    again.to_parquet(surface_run / "surfaces" / f"{trial}.parquet")
    table = analysis.load(surface_run).surfaces
    assert len(table) == len(rows())
    chosen = table[(table["trial"] == trial) & (table["time"] == 0.5) & (table["kind"] == "predicted")]
    assert [len(faces) for faces in chosen["faces"]] == [ball().faces.size]


def test_the_truth_is_on_top_and_the_methods_follow_in_the_order_of_the_study(drawn: tuple[analysis.Run, Any]) -> None:
    _, figure = drawn
    names = [text.get_text() for text in figure.texts]
    assert [name for name in names if name in {"ground truth", *METHODS}] == ["ground truth", *METHODS] * 2
    assert [name for name in names if name.startswith("t = ")] == ["t = 0", "t = 0.5", "t = 1"] * 2
    assert names.index("sparse supervision") < names.index("dense supervision")
    heights = {axis.get_label(): axis.get_position().y0 for axis in figure.axes}
    order = ["ground truth", *METHODS]
    tops = [heights[f"{supervision}/{name}/0.5"] for supervision in ("sparse", "dense") for name in order]
    assert tops == sorted(tops, reverse=True)
    assert len(figure.axes) == 2 * 4 * 3


def test_frames_that_were_shown_are_blue_and_others_warm_also_in_grey(drawn: tuple[analysis.Run, Any]) -> None:
    _, figure = drawn
    panels = {axis.get_label(): axis for axis in figure.axes}
    for name in ("ground truth", "sinkhorn"):
        for panel in (f"sparse/{name}/0", f"sparse/{name}/1", f"dense/{name}/0.5"):
            red, _, blue = colour_of(panels[panel])
            assert blue > red, panel
        red, _, blue = colour_of(panels[f"sparse/{name}/0.5"])
        assert red > blue, name
    grey = np.array([0.299, 0.587, 0.114])
    dark, light = grey @ to_rgb(looks.SHOWN), grey @ to_rgb(looks.OTHER)
    assert light - dark > 0.3


def test_a_prediction_without_a_surface_says_so(drawn: tuple[analysis.Run, Any]) -> None:
    run, figure = drawn
    marked = [axis.get_label() for axis in figure.axes if [text.get_text() for text in axis.texts] == ["no surface"]]
    assert marked == ["sparse/none/0.5"]
    assert all(len(axis.images) == (axis.get_label() not in marked) for axis in figure.axes)
    assert "No surface: none, sparse, t = 0.5." in surfaces.alternative(run)
    assert "bifurcation" in surfaces.caption(run)
    assert figures.png(figure, 0.5).startswith(b"\x89PNG")


def test_equal_surfaces_look_the_same_in_every_row(drawn: tuple[analysis.Run, Any]) -> None:
    _, figure = drawn
    panels = {axis.get_label(): axis for axis in figure.axes}
    truth, predicted, other = (
        np.asarray(panels[f"sparse/{name}"].images[0].get_array())
        for name in ("ground truth/1", "sinkhorn/1", "barycenter/0.5")
    )
    np.testing.assert_array_equal(truth, predicted)
    np.testing.assert_array_equal((truth < 255).any(axis=-1), (other < 255).any(axis=-1))


def test_one_sequence_and_one_supervision_can_be_chosen(surface_run: Path) -> None:
    pd.DataFrame(rows(sequence="another")).to_parquet(surface_run / "surfaces" / "confirm-other.parquet")
    run = analysis.load(surface_run)
    figure = surfaces.draw(run, sequence="bifurcation", supervision="dense")
    assert {axis.get_label().split("/")[0] for axis in figure.axes} == {"dense"}
    assert "'another'" in surfaces.caption(run)
    with pytest.raises(ValueError, match="no surfaces of sequence 'third', only of another and bifurcation"):
        surfaces.draw(run, sequence="third")
    with pytest.raises(ValueError, match="no surfaces of supervision 'none'"):
        surfaces.draw(run, supervision="none")


def test_more_times_than_fit_are_thinned_and_keep_both_ends(surface_run: Path) -> None:
    trial = "confirm-none-sparse-best"
    many = [row(trial, index / 20, "predicted", "test", ball(steps=6)) for index in range(21)]
    pd.DataFrame(many).to_parquet(surface_run / "surfaces" / "confirm.parquet")
    figure = figures.draw("surfaces", analysis.load(surface_run))
    times = [float(axis.get_label().split("/")[2]) for axis in figure.axes]
    assert len(times) == surfaces.TIMES
    assert (times[0], times[-1]) == (0.0, 1.0)


def test_a_ball_covers_its_disc() -> None:
    image = picture(ball(radius=1.2, centre=(0.5, 0.0, 0.3)), RED, WINDOW, (200, 300))
    assert image.shape == (200, 300, 3)
    covered = (image < 250).any(axis=-1)
    assert covered.sum() / 50**2 == pytest.approx(np.pi * 1.2**2, rel=0.02)
    right, up, _ = camera() @ np.array([0.5, 0.0, 0.3])
    line, column = (places.mean() for places in np.nonzero(covered))
    assert column / 50 - 3 == pytest.approx(right, abs=0.02)
    assert 2 - line / 50 == pytest.approx(up, abs=0.02)


def test_what_lies_behind_is_hidden_and_what_lies_in_front_is_seen() -> None:
    towards = camera()[2]
    alone = picture(ball(), RED, WINDOW, (80, 120))
    behind = picture(both(ball(), ball(0.4, tuple(-2 * towards))), RED, WINDOW, (80, 120))
    front = picture(both(ball(), ball(0.4, tuple(2 * towards))), RED, WINDOW, (80, 120))
    np.testing.assert_array_equal(behind, alone)
    assert (front != alone).any()


def test_the_winding_of_the_triangles_does_not_matter() -> None:
    inverted = Mesh(ball().vertices, ball().faces[:, ::-1])
    difference = picture(inverted, RED, WINDOW, (80, 120)).astype(int) - picture(ball(), RED, WINDOW, (80, 120))
    assert np.abs(difference).max() <= 1


def test_light_comes_from_the_upper_left() -> None:
    image = picture(ball(), (0.5, 0.5, 0.5), WINDOW, (200, 300))[..., 0].astype(int)
    centre = (100, 150)
    assert image[centre[0] - 25, centre[1] - 15] > image[centre] > image[centre[0] + 25, centre[1] + 15]


def test_an_open_mesh_shows_its_inside() -> None:
    towards = camera()[2]
    whole = ball()
    middles = whole.vertices[whole.faces].mean(axis=1) @ towards
    bowl = Mesh(whole.vertices, whole.faces[middles < 0])
    covered = (picture(bowl, RED, WINDOW, (200, 300)) < 250).any(axis=-1).sum() / 50**2
    assert covered == pytest.approx(np.pi, rel=0.05)


def test_shapes_that_leave_the_picture_and_empty_ones_are_no_errors() -> None:
    assert (picture(NOTHING, RED, WINDOW, (20, 30)) == 255).all()
    assert (picture(ball(0.5, (9.0, 0.0, 0.0)), RED, WINDOW, (20, 30)) == 255).all()
    assert (picture(ball(20.0), RED, WINDOW, (20, 30)) < 255).any(axis=-1).all()
    assert extent([NOTHING, ball(1.5)]) == pytest.approx((-1.5, 1.5, -1.5, 1.5), abs=0.01)
