"""What every export format keeps to."""

import pytest

from study.exporting.formats import available
from study.testing import FormatContract


@pytest.mark.parametrize("kind", available().values(), ids=available())
class TestEveryFormat(FormatContract):
    pass
