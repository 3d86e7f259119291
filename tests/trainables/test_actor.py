"""The one class that meets Ray Tune: checkpoints, resuming, reuse, failures. No cluster is needed."""

import json
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pytest

from trainables.actor import Actor
from trainables.autodecoder.configuration import AutodecoderConfiguration, DecoderConfiguration
from trainables.base import Request
from trainables.interpolation import Blend
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.timeline import Timeline


def request(tmp_path, **changes) -> Request:
    configuration = AutodecoderConfiguration(
        sequences=[Bifurcation()],
        decoder=DecoderConfiguration(layers=2, width=8, code_layers=[]),
        epochs=6,
        points_per_frame=32,
        evaluation_grid=10,
    )
    fields = {
        "labels": {"study": "s", "run": "r", "trial": "t", "phase": "search"},
        "implementation": configuration.implementation,
        "configuration": configuration.model_dump(mode="json"),
        "timeline": Timeline.shown({0, 4}, 4).model_dump(mode="json"),
        "seeds": [11, 12],
        "roles": ["train", "validation"],
        "metric": "chamfer",
        "objective_role": "validation",
        "report_epochs": [2, 4],
        "checkpoint": str(tmp_path / "checkpoints" / "t.pt"),
        "checkpoint_seconds": 3600.0,  # none between reports, however busy the machine is
    }
    return Request(**(fields | changes))


def actor(given: Request) -> Actor:
    return Actor(config={"request": json.dumps(asdict(given))})


def without_clock(result: dict) -> dict:
    return {k: v for k, v in result.items() if k not in ("busy", "seconds")}


def to_end(running: Actor) -> list[dict]:
    results = [running.step()]
    while not results[-1]["done"]:
        results.append(running.step())
    return results


def test_it_reports_after_every_report_epoch_and_at_the_end(tmp_path):
    results = to_end(actor(request(tmp_path)))
    assert [r["epoch"] for r in results] == [2, 4, 6]
    rows = pa.ipc.open_stream(results[-1]["rows"]).read_all().to_pandas()
    assert list(rows.columns[:6]) == ["study", "run", "trial", "phase", "replicate", "seed"]
    assert rows.groupby("replicate").seed.unique().map(list).tolist() == [[11], [12]]
    judged = rows[rows.role == "validation"].chamfer.mean()
    assert results[-1]["objective"] == pytest.approx(judged)
    assert pa.ipc.open_stream(results[-1]["curves"]).read_all().num_rows == 12


def test_a_trial_that_died_repeats_its_last_report_and_then_goes_on_alike(tmp_path):
    whole = to_end(actor(request(tmp_path / "whole")))
    dying = request(tmp_path / "dying")
    first = actor(dying)
    first.step()
    first.step()
    second = to_end(actor(dying))
    assert [without_clock(r) for r in second] == [without_clock(r) for r in whole[1:]]


def test_a_checkpoint_of_another_configuration_is_not_resumed(tmp_path):
    actor(request(tmp_path)).step()
    assert actor(request(tmp_path, seeds=[11, 13])).step()["epoch"] == 2


@pytest.mark.parametrize("damage", [b"", b"no checkpoint", "torn", "of another kind"])
def test_a_damaged_checkpoint_is_set_aside_and_the_trial_ends_as_without(damage, tmp_path):
    import torch

    whole = to_end(actor(request(tmp_path / "whole")))
    dying = request(tmp_path / "dying")
    actor(dying).step()
    file = Path(dying.checkpoint)
    if damage == "of another kind":
        torch.save(torch.load(file, weights_only=True) | {"state": [1, 2]}, file)
    else:
        file.write_bytes(file.read_bytes()[:-200] if damage == "torn" else damage)
    content = file.read_bytes()
    assert [without_clock(r) for r in to_end(actor(dying))] == [without_clock(r) for r in whole]
    assert Path(f"{file}.damaged").read_bytes() == content


def test_a_clock_that_is_set_back_makes_no_time_negative(tmp_path, monkeypatch):
    back = iter(range(10**9, 0, -3600))
    monkeypatch.setattr("trainables.actor.time.time", lambda: float(next(back)))
    for result in to_end(actor(request(tmp_path))):
        assert 0 <= result["busy"][1] - result["busy"][0] < 3600
        assert 0 <= result["seconds"] < 3600


def test_an_actor_is_reused_for_another_trial(tmp_path):
    one = request(tmp_path / "1", seeds=[1])
    two = request(tmp_path / "2", seeds=[2])
    running = actor(one)
    to_end(running)
    assert running.reset_config({"request": json.dumps(asdict(two))})
    fresh = to_end(actor(request(tmp_path / "3", seeds=[2])))
    assert [without_clock(r) for r in to_end(running)] == [without_clock(r) for r in fresh]


