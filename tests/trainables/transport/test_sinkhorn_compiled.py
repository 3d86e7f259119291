"""The compiled schedule: what it shares, divides and keeps apart, against the plain one."""

import subprocess
import sys

import pytest
import torch

from trainables.transport import compiled, sinkhorn_divergence

DOUBLE = torch.float64


def both(a, b, threads=1, **arguments):
    torch.set_num_threads(threads)
    results = [sinkhorn_divergence(a, b, 0.5, backend=backend, **arguments) for backend in ("plain", "compiled")]
    torch.set_num_threads(1)
    return results


def assert_same(plain, fast):
    torch.testing.assert_close(fast.value, plain.value, rtol=1e-9, atol=1e-13)
    for found, expected in zip(fast.potentials, plain.potentials, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(fast.marginal_error, plain.marginal_error, rtol=1e-6, atol=1e-12)
    assert torch.equal(fast.iterations, plain.iterations)


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("batch", [1, 2, 7])
@pytest.mark.parametrize("reach", [None, 1.0])
def test_measures_that_pairs_share_and_those_they_do_not(batch, threads, reach, random_measures):
    frames = random_measures(batch + 1, (6, 5, 4), DOUBLE, 0)
    a, b = frames[:-1].clone(), frames[1:].clone()
    if batch > 2:  # Two runs of frames, as of two sequences, and a pair that shares nothing.
        a[3] = random_measures(1, (6, 5, 4), DOUBLE, 1)[0]
        b[5] = a[5]
    assert_same(*both(a, b, threads, reach=reach))


def test_chunks_do_not_matter(random_measures, monkeypatch):
    frames = random_measures(30, (7, 6), DOUBLE, 2)
    monkeypatch.setattr(compiled, "_CHUNK_NUMBERS", 1)
    assert_same(*both(frames[:-1], frames[1:]))


def test_converged_agrees(random_measures):
    a, b = (random_measures(3, (7, 6), DOUBLE, seed) for seed in (3, 4))
    assert_same(*both(a, b, mode="converged", blur=0.4, tolerance=1e-9))


def test_compiler_is_not_imported_before_it_is_needed():
    """Nor anything else of this project: transport is of use by itself."""
    code = (
        "import sys, trainables.transport; print(*sorted({name.split('.')[0] for name in sys.modules}), *sys.modules)"
    )
    loaded = set(
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    )
    assert not {"numba", "ray", "mlflow", "optuna", "pandas", "pydantic", "geomloss", "study", "analysis"} & loaded
    inside = {name for name in loaded if name.startswith("trainables.")}
    assert not {name for name in inside if not name.startswith("trainables.transport")}
