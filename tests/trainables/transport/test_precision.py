"""Transport within `torch.autocast` is what it is without."""

import pytest
import torch

from trainables.transport import barycenter, sinkhorn_divergence


def measures() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.rand(2, 5, 6, generator=generator) for _ in range(2))
    return a / a.sum((1, 2), keepdim=True), b / b.sum((1, 2), keepdim=True)


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_autocast_changes_neither_value_nor_gradient_nor_barycenter(half, backend):
    def found(a, b):
        a = a.clone().requires_grad_()
        value = sinkhorn_divergence(a, b=b, spacing=0.3, backend=backend).value
        middle = barycenter(torch.stack([a.detach(), b], 1), torch.full((2, 2), 0.5), 0.3, 0.3, backend=backend)
        return value.detach(), torch.autograd.grad(value.sum(), a)[0], middle

    plain = found(*measures())
    with torch.autocast("cpu", dtype=half):
        cast = found(*measures())
        assert torch.is_autocast_enabled("cpu")
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == half
    for one, other in zip(plain, cast, strict=True):
        assert other.dtype == torch.float32
        assert torch.equal(one, other)
