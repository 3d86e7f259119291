"""The first screen: the league, the best first, with the winner beside the truth, and all of it without scrolling."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import analysis
from analysis import figures
from analysis.pages import first_screen
from analysis.words.facts import gather
from tests.analysis.browser import needs_chromium, opened
from tests.analysis.figures.test_surfaces import with_surfaces
from tests.analysis.simulated import arm, ensemble, write

Opener = Callable[..., analysis.Run]
RULES = {"linear-blend": "floor", "moved-blend": "classical rule"}


def many(tmp_path: Path, networks: int = 15, **others: Any) -> analysis.Run:
    """A run of 'none', so many other networks and two rules: network-k has an error of 0.1 + 0.01 k."""
    levels = {"none": 0.5} | {f"network-{k:02d}": 0.1 + 0.01 * k for k in range(networks)}
    levels |= {"linear-blend": 0.105, "moved-blend": 0.4}
    rows = [arm(name, level, setting="best") for name, level in levels.items()]
    record = {
        "objective": {"metric": "chamfer"}, "supervisions": ["sparse"], "methods": list(levels), "references": RULES,
    }  # fmt: skip
    return analysis.load(write(tmp_path / "results", "s", rows, **(record | others)))


def test_the_best_dozen_stands_open_the_baseline_among_them_and_the_others_are_folded_away(tmp_path: Path) -> None:
    (screen,) = first_screen.screens(gather(many(tmp_path)))
    names = [row["method"] for row in screen["rows"]]
    assert len(names) == first_screen.MOST
    assert names[:3] == ["network-00", "linear-blend", "network-01"]
    assert names[-1] == "none"
    assert [row["rank"] for row in screen["rows"]] == [*range(1, 12), 18]
    assert len(screen["rows"]) + len(screen["more"]) == 18
    assert {row["method"]: row["kind"] for row in [*screen["rows"], *screen["more"]]}["moved-blend"] == "rule"
    assert screen["rows"][1]["tags"] == ["floor"]
    assert any("Floor: " in note for note in screen["notes"])
    assert not any("Ceiling" in note for note in screen["notes"])


def test_what_trains_nothing_is_a_rule_also_where_the_record_does_not_say_so(
    whole: analysis.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of studies of images, say: by what the tables have of its trials."""
    monkeypatch.setattr("analysis.tables.record.references", lambda run: {})
    for screen in first_screen.screens(gather(whole)):
        kinds = {row["method"]: row["kind"] for row in [*screen["rows"], *screen["more"]]}
        assert (kinds["none"], kinds["linear-blend"]) == ("network", "rule")


def test_a_line_says_what_the_standing_says(tmp_path: Path) -> None:
    spread = np.linspace(-0.01, 0.01, 6).reshape(6, 1, 1)
    none, sinkhorn = (arm(name, level + spread, setting="best") for name, level in (("none", 0.3), ("sinkhorn", 0.2)))
    record = {"objective": {"metric": "chamfer"}, "supervisions": ["sparse"], "methods": ["none", "sinkhorn"]}
    together = [ensemble(none, 0.25, 0.002), ensemble(sinkhorn, 0.0912, 0.002)]
    run = analysis.load(write(tmp_path / "results", "s", [none, sinkhorn], ensembles=together, **record))
    (screen,) = first_screen.screens(gather(run))
    best = analysis.standing(run).iloc[0]
    assert (best["method"], best["expected"]) == ("sinkhorn", pytest.approx(0.0912))
    line = screen["rows"][0]
    assert (line["method"], line["value"], line["probability"]) == ("sinkhorn", "0.0912", "> 0.99")
    assert line["interval"] == f"{best['low']:.4f} to {best['high']:.4f}"
    assert "best with" in analysis.render(run, [])


def test_a_bar_is_as_long_as_its_mean_and_an_interval_that_leaves_it_ends_in_an_arrow() -> None:
    def numbers(bar: str, name: str) -> list[float]:
        (part,) = re.findall(rf'<(?:rect|path) class="{name}"[^>]*/>', bar)
        return [float(number) for number in re.findall(r"[\d.]+", part)]

    bar = first_screen._bar(0.5, 0.4, 0.6, 1.0, 0.8, rule=False)
    assert numbers(bar, "network")[2] == pytest.approx(first_screen.WIDTH / 2 - 0.5)
    assert numbers(bar, "interval")[0] == pytest.approx(0.4 * first_screen.WIDTH, abs=0.1)
    assert numbers(bar, "reference")[0] == pytest.approx(0.8 * first_screen.WIDTH, abs=0.1)
    assert "L" not in bar
    assert first_screen._bar(0.5, -0.4, 1.6, 1.0, 0.8, rule=False).count("L") == 4
    assert "interval" not in first_screen._bar(0.5, float("nan"), float("nan"), 1.0, 0.8, rule=True)
    assert "rect" not in first_screen._bar(float("nan"), 0.4, 0.6, 1.0, 0.8, rule=True)


