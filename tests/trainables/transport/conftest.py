"""Shapes and references that the transport tests share."""

from collections.abc import Callable, Iterator, Sequence

import pytest
import torch


def _centres(shape: Sequence[int], spacing: Sequence[float]) -> torch.Tensor:
    """Voxel centres ``[n1, …, dimension]``, the first at the origin, float64."""
    axes = [torch.arange(n, dtype=torch.float64) * h for n, h in zip(shape, spacing, strict=True)]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), -1)


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """These tensors are small; a second thread on a busy machine makes the tests many times slower."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(params=["plain", "compiled"])
def backend(request: pytest.FixtureRequest) -> str:
    """Both ways of doing the same; each is held against the references."""
    return request.param


@pytest.fixture(scope="session")
def centres() -> Callable[..., torch.Tensor]:
    return _centres


@pytest.fixture(scope="session")
def points() -> Callable[..., torch.Tensor]:
    """Voxel centres as a point cloud of a batch, ``[B, N, dimension]``."""

    def make(batch: int, shape: Sequence[int], spacing: Sequence[float], dtype: torch.dtype) -> torch.Tensor:
        cloud = _centres(shape, spacing).reshape(-1, len(shape)).to(dtype)
        return cloud.expand(batch, -1, -1).contiguous()

    return make


@pytest.fixture(scope="session")
def random_measures() -> Callable[..., torch.Tensor]:
    """Rough measures of mass 1 with a third of the voxels empty, ``[B, *shape]``."""

    def make(batch: int, shape: Sequence[int], dtype: torch.dtype, seed: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        weights = torch.rand(batch, *shape, generator=generator, dtype=torch.float64) ** 2
        weights[torch.rand(batch, *shape, generator=generator) < 0.33] = 0
        return (weights / weights.flatten(1).sum(1).view(-1, *[1] * len(shape))).to(dtype)

    return make


@pytest.fixture(scope="session")
def ball() -> Callable[..., torch.Tensor]:
    """Boolean ball on a grid of spacing 1, ``[*shape]``."""

    def make(shape: Sequence[int], centre: Sequence[float], radius: float) -> torch.Tensor:
        offset = _centres(shape, [1.0] * len(shape)) - torch.tensor(centre, dtype=torch.float64)
        return offset.norm(dim=-1) <= radius

    return make


@pytest.fixture(scope="session")
def relative_difference() -> Callable[..., float]:
    """Largest over the batch of ‖u − v‖ / ‖v‖ after the mean of each is removed, for ``[B, …]`` gradients."""

    def compare(u: torch.Tensor, v: torch.Tensor) -> float:
        u, v = u.flatten(1).double(), v.flatten(1).double()
        u, v = u - u.mean(1, keepdim=True), v - v.mean(1, keepdim=True)
        return float(((u - v).norm(dim=1) / v.norm(dim=1)).max())

    return compare
