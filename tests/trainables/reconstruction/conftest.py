"""Triplets on disk, as `--data` takes them and as a trainable opens them."""

from pathlib import Path

import pytest

from tests.trainables.reconstruction.made import triplets, write
from trainables.reconstruction.triplets import kept


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six triplets in `obj/ mask/ image/`."""
    return write(tmp_path / "cells", triplets(6))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Twenty triplets in one file."""
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
    return kept(triplets(20))