@pytest.mark.parametrize(
    ("probability", "words"), [(0.999, "> 0.99"), (0.004, "< 0.01"), (0.25, "0.25"), (float("nan"), "–")]
)
def test_a_probability_is_never_a_certainty(probability: float, words: str) -> None:
    assert first_screen._chance(probability) == words


def test_a_column_of_nothing_but_dashes_is_left_out(tmp_path: Path) -> None:
    spread = np.array([-0.01, 0.01]).reshape(2, 1, 1)
    rows = [arm(name, 0.2 + spread, replicates=2, setting="best") for name in ("none", "sinkhorn")]
    record = {"objective": {"metric": "chamfer"}, "supervisions": ["sparse"], "methods": ["none", "sinkhorn"]}
    run = analysis.load(write(tmp_path / "results", "s", rows, **record))
    assert analysis.standing(run)["best"].isna().all()
    assert "best with" not in analysis.render(run, [])


def test_how_many_frames_are_shown_stands_beside_the_supervision(run_of: Opener) -> None:
    run = run_of(methods=("none", "sinkhorn"))
    sparse, dense = first_screen.screens(gather(run))
    assert (sparse["shown"], dense["shown"]) == ("2 of 21 frames shown", "5 of 21 frames shown")


def test_the_best_method_is_drawn_between_the_truth_and_the_baseline(run_of: Opener) -> None:
    folder = run_of(study="best", methods=("none", "barycenter", "sinkhorn"), replicates=2, trials=1).location
    run = analysis.load(with_surfaces(Path(folder)))
    best = gather(run).standing("sparse")["method"].iloc[0]
    figure = figures.draw("best", run, "sparse")
    said = [text.get_text() for text in figure.texts]
    rows = [text for text in said if text.startswith(("ground truth", best, "none"))]
    assert rows == ["ground truth", f"{best} (best)", "none (baseline)"]
    assert [text for text in said if text.startswith("t = ")] == ["t = 0", "t = 0.5", "t = 1"]
    assert len(figure.axes) == 9
    drawings = figures.drawings(run, only=["best"], scale=0.5)
    assert [(drawing.name, drawing.section) for drawing in drawings] == [
        ("best-sparse", "first"),
        ("best-dense", "first"),
    ]
    assert analysis.render(run, drawings).count('id="figure-best-') == 2


def test_a_run_that_kept_nothing_to_look_at_has_a_first_screen_all_the_same(whole: analysis.Run) -> None:
    assert figures.drawings(whole, only=["best"]) == []
    assert "league" in analysis.render(whole, [])


@needs_chromium
def test_the_first_screen_holds_answer_league_and_pictures_without_scrolling(run_of: Opener, tmp_path: Path) -> None:
    folder = run_of(study="screen", replicates=8, trials=1).location
    run = analysis.load(with_surfaces(Path(folder)))
    file = tmp_path / "report.html"
    file.write_text(analysis.render(run, figures.drawings(run, only=["best"])), encoding="utf-8")
    with opened(file, width=1280, height=800) as (page, wrong):
        for part in (".conclusion", ".screen:visible table.league", ".screen:visible figure", ".screen:visible .notes"):
            box = page.locator(part).first.bounding_box()
            assert box["y"] + box["height"] < 800, part
            assert box["x"] + box["width"] <= 1280, part
        table = page.locator(".screen:visible .table").first
        assert table.evaluate("(box) => box.scrollWidth <= box.clientWidth")
        page.get_by_role("radio", name="sparse").focus()
        page.keyboard.press("ArrowRight")
        assert page.get_by_role("radio", name="dense").is_checked()
        assert page.locator("#screen-2").is_visible()
        assert not page.locator("#screen-1").is_visible()
        assert page.get_by_role("table").first.get_by_role("row").count() >= 3
        assert wrong == []
