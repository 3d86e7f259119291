"""What every regularizer keeps to."""

import pytest

from trainables.autodecoder.regularizers.base import available
from trainables.testing import RegularizerContract


@pytest.mark.parametrize("kind", available().values(), ids=available())
class TestEveryRegularizer(RegularizerContract):
    pass
