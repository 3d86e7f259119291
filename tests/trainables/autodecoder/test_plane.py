"""Networks of shapes in the plane: what is trained, scored, averaged, looked at and read back has two axes."""

import numpy as np
import pandas as pd
import pytest
import torch

from trainables.advection.advected_shapes import AdvectedShapes
from trainables.advection.configuration import Networks
from trainables.advection.shape_advection import ShapeAdvection
from trainables.autodecoder.autodecoder import Autodecoder
from trainables.autodecoder.configuration import AutodecoderConfiguration, DecoderConfiguration
from trainables.autodecoder.latent_generalization import LatentGeneralization, LatentGeneralizationConfiguration
from trainables.autodecoder.regularizers.topology import Topology
from trainables.saved_model import open_model
from trainables.shapes.bifurcation import Bifurcation, family
from trainables.shapes.sampled import Sampled
from trainables.shapes.sequence import grid_points
from trainables.shapes.sphere import Sphere, training_spheres
from trainables.shapes.timeline import Timeline

CPU = torch.device("cpu")
DENSE = Timeline.shown({0, 2, 4}, 4)
SMALL = DecoderConfiguration(layers=3, width=24, code_layers=[2])
DISCS = training_spheres(2)
N = 40
EVERY = {"train", "validation", "test"}


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path))


def decoded(**changes) -> Autodecoder:
    fields = {
        "sequences": DISCS[:2], "decoder": SMALL, "points_per_frame": 256, "learning_rate": 1e-3,
        "code_learning_rate": 1e-3, "frames_per_batch": 10, "candidates": 4096, "evaluation_grid": N,
        "epochs": 60, "halve_every": 25,
    }  # fmt: skip
    return Autodecoder(AutodecoderConfiguration(**fields | changes).model_dump(mode="json"), DENSE, [1, 2], CPU)


def advected(**changes) -> AdvectedShapes:
    fields = {
        "sequences": DISCS[:2], "networks": Networks(encoder=[2], ends=2, filters=[2], bottleneck=2, field_kernel=3),
        "resolution": 24, "evolution_steps": 3, "epochs": 8, "evaluation_grid": N,
    }  # fmt: skip
    return AdvectedShapes(ShapeAdvection(**fields | changes).model_dump(mode="json"), DENSE, [1, 2], CPU)


def trained(model):
    while model.epoch < model.epochs:
        model.train_epoch()
    return model


def test_discs_are_learned_and_their_contours_scored():
    rows = pd.DataFrame(trained(decoded()).rows(EVERY))
    assert len(rows) == 2 * 2 * 5  # replicates, sequences, times
    assert (rows[rows.role == "train"].chamfer < 0.15).all()
    assert (rows[rows.role == "train"].dice > 0.85).all()
    assert (rows.components == 1).all()


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize(
    "make",
    [decoded, lambda **fields: decoded(anchor="linear", **fields), advected],
    ids=["decoder", "anchored", "advection"],
)
def test_what_is_kept_is_read_back_as_what_is_scored(make, recorded, tmp_path):
    model = trained(make(**{"sequences": [Sampled.example_of(2)]} if recorded else {}, epochs=2))
    if recorded:
        model.timeline = Timeline(times=[0.0, 0.5, 1.0], roles=["train"] * 3)
    torch.save(model.model(), tmp_path / "model.pt")
    x = grid_points(N, dimension=2).reshape(-1, 2)
    sequence = model.configuration.sequences[-1]
    for time in (0.0, 0.5):
        at = torch.cat([x, torch.full_like(x[:, :1], time)], dim=1)
        last = len(model.configuration.sequences) - 1
        found = open_model(str(tmp_path / "model.pt")).field(1, last, N)(at).view(N, N).numpy()
        if isinstance(model, Autodecoder):
            expected = model.predict(time, N)[1, last].numpy()
        else:
            expected = model.predictor(1, last, N)(time)
        near = np.abs(expected) < 0.3
        np.testing.assert_allclose(found[near], expected[near], atol=2e-3)
    for row in model.surfaces(0):
        assert len(row["vertices"]) % 2 == 0
        points = row["vertices"].reshape(-1, 2)
        if row["kind"] == "true" and len(points):
            on = sequence if sequence.label == row["sequence"] else DISCS[0]
            values = on.sdf(torch.from_numpy(points), row["time"])
            assert float(values.abs().max()) < 0.02, "contours lie where the truth is zero"


def test_codes_of_unseen_discs_are_fitted():
    configuration = LatentGeneralizationConfiguration(
        sequences=DISCS, unseen=[Sphere(z1=0.6, z2=0.3, dimension=2)], decoder=SMALL, epochs=2, code_epochs=2,
        points_per_frame=64, candidates=1024, code_fitting_points=16, evaluation_grid=N,
    )  # fmt: skip
    model = trained(LatentGeneralization(configuration.model_dump(mode="json"), DENSE, [1, 2], CPU))
    assert {row["sequence"] for row in model.rows(EVERY)} == {"sphere z1=+0.6 z2=+0.3"}


def test_a_field_of_the_plane_that_divides_is_seen_to_divide():
    shape = Bifurcation(dimension=2)
    model = decoded(sequences=[shape], anchor="lineage", regularizers={}, epochs=1)
    rows = pd.DataFrame(model.rows(EVERY))
    assert rows[rows.replicate == 0].components.tolist()[0] == 1
    assert rows[rows.replicate == 0].components.tolist()[-1] == 2
    assert {member.dimension for member in family(3, dimension=2)} == {2}


def test_shapes_of_two_dimensions_and_features_that_none_has_are_refused():
    with pytest.raises(ValueError, match="plane and in space together"):
        AutodecoderConfiguration(sequences=[Bifurcation(), Bifurcation(dimension=2, member=1)])
    with pytest.raises(ValueError, match="one for each axis"):
        Bifurcation(dimension=2, direction=(0.0, 0.6, 0.8))
    fields = {"sequences": [Bifurcation(dimension=2)], "regularizers": {"topology": Topology(dimensions=[2])}}
    assert "no cavities" in AutodecoderConfiguration(**fields).unfit()


def test_a_sequence_in_space_is_written_as_it_always_was():
    assert "dimension" not in Bifurcation().description
    assert '"dimension":2' in Bifurcation(dimension=2).description
