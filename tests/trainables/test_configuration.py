"""Dotted paths, plug-in discovery and validation at the edge."""

import pytest
from pydantic import Field, ValidationError, model_validator

from trainables.autodecoder.configuration import AutodecoderConfiguration
from trainables.autodecoder.regularizers.sinkhorn import Sinkhorn
from trainables.configuration import Configuration, assign, paths
from trainables.shapes.bifurcation import Bifurcation


@pytest.fixture
def configuration() -> AutodecoderConfiguration:
    return AutodecoderConfiguration(sequences=[Bifurcation()], regularizers={"sinkhorn": Sinkhorn()})


def test_paths_reach_the_fields_of_nested_models_and_of_regularizers(configuration):
    found = paths(configuration)
    assert found["decoder.width"] == 124
    assert found["regularizers.sinkhorn.alpha"] == 0.1
    assert "regularizers" not in found


def test_assign_sets_what_paths_names(configuration):
    assign(configuration, "regularizers.sinkhorn.grid", 7)
    assert configuration.regularizers["sinkhorn"].grid == 7


@pytest.mark.parametrize("path", ["nope", "decoder.nope", "regularizers.barycenter.gamma", "decoder"])
def test_assign_refuses_a_path_that_is_no_leaf(configuration, path):
    with pytest.raises((KeyError, ValidationError)):
        assign(configuration, path, 1)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("regularizers.sinkhorn.alpha", -1),
        ("regularizers.sinkhorn.grid", 1),
        ("regularizers.sinkhorn.epsilon", 0),
        ("learning_rate", float("nan")),
        ("epochs", "many"),
    ],
)
def test_a_bad_value_is_refused_when_it_is_set(configuration, path, value):
    with pytest.raises(ValidationError):
        assign(configuration, path, value)


def test_a_configuration_survives_json_with_its_plugins(configuration):
    again = AutodecoderConfiguration.model_validate_json(configuration.model_dump_json())
    assert again == configuration
    assert type(again.regularizers["sinkhorn"]) is Sinkhorn
    assert type(again.sequences[0]) is Bifurcation


def test_an_unknown_regularizer_is_refused_with_the_known_ones():
    with pytest.raises(
        ValidationError, match=r"choose among acceleration, barycenter, .*sinkhorn, temporal-smoothness"
    ):
        AutodecoderConfiguration(sequences=[Bifurcation()], regularizers={"magic": {}})


class Inner(Configuration):
    low: int = Field(1, ge=0)


class Outer(Configuration):
    inner: Inner = Inner()
    high: int = 5

    @model_validator(mode="after")
    def _ordered(self):
        if self.inner.low > self.high:
            raise ValueError(f"inner.low = {self.inner.low} is above high = {self.high}")
        return self


def test_a_nested_value_must_fit_the_whole_and_else_nothing_changes():
    outer = Outer()
    assign(outer, "inner.low", 3)
    assert outer.inner.low == 3
    with pytest.raises(ValidationError, match=r"inner\.low = 9 is above high = 5"):
        assign(outer, "inner.low", 9)
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        assign(outer, "inner.low", -1)
    assert outer.inner.low == 3