def test_long_training_is_checkpointed_between_reports(tmp_path):
    given = request(tmp_path, report_epochs=[], checkpoint_seconds=0.0)
    results = to_end(actor(given))
    assert [r["epoch"] for r in results] == [1, 2, 3, 4, 5, 6]
    assert "objective" not in results[0]


def test_an_exception_becomes_a_reason(tmp_path):
    given = request(tmp_path, implementation="trainables.interpolation:Blending")
    result = actor(given).step()
    assert result["done"]
    assert result["failed"].startswith("ValidationError: ")
    assert "Traceback" in result["details"]


def test_a_failing_disk_is_not_the_trials_fault(tmp_path, monkeypatch):
    def full(url: str, content: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trainables.actor.write_atomically", full)
    with pytest.raises(OSError, match="No space left"):
        actor(request(tmp_path)).step()


def test_a_trainable_without_network_has_rows_and_no_curves(tmp_path):
    configuration = Blend(sequences=[Bifurcation()], rules={"linear": {}}, evaluation_grid=10)
    given = request(tmp_path, implementation=Blend.implementation)
    given.configuration = configuration.model_dump(mode="json")
    for _ in range(2):  # the second time from its checkpoint
        (result,) = to_end(actor(given))
        assert "failed" not in result
        assert "curves" not in result
        assert pa.ipc.open_stream(result["rows"]).read_all().num_rows == 8


def test_divergence_becomes_a_reason_with_epoch_and_term(tmp_path):
    given = request(tmp_path)
    given.configuration["code_sigma"] = 1e-9
    result = actor(given).step()
    assert result["failed"].startswith("diverged: replicate 0: code exploded at epoch 1")


def test_a_kept_model_is_read_back_as_a_function(tmp_path):
    import numpy as np
    import torch

    from trainables.saved_model import load

    given = request(tmp_path, model=str(tmp_path / "models" / "t.pt"))
    running = actor(given)
    to_end(running)
    points = np.array([[0.1, 0.2, 0.3, 0.4], [-1.0, 2.0, 0.0, 1.0]])
    trained = running._trainable
    expected = trained.decode(torch.tensor(points, dtype=torch.float32).view(1, 1, -1, 4))[1, 0].detach().numpy()
    np.testing.assert_allclose(load(given.model, replicate=1)(points), expected, rtol=1e-5)
    with pytest.raises(FileNotFoundError):
        load(str(tmp_path / "none.pt"))


def test_only_readers_of_models_are_opened(tmp_path):
    import torch

    from trainables.saved_model import open_model

    file = tmp_path / "model.pt"
    readers = ["os:system", "trainables.files:read", "trainables.nowhere:X", "trainables.saved_model:SavedModel", 3]
    for state in [*({"reader": reader} for reader in readers), torch.zeros(3)]:
        torch.save(state, file)
        with pytest.raises(ValueError, match="no model of a shape sequence"):
            open_model(str(file))


def test_a_model_of_an_earlier_version_names_no_reader(tmp_path):
    import torch

    from trainables.autodecoder.model import SavedDecoder, load
    from trainables.saved_model import open_model

    given = request(tmp_path, model=str(tmp_path / "models" / "t.pt"))
    to_end(actor(given))
    state = torch.load(given.model, weights_only=True)
    assert state.pop("reader") == "autodecoder/1"
    torch.save(state, tmp_path / "earlier.pt")
    assert isinstance(open_model(str(tmp_path / "earlier.pt")), SavedDecoder)
    assert callable(load(str(tmp_path / "earlier.pt"))), "models that MLflow has kept ask for it by this name"


def test_surfaces_come_once_at_the_end_and_from_the_median_replicate(tmp_path):
    results = to_end(actor(request(tmp_path, surfaces=True, seeds=[11, 12, 13])))
    assert all("surfaces" not in result for result in results[:-1])
    surfaces = pa.ipc.open_stream(results[-1]["surfaces"]).read_all().to_pandas()
    rows = pa.ipc.open_stream(results[-1]["rows"]).read_all().to_pandas()
    judged = rows[rows.role == "validation"].groupby("replicate").chamfer.mean().sort_values(kind="stable")
    assert surfaces.replicate.unique().tolist() == [judged.index[1]]
    assert set(surfaces.trial) == {"t"}
    assert set(surfaces.kind) == {"predicted", "true"}


def test_no_surfaces_are_reported_unless_asked_for(tmp_path):
    assert all("surfaces" not in result for result in to_end(actor(request(tmp_path))))
