"""Triplets on disk, as `--data` takes them and as a trainable opens them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.trainables.reconstruction.made import triplets, write
from trainables.reconstruction.triplets import cached


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small lose time by sharing it between threads, much of it on a machine that is busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six triplets in `obj/ mask/ image/`."""
    return write(tmp_path / "cells", triplets(6))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Twenty triplets in one file."""
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
    return cached(triplets(20))
