"""Rows of a run with two sequences and four replicates, for what compares them."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.analysis.statistics.pairs import Opener


@pytest.fixture(scope="session")
def per_time(run_of: Opener) -> pd.DataFrame:
    """To be looked at only."""
    return run_of(sequences=("one", "two"), replicates=4).per_time
