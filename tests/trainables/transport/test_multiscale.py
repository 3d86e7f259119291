"""Mode ``multiscale`` against the converged value, which it is as near to as ``schedule``."""

import pytest
import torch

from trainables.transport import shape_measure, sinkhorn_divergence

DOUBLE = torch.float64


def balls(shape: tuple[int, ...], spacing: float) -> torch.Tensor:
    """Three measures: a ball that moves by a fifth of the grid and shrinks."""
    axes = [spacing * torch.arange(side, dtype=DOUBLE) for side in shape]
    points = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1)
    middle = torch.tensor(shape, dtype=DOUBLE) * spacing / 2
    sdf = [(points - middle * (0.8 + 0.2 * k)).norm(dim=-1) - float(middle.min()) * (0.5 - 0.1 * k) for k in range(3)]
    return shape_measure(torch.stack(sdf), 8.0, len(shape))


@pytest.mark.parametrize("shape", [(65,), (33, 40), (16, 17, 19)])
def test_it_is_as_near_to_the_converged_value_as_the_schedule(shape, backend):
    measures, spacing = balls(shape, 0.2), 0.2
    a, b = measures[:-1], measures[1:]
    exact = sinkhorn_divergence(a, b, spacing, blur=spacing, mode="converged", tolerance=1e-8, backend=backend)

    def error(mode: str) -> tuple[float, float]:
        found = sinkhorn_divergence(a, b, spacing, blur=spacing, scaling=0.8, mode=mode, backend=backend)
        difference = found.potentials.f - found.potentials.f_self - (exact.potentials.f - exact.potentials.f_self)
        difference -= (a * difference).flatten(1).sum(1).view(-1, *[1] * len(shape))
        return float((found.value / exact.value - 1).abs().max()), float((a * difference**2).sum().sqrt())

    (value, gradient), (single_value, single_gradient) = error("multiscale"), error("schedule")
    assert value < max(1.2 * single_value, 1e-3)
    assert gradient < 2 * single_gradient
    assert value != single_value


def test_the_backends_agree():
    measures = balls((17, 20), 0.2)
    plain, compiled = (
        sinkhorn_divergence(measures[:-1], measures[1:], 0.2, blur=0.2, mode="multiscale", backend=backend)
        for backend in ("plain", "compiled")
    )
    torch.testing.assert_close(plain.value, compiled.value, rtol=1e-9, atol=0)
    for mine, other in zip(plain.potentials, compiled.potentials, strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-9)


def test_a_small_grid_and_a_blur_over_several_voxels():
    small, wide = balls((11, 12), 0.2), balls((32, 32), 0.2)
    for measures, blur, tolerance in ((small, 0.2, 0.0), (wide, 1.0, 2e-3)):
        found, single = (
            sinkhorn_divergence(measures[:-1], measures[1:], 0.2, blur=blur, scaling=0.8, mode=mode).value
            for mode in ("multiscale", "schedule")
        )
        torch.testing.assert_close(found, single, rtol=tolerance, atol=0)
