"""Surfaces in 3D in the report: small meshes that are still the shapes, and a page on which the slider moves them."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import trimesh

import analysis
from analysis.drawing.rendering import Mesh
from analysis.pages.viewer import compressed, viewer
from analysis.pages.viewer.meshes import BYTES_PER_VERTEX, STEPS, packed, simplified, unpacked
from tests.analysis.browser import needs_chromium, opened
from tests.analysis.figures.test_surfaces import NOTHING, ball, both, row

METHODS = ("none", "sinkhorn")
TIMES = {0.0: "train", 0.5: "test", 1.0: "train"}
READY = "#surfaces-in-3d[aria-busy=false]"
FRAME = "() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))"
LOOK = """() => [...document.querySelectorAll("#surfaces-in-3d .plot")].map((plot) => ({
    label: plot.getAttribute("aria-label"),
    width: Math.max(...plot.data[0].x) - Math.min(...plot.data[0].x),
    visible: plot.data[0].visible, colour: plot.data[0].color, eye: plot._fullLayout.scene.camera.eye}))"""


def radius(kind: str, time: float) -> float:
    return (1.0 if kind == "true" else 0.9) + time


def with_growing_surfaces(folder: Path, steps: int = 12) -> Path:
    """Balls that grow; under sparse supervision 'none' has no surface at 0.5."""
    rows = []
    for supervision in ("sparse", "dense"):
        for method in METHODS:
            for time, role in TIMES.items():
                for kind in ("true", "predicted"):
                    empty = (supervision, method, time, kind) == ("sparse", "none", 0.5, "predicted")
                    mesh = NOTHING if empty else ball(radius(kind, time), steps=steps)
                    rows.append(row(f"confirm-{method}-{supervision}-best", time, kind, role, mesh))
    (folder / "surfaces").mkdir()
    pd.DataFrame(rows).to_parquet(folder / "surfaces" / "confirm.parquet")
    return folder


@pytest.fixture(scope="module")
def growing(run_of: Callable[..., analysis.Run]) -> analysis.Run:
    folder = run_of(study="growing", methods=METHODS, replicates=3, trials=1).location
    return analysis.load(with_growing_surfaces(Path(folder)))


# meshes


def solid(mesh: Mesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)


@pytest.mark.parametrize("most", [200, 800, 3000])
def test_a_simplified_ball_is_closed_and_still_that_ball(most: int) -> None:
    few = simplified(ball(2.0, centre=(0.3, -1.0, 5.0), steps=60), most)
    assert most / 2 < len(few.vertices) <= most
    assert len(few.faces) < 2.01 * most
    assert solid(few).is_watertight
    distances = np.linalg.norm(few.vertices - (0.3, -1.0, 5.0), axis=1)
    cell = np.sqrt(4 * np.pi * 4 / most)
    assert np.abs(distances - 2.0).max() < cell**2 / 4  # half the sagitta of a few cells
    assert solid(few).volume == pytest.approx(4 / 3 * np.pi * 8, rel=16 / most)


def test_two_balls_stay_two() -> None:
    few = simplified(both(ball(1.0, steps=40), ball(1.0, centre=(2.5, 0, 0), steps=40)), 400)
    assert solid(few).body_count == 2


def test_a_mesh_that_is_small_enough_stays_as_it_is_without_vertices_that_nothing_uses() -> None:
    small = ball(steps=5)
    more = Mesh(np.concatenate([[[9.0, 9.0, 9.0]], small.vertices]), small.faces + 1)
    kept = simplified(more, 1000)
    assert solid(kept).volume == pytest.approx(solid(small).volume)
    assert kept.vertices.max() < 2
    assert simplified(NOTHING, 100).empty


@pytest.mark.parametrize("size", [0.0, 2.0])
def test_a_line_and_a_point_of_many_vertices_become_nothing_or_little(size: float) -> None:
    line = np.linspace(0, size, 900)[:, None] * np.array([1.0, 0.5, 0.0])
    few = simplified(Mesh(line, np.arange(900).reshape(-1, 3)), 100)
    assert len(few.vertices) <= 100


def test_packed_meshes_are_right_to_half_a_step_and_have_the_same_triangles() -> None:
    mesh = ball(1.5, centre=(-4.0, 0.0, 2.0))
    low, step = mesh.vertices.min(axis=0), 3.0 / STEPS
    again = unpacked(packed(mesh, low, step), len(mesh.vertices), len(mesh.faces), low, step)
    assert np.abs(again.vertices[again.faces] - mesh.vertices[mesh.faces]).max() <= step / 2 * 1.001
    assert packed(NOTHING, low, step) == b""
    with pytest.raises(ValueError, match="does not fit"):
        packed(mesh, low + 1.0, step)


def test_a_packed_mesh_takes_no_more_of_a_page_than_is_reckoned_with() -> None:
    mesh = simplified(both(ball(1.0, steps=80), ball(0.7, centre=(2.0, 0.3, 0.1), steps=60)), 2000)
    low = mesh.vertices.min(axis=0)
    taken = len(compressed(packed(mesh, low, float(np.ptp(mesh.vertices, axis=0).max()) / STEPS)))
    assert taken / len(mesh.vertices) < BYTES_PER_VERTEX


# what the page gets


def test_the_page_has_every_surface_and_the_truth_only_once(growing: analysis.Run) -> None:
    made = viewer([growing], 1_000_000)
    assert made is not None
    data = json.loads(made.data)
    (run,) = data["runs"]
    assert [view["title"] for view in run["views"]] == ["sparse", "dense"]
    assert [panel["name"] for panel in run["views"][0]["panels"]] == ["ground truth", "none", "sinkhorn"]
    assert [(view["times"], view["shown"]) for view in run["views"]] == [([0.0, 0.5, 1.0], [0, 2])] * 2
    content = gzip.decompress(base64.b64decode(made.meshes))
    starts = np.cumsum([0, *(6 * (vertices + triangles) for vertices, triangles in data["meshes"])])
    assert starts[-1] == len(content)
    assert len(data["meshes"]) == 3 + 3 + 1  # truth, predictions, which are equal here, and the empty one
    for view in run["views"]:
        for panel in view["panels"]:
            for time, number in zip(view["times"], panel["surfaces"], strict=True):
                part = content[starts[number] : starts[number + 1]]
                mesh = unpacked(part, *data["meshes"][number], np.array(run["low"]), run["step"])
                kind = "true" if panel["name"] == "ground truth" else "predicted"
                if (view["title"], panel["name"], time) == ("sparse", "none", 0.5):
                    assert mesh.empty
                else:
                    assert np.linalg.norm(mesh.vertices, axis=1) == pytest.approx(radius(kind, time), abs=1e-3)
    assert "no surface: none, t = 0.5" in made.alternative
    assert "Simplified" not in made.caption


def test_meshes_keep_to_the_budget_and_the_caption_says_so(write_run: Callable[..., Path]) -> None:
    run = analysis.load(with_growing_surfaces(write_run(methods=METHODS, replicates=2, trials=1), steps=100))
    made = viewer([run], 100_000)
    assert made is not None
    assert 20_000 < len(made.meshes) < 105_000
    assert "Simplified to at most" in made.caption


def test_of_several_sequences_one_is_chosen_and_the_moments_after_a_division_say_so(
    write_run: Callable[..., Path],
) -> None:
    folder = with_growing_surfaces(write_run(methods=METHODS, replicates=2, trials=1))
    first = pd.read_parquet(folder / "surfaces" / "confirm.parquet")
    pd.concat([first, first.assign(sequence="another")]).to_parquet(folder / "surfaces" / "confirm.parquet")
    run = analysis.load(folder)
    run.per_time["division_time"] = np.where(run.per_time["sequence"] == "bifurcation", 0.5, np.nan)
    made = viewer([run], 1_000_000)
    assert made is not None
    assert made.choice == "Sequence and supervision"
    views = json.loads(made.data)["runs"][0]["views"]
    assert [(view["title"], view["division"]) for view in views] == [
        ("another, sparse", None), ("another, dense", None), ("bifurcation, sparse", 0.5), ("bifurcation, dense", 0.5)
    ]  # fmt: skip
    drawn = analysis.figures.drawings(run, ["surfaces"], scale=0.4)
    assert [drawing.name for drawing in drawn] == ["surfaces-another", "surfaces-bifurcation"]
    assert ["÷: after the division" in drawing.caption for drawing in drawn] == [False, True]
    titles = [text.get_text() for text in analysis.figures.draw("surfaces", run, "bifurcation").texts]
    assert [title for title in titles if title.startswith("t = ")] == ["t = 0", "t = 0.5 ÷", "t = 1 ÷"] * 2


def test_a_run_without_surfaces_has_no_viewer(whole: analysis.Run) -> None:
    assert viewer([whole], 1_000_000) is None
    assert "<script" not in analysis.render(whole, drawings=[])


def test_names_from_a_run_cannot_end_the_script(growing: analysis.Run) -> None:
    strange = analysis.Run(
        growing.location, growing.record | {"study": "</script><b>"}, growing._filesystem, growing._folder
    )
    made = viewer([strange], 1_000_000)
    assert made is not None
    assert "<" not in made.data
    assert json.loads(made.data)["runs"][0]["title"] == "</script><b>"


# the page itself


@needs_chromium
def test_the_slider_moves_the_surfaces_and_one_camera_serves_all(growing: analysis.Run, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(analysis.render(growing), encoding="utf-8")
    assert file.stat().st_size < 6_000_000
    with opened(file) as (page, wrong):
        figure = page.locator("#surfaces-in-3d")
        assert not figure.is_visible()
        page.locator("summary", has_text="surfaces in 3D").focus()
        page.keyboard.press("Enter")
        figure.scroll_into_view_if_needed()
        page.wait_for_selector(READY)
        middle = page.evaluate(LOOK)
        assert [panel["label"] for panel in middle] == [
            "ground truth, t = 0.5, not shown", "none, t = 0.5, not shown, no surface", "sinkhorn, t = 0.5, not shown"
        ]  # fmt: skip
        assert [panel["visible"] for panel in middle] == [True, False, True]
        assert page.locator("#surfaces-in-3d .nothing:visible").count() == 1
        assert [middle[0]["width"], middle[2]["width"]] == pytest.approx([3.0, 2.8], abs=0.02)

        page.get_by_role("slider", name="Time").focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => document.querySelector('#surfaces-in-3d output').value.startsWith('t = 1,')")
        last = page.evaluate(LOOK)
        assert [panel["visible"] for panel in last] == [True, True, True]
        assert page.locator("#surfaces-in-3d .nothing:visible").count() == 0
        assert [panel["width"] for panel in last] == pytest.approx([4.0, 3.8, 3.8], abs=0.02)
        assert last[0]["colour"] != middle[0]["colour"]

        page.get_by_role("combobox", name="Supervision").select_option("dense")
        page.wait_for_selector(READY)
        assert [panel["visible"] for panel in page.evaluate(LOOK)] == [True, True, True]

        turned = page.locator("#surfaces-in-3d .plot").nth(1)
        turned.scroll_into_view_if_needed()
        box = turned.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        followed = f"""(before) => {{
            const far = (a, b) => Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z);
            const [first, second, third] = ({LOOK})().map((panel) => panel.eye);
            return [far(first, before), Math.max(far(first, second), far(first, third))]}}"""
        before = last[0]["eye"]
        step = 0  # the page turns a camera once a frame and tells of what has turned alone: on busy cores, of few moves
        while page.evaluate(followed, before)[0] < 0.1:
            step += 1
            assert step < 100
            page.mouse.move(x + step, y + step / 2)
            page.evaluate(FRAME)
        page.mouse.up()
        page.wait_for_function(f"(before) => ({followed})(before)[1] < 1e-6", arg=before)
        assert page.evaluate(followed, before)[0] > 0.05

        for image in page.locator("img").all():
            assert len(image.get_attribute("alt") or "") > 40
        for drawn in page.locator("figure").all():
            described = drawn.get_attribute("aria-label") or drawn.locator("img").count()
            assert described or "Not drawn" in (drawn.text_content() or "")
        assert wrong == []


def test_the_page_carries_all_it_needs(growing: analysis.Run) -> None:
    surfaces = analysis.figures.Drawing(name="surfaces", title="", caption="", alternative="a" * 50, png=b"", width=1)
    html = analysis.render(growing, [surfaces])
    library = re.findall(r'id="surfaces-library">([^<]*)<', html)
    assert len(library) == 1
    assert gzip.decompress(base64.b64decode(library[0])).count(b"plotly.js v") == 1
    tags = re.findall(
        r"<(?:script|link|img|iframe)\b[^>]*>", re.sub(r"<script>.*?</script>", "<script>", html, flags=re.S)
    )
    assert len(tags) >= 4
    assert not [tag for tag in tags if "src=" in tag and 'src="data:' not in tag]
