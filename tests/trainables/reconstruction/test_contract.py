"""What every reader of triplets keeps to."""

import pytest

from trainables.reconstruction.readers.base import available
from trainables.testing import TripletReaderContract


@pytest.mark.parametrize("kind", available().values(), ids=available())
class TestEveryTripletReader(TripletReaderContract):
    pass
