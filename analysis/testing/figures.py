"""What a figure keeps: it draws any run that it applies to, whole or begun, and tells those who do not see it what
there is to see."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

import analysis
from analysis import figures
from analysis.testing.runs import Plan, write

Opener = Callable[..., analysis.Run]
_KNOWN: dict[str, analysis.Run] = {}
"""Plan → its run, written once."""


class FigureContract:
    """``figure`` is the name of a figure. One that does not apply to every study has ``example(folder)``, which writes
    a run folder to which it does; else it is drawn of :class:`analysis.testing.runs.Plan`."""

    @pytest.fixture
    def opened(self, tmp_path_factory: pytest.TempPathFactory) -> Opener:
        """``opened(replicates=1)``: a run by a plan, small unless it says otherwise, only to be looked at."""

        def make(**wishes: Any) -> analysis.Run:
            few: dict[str, Any] = {"methods": ("none", "sinkhorn", "linear-blend"), "replicates": 3, "trials": 10}
            plan = Plan(**few | wishes)
            if repr(plan) not in _KNOWN:
                _KNOWN[repr(plan)] = analysis.load(write(tmp_path_factory.mktemp("run") / plan.study / plan.run, plan))
            return _KNOWN[repr(plan)]

        return make

    @pytest.fixture
    def about(self, figure: str, opened: Opener, tmp_path: Path) -> analysis.Run:
        """A run that the figure is about, if it applies to any that it can be shown."""
        example = getattr(figures.file_of(figure), "example", None)
        return opened() if example is None else analysis.load(example(tmp_path))

    def test_it_is_found_and_has_a_title_and_a_place(self, figure: str) -> None:
        assert figure in figures.names()
        module = figures.file_of(figure)
        assert module.__doc__
        assert module.TITLE
        assert isinstance(module.ORDER, int | float)
        assert all(callable(getattr(module, name)) for name in ("draw", "caption", "alternative"))

    def test_it_has_a_picture_a_caption_and_text_for_those_who_do_not_see_it(
        self, figure: str, about: analysis.Run
    ) -> None:
        before = dict(mpl.rcParams)
        once, again = (figures.drawings(about, only=[figure], scale=1.0) for _ in range(2))
        assert dict(mpl.rcParams) == before, "matplotlib's settings are left alone"
        assert once == again, "the same run gives the same picture"
        for drawing in once:
            assert drawing.png.startswith(b"\x89PNG")
            width, height = struct.unpack(">II", drawing.png[16:24])
            assert 300 <= width <= 1600
            assert 150 <= height <= 3000
            assert width == drawing.width
            assert drawing.caption.strip().endswith("."), "a sentence"
            assert drawing.alternative.strip().endswith("."), "a sentence"

    @pytest.mark.parametrize(
        "wishes",
        [
            {"methods": (), "status": "running"},
            {"confirmed": False, "status": "running"},
            {"replicates": 1, "supervisions": ("sparse",), "trials": 1, "methods": ("none",)},
            {"lost_arms": (("sinkhorn", "sparse"),)},
            {"diverged": {"sinkhorn": (0, 1)}},
            {"sequences": ("one", "two")},
        ],
        ids=["begun", "searching", "smallest", "failed", "diverged", "two sequences"],
    )
    def test_of_any_run_it_is_drawn_or_a_sentence_says_why_not(
        self, figure: str, opened: Opener, wishes: dict[str, Any]
    ) -> None:
        for drawing in figures.drawings(opened(**wishes), only=[figure], scale=0.5):
            assert drawing.png or drawing.caption.startswith("Not drawn: ")
            assert drawing.title
