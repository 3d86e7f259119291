"""What every reader of images keeps to."""

import pytest

from trainables.inbetween.image_readers.base import available
from trainables.testing import ImageReaderContract


@pytest.mark.parametrize("kind", available().values(), ids=available())
class TestEveryImageReader(ImageReaderContract):
    pass
