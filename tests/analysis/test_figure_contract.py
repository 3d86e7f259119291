"""What every figure keeps to."""

import warnings

import pytest

from analysis import figures
from analysis.testing import FigureContract
from tests.installed import install


@pytest.mark.parametrize("figure", figures.names())
class TestEveryFigure(FigureContract):
    pass


def test_figures_of_other_packages_are_there_and_broken_ones_say_why(tmp_path, monkeypatch):
    drawn = "TITLE, ORDER = 'Pies', 95\ndef draw(run): ...\ndef caption(run): ...\ndef alternative(run): ...\n"
    modules = {"pies": drawn, "half": "TITLE = 'x'\n", "broken": "import no_such_module\n"}
    points = {"figures": {name: f"pie_charts.{name}" for name in modules} | {"search": "pie_charts.pies"}}
    monkeypatch.syspath_prepend(str(install(tmp_path, "pie_charts", modules, points)))
    figures.installed.cache_clear()
    with pytest.warns(figures.LeftOut) as told:
        assert "pies" in figures.names()
    assert [str(one.message).split(", among")[0] for one in told] == [
        f"'{name}' of pie_charts" for name in ("broken", "half", "search")
    ]
    assert "half" not in figures.names()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures.names()
    figures.installed.cache_clear()
