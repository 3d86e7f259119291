"""What every metric of shapes keeps to."""

import pytest

from trainables.metrics.shapes.base import available
from trainables.testing import MetricContract


@pytest.mark.parametrize("kind", available().values(), ids=available())
class TestEveryMetric(MetricContract):
    pass
