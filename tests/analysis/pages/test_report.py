"""The report is one honest file that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis import figures
from analysis.testing.runs import change
from tests.analysis.simulated import arm, ensemble, write

Writer = Callable[..., Path]
Opener = Callable[..., analysis.Run]
VOID = {"meta", "img", "br", "link", "hr", "input"}


class Page(HTMLParser):
    """Collects what a page shows, and checks that its tags close in order."""

    def __init__(self, html: str, scripts: bool = False) -> None:
        super().__init__()
        self.scripts = scripts
        self.open: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.said: list[str] = []
        self.feed(html)
        assert self.open == []
        self.text = re.sub(r"\s+", " ", " ".join(self.said))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script" or self.scripts
        named = dict(attrs)
        self.links += [named[name] or "" for name in ("src", "href") if name in named]
        if tag == "img":
            self.images.append(named)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Parts of pictures in SVG: they open nothing."""
        assert tag in {"rect", "path"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.said.append(data)


def page(run: analysis.Run) -> Page:
    return Page(analysis.render(run, drawings=[]))


def test_the_report_begins_with_the_answer_and_holds_everything(run_of: Opener) -> None:
    run = run_of(lost_arms=(("sinkhorn", "dense"),))
    shown = page(run)
    place = 0
    for sentence in analysis.answer(run):
        assert re.sub(r"\s+", " ", sentence) in shown.text
    for heading in ("Under sparse supervision", "How far this goes", "Differences to the baseline", "provenance"):
        place = shown.text.index(heading, place)
    for value in (
        "python -m study.run bifurcation",
        "preset laptop",
        "torch 2.13.0",
        "0123abc",
        "host node",
        "overhead is 9.0 % of the total",
        "9 min 40 s",
        "optimiser.learning_rate",
        "at the published setting",
        "loss 'sinkhorn' is not finite at epoch 80",
        "1000, 1001, 1002, 1003, 1004, 1005",
    ):
        assert value in shown.text


def test_the_report_needs_no_network_and_its_figures_have_text(
    whole: analysis.Run, drawings: list[figures.Drawing]
) -> None:
    shown = Page(analysis.render(whole, drawings))
    drawn = [drawing for drawing in drawings if drawing.png]
    assert len(shown.images) == len(drawn) == 3 + 3  # three metrics; none of a method, of four trials
    assert all(link.startswith("data:image/webp;base64,") for link in shown.links)
    assert all(len(image["alt"] or "") > 40 for image in shown.images)


def test_text_from_a_run_is_text_on_the_page(whole: analysis.Run) -> None:
    html = analysis.render(whole, drawings=[])
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html


def test_a_report_draws_its_figures_and_says_which_cannot_be_drawn_yet(write_run: Writer) -> None:
    run = analysis.load(write_run(status="running", confirmed=False, compacted=False, supervisions=("sparse",)))
    shown = Page(analysis.render(run))
    assert len(shown.images) == 1  # the search of all methods
    assert shown.text.count("Not drawn: ") == 4


def test_what_is_delivered_stands_beside_single_networks_and_in_the_comparison(tmp_path: Path) -> None:
    none, sinkhorn = (arm(name, level, setting="best") for name, level in (("none", 0.2), ("sinkhorn", 0.3)))
    none["empty"] = (none["replicate"] == 1) & (none["role"] == "test")
    together = [ensemble(none, 0.0912, 0.002), ensemble(sinkhorn, 0.0413, 0.001)]
    record = {"objective": {"metric": "chamfer"}, "supervisions": ["sparse"], "methods": ["none", "sinkhorn"]}
    shown = page(analysis.load(write(tmp_path / "results", "s", [none, sinkhorn], ensembles=together, **record))).text
    half = 2.5706 * 0.001 * (6 / 5) ** 0.5
    assert f"sparse sinkhorn ✓ 0.0413 {0.0413 - half:.4f} to {0.0413 + half:.4f} 6 0.300 0.300 0.0 % 0.0 %" in shown
    assert "0.200 0.200 0.0 % 17 %" in shown
    assert f"0.0413 {0.0413 - half:.4f}" in shown.split("Differences to the baseline")[1]


def test_every_row_of_the_comparison_is_in_a_table(whole: analysis.Run) -> None:
    run = whole
    html = analysis.render(run, drawings=[])
    rows = sum(
        len(analysis.compare(run.per_time, metric, setting=setting))
        for metric in ("chamfer", "hausdorff", "dice", "bifurcation_time_error")
        for setting in ("best", "published")
    )
    assert len(re.findall(r'<td class="nowrap (?:better|worse|open)">', html)) == rows


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"replicates": 1}, "n = 1 is too few"),
        (
            {"status": "running", "confirmed": False, "compacted": False},
            "Nothing can be compared with the baseline",
        ),
        ({"methods": (), "status": "running"}, "No trial of the search has ended yet."),
        ({"status": "unfinished"}, "The run is unfinished"),
        (
            {"methods": ("none",), "lost_arms": (("none", "sparse"),)},
            "4 of 4 trials failed",
        ),
        ({"methods": ("none",)}, "there is nothing to compare with the baseline"),
        ({"methods": ("sinkhorn",)}, "the baseline 'none' has no confirmed values"),
        ({"diverged": {"none": (0, 1, 2, 3, 4, 5)}}, "no confirmed values"),
    ],
)
def test_a_partial_run_gets_an_honest_report(run_of: Opener, plan: dict[str, object], words: str) -> None:
    assert words in page(run_of(**({"methods": ("none", "sinkhorn"), "supervisions": ("sparse",)} | plan))).text


