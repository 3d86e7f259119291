"""Plug-ins of other installed packages are there as ours are; what is wrong with one costs that one."""

import importlib
import warnings

import pytest

from tests.installed import install
from trainables import interpolants, plugins
from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.regularizers import base as regularizers
from trainables.interpolants.base import Interpolant
from trainables.shapes import sequence
from trainables.shapes.bifurcation import Bifurcation

RULES = """
from typing import ClassVar
from pydantic import Field
from trainables.autodecoder.regularizers.base import Regularizer
from trainables.interpolants.linear import Linear
from trainables.shapes.sequence import ShapeSequence

class Shy(Linear):
    name: ClassVar[str] = "shy"

class Nameless(Linear):
    pass

class Taken(Linear):
    name: ClassVar[str] = "linear"

class Half(Regularizer):
    name: ClassVar[str] = "half"

class Box(ShapeSequence):
    name: ClassVar[str] = "box"

    def sdf(self, points, time):
        return points.abs().amax(-1) - 1

class Square(Regularizer):
    name: ClassVar[str] = "square"
    strength: float = Field(0.5, ge=0)

    @property
    def weight(self):
        return self.strength

    def prepare(self, problem):
        import torch
        points = torch.zeros(1, 1, 8, 4)
        return lambda decode: decode(points).square().mean((1, 2))
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A function that installs the entry points given, and looks anew."""

    def put(points, modules=None):
        package = f"tiny_{tmp_path.name}".replace("-", "_")
        named = {kind: {n: f"{package}.{t}" for n, t in targets.items()} for kind, targets in points.items()}
        monkeypatch.syspath_prepend(str(install(tmp_path, package, modules or {"rules": RULES}, named)))
        plugins.forget()

    yield put
    plugins.forget()


def test_they_are_found_by_name_and_configured_as_ours(installed):
    installed(
        {
            "interpolants": {"shy": "rules:Shy"},
            "regularizers": {"square": "rules:Square"},
            "shape_sequences": {"box": "rules:Box"},
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "shy" in interpolants.available()
        assert sequence.from_description({"name": "box"}).label == "box"
        method = AutodecoderConfiguration(sequences=[Bifurcation()], regularizers={"square": {"strength": 0.2}})
    assert method.regularizers["square"].weight == 0.2
    assert AutodecoderConfiguration.model_validate_json(method.model_dump_json()) == method


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("rules:Absent", "AttributeError: .*Absent"),
        ("absent:Rule", "ModuleNotFoundError: No module named '.*absent'"),
        ("raising:Rule", "RuntimeError: no licence"),
        ("rules:Nameless", "is no Interpolant with a name"),
        ("rules:Square", "is no Interpolant with a name"),
        ("rules:Taken", "the name 'linear' is taken"),
        ("raising", "RuntimeError: no licence"),
    ],
)
def test_what_cannot_be_used_is_left_out_with_a_sentence_and_the_others_are_there(installed, target, why):
    modules = {"rules": RULES, "raising": "raise RuntimeError('no licence\\nin this\\nhouse')"}
    installed({"interpolants": {"bad": target, "shy": "rules:Shy"}}, modules)
    with pytest.warns(plugins.LeftOut, match=rf"'bad' of tiny_\w+, among .*interpolants, is left out: .*{why}") as told:
        found = interpolants.available()
    assert "\n" not in str(told[0].message)
    assert "shy" in found
    assert found["linear"].__module__ == "trainables.interpolants.linear"
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # once is enough
        assert interpolants.available() == found


def test_a_file_of_ours_that_is_broken_costs_itself_and_is_named(tmp_path, monkeypatch):
    """As a colleague's, half written, in a folder that both use."""
    (tmp_path / "rooms" / "rules").mkdir(parents=True)
    for name, text in {"__init__": "", "sound": RULES, "torn": "def f(:\n", "raises": "import nowhere_at_all"}.items():
        (tmp_path / "rooms" / "rules" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    package = importlib.import_module("rooms.rules")
    plugins.forget()
    with pytest.warns(plugins.LeftOut) as told:
        found = plugins.plugins(package, Interpolant, "interpolants")
    assert "shy" in found
    said = sorted(str(warning.message) for warning in told)
    assert said[0].startswith(
        "rooms/rules/raises.py is left out: ModuleNotFoundError: No module named 'nowhere_at_all'"
    )
    assert said[1].startswith("rooms/rules/torn.py is left out: SyntaxError: ")
    assert "(torn.py, line 1)" in said[1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # once is enough
        assert plugins.plugins(package, Interpolant, "interpolants") == found


def test_a_class_that_lacks_what_its_kind_promises_is_left_out(installed):
    installed({"regularizers": {"half": "rules:Half"}})
    with pytest.warns(plugins.LeftOut, match=r"rules:Half lacks prepare, weight; mend or uninstall tiny_"):
        assert "half" not in regularizers.available()
