"""On a GPU, the annealing that is replayed as a CUDA graph is the plain one."""

import pytest
import torch

from trainables.transport import sinkhorn_divergence

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


def pair(seed: int, mass: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Two batches of five measures on a 6 × 7 × 8 grid, with empty voxels."""
    generator = torch.Generator().manual_seed(seed)
    found = [torch.rand(5, 6, 7, 8, generator=generator) for _ in range(2)]
    found = [torch.where(x < 0.3, 0.0, x) for x in found]
    a, b = (x / x.sum((1, 2, 3), keepdim=True) for x in found)
    return a.cuda().requires_grad_(), (mass * b).cuda().requires_grad_()


@pytest.mark.parametrize(("reach", "mass"), [(None, 1.0), (0.7, 1.4)])
@pytest.mark.parametrize("p", [1, 2])
def test_it_is_the_plain_annealing(p: int, reach: float | None, mass: float):
    kept = []
    for seed in (0, 1):  # the second replays what the first has captured
        a, b = pair(seed, mass)
        found = [
            sinkhorn_divergence(a, b, spacing=(0.2, 0.3, 0.25), blur=0.1, p=p, reach=reach, backend=backend)
            for backend in ("plain", "auto")
        ]
        values = [each.value for each in found]
        gradients = [torch.cat(torch.autograd.grad(value.sum(), (a, b))) for value in values]
        torch.testing.assert_close(values[1], values[0], rtol=1e-5, atol=1e-7)
        torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-5, atol=1e-6)
        kept.append((values[1], values[0].clone()))
    for value, before in kept:  # a later call does not change what an earlier one has given
        torch.testing.assert_close(value, before, rtol=1e-5, atol=1e-7)
    assert not torch.allclose(kept[0][0], kept[1][0])


def test_it_agrees_with_the_processor():
    a, b = pair(2)
    on_gpu = sinkhorn_divergence(a, b, spacing=0.2, blur=0.1).value.detach().cpu()
    on_cpu = sinkhorn_divergence(a.detach().cpu(), b.detach().cpu(), spacing=0.2, blur=0.1).value
    torch.testing.assert_close(on_gpu, on_cpu, rtol=1e-4, atol=1e-7)
