"""A file of somebody else's that cannot be imported, in a folder of the program, costs itself."""

import pytest

import search_spaces
from analysis import figures
from study import catalog
from study.run import command_line
from trainables import plugins

BROKEN = {
    "study/catalog/": (catalog, "my_torn.py", "def study(:\n"),
    "search_spaces/": (search_spaces, "my_space.py", "import nowhere_at_all\n"),
    "analysis/figures/": (figures, "my_figure.py", "1 / 0\n"),
}
MISNAMED = """
from study.catalog.bifurcation import *
"""


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Each such folder has one more place, with a broken file."""
    caches = (plugins.imported, search_spaces._imported, figures._imports)
    for number, (package, name, text) in enumerate(BROKEN.values()):
        more = tmp_path / str(number)
        more.mkdir()
        (more / name).write_text(text)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(more)])
    (tmp_path / "0" / "my_copy.py").write_text(MISNAMED)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("folders")
def test_it_is_named_and_the_others_are_there(capsys):
    assert command_line(["--list"]) == 0
    out, err = capsys.readouterr()
    assert "bifurcation " in out
    assert "note: study/catalog/my_torn.py is left out: SyntaxError: " in err
    assert "(my_torn.py, line 1); mend or remove it" in err
    assert command_line(["bifurcation", "--preset", "smoke", "--dry-run"]) == 0
    said = "note: search_spaces/my_space.py is left out: ModuleNotFoundError: No module named 'nowhere_at_all'"
    assert said in capsys.readouterr().err
    with pytest.warns(figures.LeftOut, match=r"analysis/figures/my_figure.py is left out: ZeroDivisionError: "):
        assert "surfaces" in figures.names()
    assert command_line(["my-torn"]) == 2
    assert "error: study my-torn is left out: its file cannot be imported" in capsys.readouterr().err


@pytest.mark.usefixtures("folders")
def test_a_study_that_is_called_otherwise_than_its_file_is_refused(capsys):
    assert command_line(["my-copy", "--dry-run"]) == 2
    assert "my_copy.py makes a study called 'bifurcation': call it 'my-copy', as its file" in capsys.readouterr().err
