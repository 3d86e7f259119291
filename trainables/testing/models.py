"""What a method with a network of its own keeps: it learns, resumes, and is read back as what was scored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from trainables.base import resolve
from trainables.models.base import OwnNetwork, available
from trainables.models.fields import Fields
from trainables.saved_model import load
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import grid_points
from trainables.shapes.sphere import Sphere
from trainables.shapes.timeline import Timeline
from trainables.testing.plugin import PluginContract

CPU = torch.device("cpu")
TIMELINE = Timeline.shown({0, 4}, 4)
N = 14


def trained(method: OwnNetwork, epochs: int, seeds: tuple[int, ...] = (1, 2)) -> Fields:
    """The trainable of a method, from its description in JSON, as a worker gets it."""
    written = json.loads(method.model_dump_json())
    model = resolve(method.implementation)(written, TIMELINE, list(seeds), CPU)  # type: ignore[call-arg]
    assert isinstance(model, Fields)
    for _ in range(epochs):
        model.train_epoch()
    return model


class ModelContract(PluginContract):
    """`kind` is a class of `trainables.models.base.OwnNetwork`."""

    def test_it_is_found_by_its_name(self, kind: type[OwnNetwork]) -> None:
        assert available().get(kind.name) is kind

    def test_its_network_takes_points_and_gives_distances(self, kind: type[OwnNetwork]) -> None:
        values = kind.example().network()(torch.zeros(7, 4))
        assert (values.shape, values.dtype) == ((7,), torch.float32)
        assert kind.example().operations(2) > 0

    def test_it_learns_what_it_is_shown(self, kind: type[OwnNetwork]) -> None:
        model = trained(kind.example(), 60)
        curves = pd.DataFrame(model.curves())
        assert list(curves[curves.replicate == 0].epoch) == list(range(1, 61))
        for _, own in curves.groupby("replicate"):
            assert own.loss.tail(10).mean() < 0.9 * own.loss.head(5).mean()

    def test_rows_are_of_every_replicate_sequence_and_time(self, kind: type[OwnNetwork]) -> None:
        method = kind.example()
        method.take([Bifurcation(), Sphere(z1=0.3, z2=0.2)])
        rows = pd.DataFrame(trained(method, 2).rows({"train", "validation", "test"}))
        assert rows.groupby(["replicate", "sequence"]).time.nunique().tolist() == [5] * 4
        assert np.isfinite(rows[["chamfer", "hausdorff", "dice"]]).all().all()
        tested = trained(method, 2).rows({"test"})
        assert {row["role"] for row in tested} == {"test"}

    def test_a_restored_model_goes_on_as_if_never_stopped(self, kind: type[OwnNetwork]) -> None:
        whole, part, rest = (trained(kind.example(), epochs) for epochs in (4, 2, 0))
        rest.restore(part.state())
        rest.epoch = part.epoch
        for _ in range(2):
            rest.train_epoch()
        assert np.array_equal(whole.predictor(1, 0, 8)(0.4), rest.predictor(1, 0, 8)(0.4))
        assert whole.curves() == rest.curves()

    def test_a_replicate_is_the_same_with_others_and_alone(self, kind: type[OwnNetwork]) -> None:
        together, alone = trained(kind.example(), 3, (1, 2)), trained(kind.example(), 3, (2,))
        np.testing.assert_allclose(together.predictor(1, 0, 8)(0.4), alone.predictor(0, 0, 8)(0.4), atol=1e-6)
        assert not np.array_equal(together.predictor(0, 0, 8)(0.4), together.predictor(1, 0, 8)(0.4))

    def test_what_is_kept_is_read_back_as_what_is_scored(self, kind: type[OwnNetwork], tmp_path: Path) -> None:
        model = trained(kind.example(), 3)
        torch.save(model.model(), tmp_path / "model.pt")
        points = grid_points(N).reshape(-1, 3)
        for replicate in range(2):
            field = load(str(tmp_path / "model.pt"), replicate=replicate)
            for time in (0.0, 0.4):
                at = torch.cat([points, torch.full_like(points[:, :1], time)], dim=1).numpy()
                assert field(at) == pytest.approx(model.predictor(replicate, 0, N)(time).ravel(), abs=1e-5)

    def test_the_mean_of_replicates_is_scored_too(self, kind: type[OwnNetwork]) -> None:
        model = trained(kind.example(), 3)
        rows = pd.DataFrame(model.ensemble(model.rows({"test"}), {"test"}))
        assert set(rows.draw) >= {-1}
        assert len(rows[rows.draw == -1]) == TIMELINE.roles.count("test")

    def test_a_network_that_diverges_is_scored_worst_and_the_others_go_on(self, kind: type[OwnNetwork]) -> None:
        model = trained(kind.example(), 1)
        with torch.no_grad():
            for weights in model.networks[1].parameters():
                weights.fill_(torch.nan)
        model.train_epoch()
        assert set(model.guard.reasons) == {1}
        rows = pd.DataFrame(model.rows({"train"}))
        assert rows[rows.replicate == 1]["empty"].all()

    def test_its_sizes_set_fields_that_it_has(self, kind: type[OwnNetwork]) -> None:
        from trainables.configuration import assign

        for fields in kind.sizes.values():
            sized = kind.example()
            for field, value in fields.items():
                assign(sized, field, value)