def test_failures_of_one_kind_share_a_line(run_of: Opener) -> None:
    html = analysis.render(run_of(lost_arms=(("sinkhorn", "sparse"), ("none", "dense"))), drawings=[])
    assert html.count("<td>loss &#39;sinkhorn&#39; is not finite at epoch 80</td>") == 2
    assert html.count("<code>search-sinkhorn-sparse-0000</code>") == 1


def test_a_confirmation_that_was_not_trained_twice_did_not_fail(write_run: Writer) -> None:
    folder = write_run(methods=("none", "sinkhorn"), trials=1)
    trials = pd.read_parquet(folder / "trials.parquet")
    copied = trials["trial"] == "confirm-sinkhorn-sparse-published"
    trials.loc[copied, "reason"] = "same as confirm-sinkhorn-sparse-best"
    trials.to_parquet(folder / "trials.parquet")
    assert "No trial failed." in page(analysis.load(folder)).text


def test_provenance_names_data_seeds_and_sessions(write_run: Writer) -> None:
    folder = write_run(methods=("none", "sinkhorn"), trials=1)
    assert "stopped and resumed" not in page(analysis.load(folder)).text
    sessions = [{"started": "2026-01-01T12:00:00"}, {"started": "2026-01-02T09:30:00"}]
    change(folder, seeds={"search": [7, 8], "confirm": [9]}, data={"source": "nuclei.tif"}, sessions=sessions)
    text = page(analysis.load(folder)).text
    for words in ("seeds of the search 7, 8", "data nuclei.tif", "stopped and resumed 2026-01-02T09:30:00"):
        assert words in text


@pytest.mark.parametrize("missing", [False, True])
def test_what_predictions_without_a_surface_cost_is_said(tmp_path: Path, missing: bool) -> None:
    """A metric has the worst value there, or none: then the replicate is no pair, and its method gains nothing."""
    none, sinkhorn = (arm(name, level, setting="best") for name, level in (("none", 0.2), ("sinkhorn", 0.3)))
    none["empty"] = False
    sinkhorn["empty"] = (sinkhorn["replicate"] == 1) & (sinkhorn["role"] == "test")
    if missing:
        sinkhorn.loc[sinkhorn["empty"], "chamfer"] = np.nan
    record = {"objective": {"metric": "chamfer"}, "supervisions": ["sparse"], "methods": ["none", "sinkhorn"]}
    run = analysis.load(write(tmp_path / "results", "s", [none, sinkhorn], **record))
    count = int(sinkhorn["empty"].sum())
    how = "which have no value and are left out of means" if missing else "counted at the worst value and not left out"
    assert f"Predictions without any surface on test times, {how}: sinkhorn (sparse): {count} of" in page(run).text
    assert analysis.compare(run.per_time)["n"].tolist() == [5 if missing else 6]
