"""What every figure must keep, as tests, and run folders to test what reads them. Needs pytest.

import pytest
from analysis.testing import FigureContract

@pytest.mark.parametrize("figure", ["durations"])
class TestDurations(FigureContract):
    pass
"""

import pytest

pytest.register_assert_rewrite(f"{__name__}.figures")

from analysis.testing.figures import FigureContract  # noqa: E402

__all__ = ["FigureContract"]
