"""Several runs on one page: an answer for each, common axes, what they differ in, and honest words where they do not
compare."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import analysis
from analysis.drawing import bands
from analysis.pages import side_by_side
from analysis.pages.side_by_side import render_together
from analysis.testing.runs import change
from analysis.wording import signed
from tests.analysis.browser import needs_chromium, opened
from tests.analysis.pages.test_report import Page
from tests.analysis.pages.test_viewer import with_growing_surfaces

Opener = Callable[..., analysis.Run]
FEW = {"methods": ("none", "sinkhorn"), "trials": 1}


@pytest.fixture(scope="module")
def two(run_of: Opener) -> list[analysis.Run]:
    """Two runs of one study: in the second 'sinkhorn' does not help, and it has fewer replicates."""
    helps = run_of(**FEW, run="20260101-120000")
    not_there = run_of(**FEW, run="20260102-120000", level={"none": 0.3, "sinkhorn": 0.3}, replicates=4, seed=1)
    return [helps, not_there]


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what the page says; the browser's has the figures."""
    monkeypatch.setattr(side_by_side, "_drawing", lambda *_: None)


@pytest.mark.usefixtures("without_figures")
def test_every_run_has_its_answer_with_the_numbers_of_its_own_report(two: list[analysis.Run]) -> None:
    shown = Page(render_together(two), scripts=True).text
    for run in two:
        assert run.name in shown
        assert " ".join(analysis.conclusion(run).split()) in shown
        row = (
            analysis.compare(run.per_time, "chamfer").query("supervision == 'sparse' and method == 'sinkhorn'").iloc[0]
        )
        assert signed(row["difference"]) in shown
    assert "not tested against each other" in shown


def test_it_says_what_differs_and_only_that(two: list[analysis.Run]) -> None:
    differences = dict(side_by_side._differences(two))
    assert differences["replicates"] == ["6", "4"]
    assert "preset" not in differences
    assert "run" not in differences
    assert side_by_side._differences([two[0], two[0]]) == []


def test_runs_share_their_axes_and_a_missing_metric_is_said(run_of: Opener, two: list[analysis.Run]) -> None:
    other = run_of(**FEW, study="spheres", supervisions=("sparse",))
    panels = [
        side_by_side._Panel(facts=side_by_side.gather(run), name=name, per_time=bands.confirmed(run))
        for run, name in ((two[0], "one"), (other, "two"))
    ]
    metric = side_by_side._metrics(two)[0]
    figure, methods = side_by_side._figure(panels, ["sparse", "dense"], metric)
    axes = figure.axes
    assert methods == ["none", "sinkhorn"]
    assert metric.name == "chamfer"
    assert axes[0].get_ylim() == axes[1].get_ylim()
    assert [text.get_text() for text in axes[3].texts] == ["not measured"]
    assert len(axes[0].lines) >= 2


@pytest.mark.usefixtures("without_figures")
@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"status": "running", "confirmed": False, "compacted": False}, "not finished: what is here may still change"),
        ({"replicates": 1}, "n = 1 is too few"),
        ({"methods": ("none",), "lost_arms": (("none", "sparse"), ("none", "dense"))}, "loss 'sinkhorn' is not finite"),
        ({"study": "spheres"}, "spheres"),
    ],
)
def test_partial_and_different_runs_are_shown_as_they_are(
    two: list[analysis.Run], run_of: Opener, plan: dict[str, object], words: str
) -> None:
    assert (
        words in Page(render_together([two[0], run_of(**FEW | {"run": "20260103-120000"} | plan)]), scripts=True).text
    )


@pytest.mark.usefixtures("without_figures")
def test_different_metrics_are_not_put_beside_each_other_without_a_word(
    two: list[analysis.Run], write_run: Callable[..., Path]
) -> None:
    folder = write_run(**FEW)
    objective = analysis.load(folder).record["objective"] | {"metric": "dice"}
    change(folder, objective=objective, replication_unit="images")
    shown = Page(render_together([two[0], analysis.load(folder)]), scripts=True).text
    assert "The runs rank on different metrics: Chamfer distance (domain units) and Dice score." in shown
    assert "count different things as n: training noise of one sequence (seeds) and images" in shown


@needs_chromium
def test_the_page_shows_the_surfaces_of_the_run_that_is_chosen(run_of: Opener, tmp_path: Path) -> None:
    runs = []
    for name in ("20260104-120000", "20260105-120000"):
        folder = run_of(**FEW, run=name, replicates=3).location
        runs.append(analysis.load(with_growing_surfaces(Path(folder))))
    file = tmp_path / "page.html"
    file.write_text(render_together(runs), encoding="utf-8")
    with opened(file) as (page, wrong):
        page.locator("#surfaces-in-3d").scroll_into_view_if_needed()
        page.wait_for_selector("#surfaces-in-3d[aria-busy=false]")
        page.get_by_role("combobox", name="Run").select_option("bifurcation, 20260105-120000")
        page.wait_for_selector("#surfaces-in-3d[aria-busy=false]")
        assert page.locator("#surfaces-in-3d .plot").count() == 3
        assert all(len(image.get_attribute("alt") or "") > 40 for image in page.locator("img").all())
        assert wrong == []
