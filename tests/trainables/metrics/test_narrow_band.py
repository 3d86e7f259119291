"""The narrow band against the dense grid: same signs, same mesh, fewer evaluations, an honest bound."""

import numpy as np
import pytest
import torch
from skimage.measure import find_contours, marching_cubes

from trainables.autodecoder.autodecoder import Autodecoder
from trainables.autodecoder.configuration import AutodecoderConfiguration, DecoderConfiguration
from trainables.metrics.narrow_band import narrow_band
from trainables.metrics.per_time import score
from trainables.shapes.bifurcation import Bifurcation
from trainables.shapes.sequence import grid_points
from trainables.shapes.timeline import Timeline


class Counted:
    """A field that counts the points it is asked for."""

    def __init__(self, function) -> None:
        self.function, self.points = function, 0

    def __call__(self, points: torch.Tensor) -> torch.Tensor:
        self.points += len(points)
        return self.function(points[:, :-1], points[:, -1])


def dense(field, time: float, n: int, dimension: int = 3) -> torch.Tensor:
    x = grid_points(n, dimension=dimension).flatten(0, -2)
    return field(torch.cat([x, torch.full_like(x[:, :1], time)], dim=1)).view(*dimension * [n])


def ball(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return (x - torch.stack([t, 0 * t, -t], dim=1)[:, : x.shape[1]]).norm(dim=-1) - 1


def bifurcation(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return Bifurcation(dimension=x.shape[1]).sdf(x, float(t[0]))


def islands(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return (2 * x + t[:, None]).sin().prod(dim=-1) + 0.5


def touching_the_faces(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return x[:, 0] + 0.31 * x[:, 1] - 2.87 + t


def wrinkled(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """A ball with wrinkles, near its surface alone, as long as the coarsest cubes are wide: unseen there."""
    distance = x.norm(dim=-1) - 1
    return distance + 0.3 * torch.exp(-((distance / 0.2) ** 2)) * torch.sin(2 * torch.pi * x[:, 0] / (4 * 6 / 63))


@pytest.mark.parametrize("n", [8, 33, 50, 64])
@pytest.mark.parametrize("function", [ball, bifurcation, islands, touching_the_faces])
def test_the_mesh_is_that_of_the_dense_grid(function, n):
    field = Counted(function)
    for time in (0.0, 0.6):
        field.points = 0
        found = narrow_band(field, [time], n)
        assert found.values.shape == (1, n, n, n)
        assert found.evaluations.tolist() == [field.points]
        assert not bool(found.fallback.any())
        expected = dense(Counted(function), time, n)
        assert torch.equal(found.values[0] < 0, expected < 0)
        vertices, faces, *_ = marching_cubes(found.values[0].numpy(), 0.0)
        true_vertices, true_faces, *_ = marching_cubes(expected.numpy(), 0.0)
        np.testing.assert_array_equal(faces, true_faces)
        np.testing.assert_allclose(vertices, true_vertices, atol=1e-4)


@pytest.mark.parametrize("function", [ball, bifurcation, islands, touching_the_faces])
def test_in_the_plane_the_contours_are_those_of_the_dense_grid(function):
    field, n = Counted(function), 150
    found = narrow_band(field, [0.6], n, dimension=2)
    assert found.values.shape == (1, n, n)
    assert found.evaluations.tolist() == [field.points]
    assert field.points < n**2 / 2
    assert not bool(found.fallback.any())
    for mine, expected in zip(
        find_contours(found.values[0].numpy(), 0.0),
        find_contours(dense(Counted(function), 0.6, n, 2).numpy(), 0.0),
        strict=True,
    ):
        np.testing.assert_allclose(mine, expected, atol=1e-4)


@pytest.mark.parametrize(("n", "fewer"), [(64, 5), (128, 10)])
@pytest.mark.parametrize("time", [0.0, 0.76, 1.0])
def test_it_takes_several_times_fewer_evaluations(n, fewer, time):
    found = narrow_band(Counted(bifurcation), [time], n)
    assert int(found.evaluations) * fewer <= n**3


def test_several_times_at_once_are_what_they_are_alone():
    together = narrow_band(Counted(ball), [0.1, 0.5, 0.9], 40)
    for i, time in enumerate((0.1, 0.5, 0.9)):
        alone = narrow_band(Counted(ball), [time], 40)
        assert torch.equal(together.values[i], alone.values[0])
        assert together.evaluations[i] == alone.evaluations[0]


def test_a_slope_that_breaks_the_bound_leads_to_the_dense_grid_and_is_reported():
    found = narrow_band(Counted(wrinkled), [0.0], 64)
    assert found.fallback.tolist() == [True]
    assert int(found.evaluations) >= 64**3
    expected = dense(Counted(wrinkled), 0.0, 64)
    torch.testing.assert_close(found.values[0], expected)


def test_one_time_that_falls_back_leaves_the_others_alone():
    def both(x, t):
        return torch.where(t < 0.5, wrinkled(x, t), ball(x, 0 * t))

    found = narrow_band(Counted(both), [0.0, 1.0], 64)
    assert found.fallback.tolist() == [True, False]
    assert int(found.evaluations[1]) < 64**3 / 5


def test_a_field_that_is_not_finite_somewhere_is_evaluated_everywhere():
    def broken(x, t):
        return torch.where(x[:, 0] > 2, torch.nan, ball(x, t))

    found = narrow_band(Counted(broken), [0.0], 40)
    torch.testing.assert_close(found.values[0], dense(Counted(broken), 0.0, 40), equal_nan=True)


def test_a_trained_network_is_scored_as_on_the_dense_grid():
    timeline, n = Timeline.shown({0, 4}, 4), 40
    configuration = AutodecoderConfiguration(
        sequences=[Bifurcation(), Bifurcation(speed=0.5)],
        decoder=DecoderConfiguration(layers=3, width=24, code_layers=[2]),
        epochs=60,
        points_per_frame=256,
        learning_rate=2e-3,
        evaluation_grid=n,
    )
    model = Autodecoder(configuration.model_dump(mode="json"), timeline, [1, 2], torch.device("cpu"))
    for _ in range(60):
        model.train_epoch()
    roles = {"train", "validation", "test"}
    rows = model.rows(roles)
    assert len(rows) == 2 * 2 * 5
    for replicate in range(2):
        for index, sequence in enumerate(configuration.sequences):
            expected = score(
                lambda time, r=replicate, i=index: model.predict(time, n)[r, i].numpy(), sequence, timeline, roles, n
            )
            found = rows[(2 * replicate + index) * 5 :][:5]
            for row, other in zip(found, expected, strict=True):
                assert row["replicate"] == replicate
                for name in ("chamfer", "hausdorff", "bifurcation_time", "dice"):
                    assert row[name] == pytest.approx(other[name], abs=1e-4, nan_ok=True), name
                for name in ("components", "empty", "time", "sequence"):
                    assert row[name] == other[name], name
    assert all(not row["empty"] for row in rows if row["role"] == "train")
