"""What every shape sequence, and every reader of recordings, keeps to."""

import pytest

from trainables.shapes.readers import base
from trainables.shapes.sequence import available
from trainables.testing import ReaderContract, ShapeSequenceContract


@pytest.mark.parametrize("kind", available().values(), ids=available())
class TestEveryShapeSequence(ShapeSequenceContract):
    pass


@pytest.mark.parametrize("kind", base.available().values(), ids=base.available())
class TestEveryReader(ReaderContract):
    pass
