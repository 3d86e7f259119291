"""What every method with a network of its own keeps to; one of another package, since this one has none."""

import importlib

import pytest

from tests.installed import install
from trainables import plugins
from trainables.models.base import available
from trainables.testing import ModelContract

PLANE = """
from typing import ClassVar
from pydantic import Field
from trainables.models.base import OwnNetwork

class Perceptron(OwnNetwork):
    '''Two layers.'''
    name: ClassVar[str] = "perceptron"
    sizes: ClassVar = {"smoke": {"width": 16}, "laptop": {"width": 32}}
    width: int = Field(64, ge=1)

    def network(self):
        from torch import nn
        return nn.Sequential(nn.Linear(4, self.width), nn.SiLU(), nn.Linear(self.width, 1), nn.Flatten(0))
"""


@pytest.mark.parametrize("kind", available().values(), ids=available())
class TestEveryModel(ModelContract if available() else object):  # without any, none is skipped
    pass


class TestAnInstalledModel(ModelContract):
    @pytest.fixture
    def kind(self, tmp_path, monkeypatch):
        package = f"perceptrons_{abs(hash(str(tmp_path)))}"
        points = {"models": {"perceptron": f"{package}.plane:Perceptron"}}
        monkeypatch.syspath_prepend(str(install(tmp_path / "site", package, {"plane": PLANE}, points)))
        plugins.forget()
        yield importlib.import_module(f"{package}.plane").Perceptron
        plugins.forget()
