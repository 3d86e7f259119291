"""What every export format and every study must keep, as tests. Needs pytest.

import pytest
from my_package.points import Points
from study.testing import FormatContract

@pytest.mark.parametrize("kind", [Points])
class TestPoints(FormatContract):
    pass
"""

import pytest

pytest.register_assert_rewrite(f"{__name__}.formats", f"{__name__}.studies")

from study.testing.formats import FormatContract  # noqa: E402
from study.testing.studies import StudyContract  # noqa: E402

__all__ = ["FormatContract", "StudyContract"]
