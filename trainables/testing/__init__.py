"""What every plug-in of a kind must keep, as tests: for ours, and for those of anybody else. Needs pytest.

A contract is a class whose tests take the plug-in as an argument, so that a test file of three lines runs them all:

    import pytest
    from my_package.eikonal import Eikonal
    from trainables.testing import RegularizerContract

    @pytest.mark.parametrize("kind", [Eikonal])
    class TestEikonal(RegularizerContract):
        pass

What a contract needs it takes from the plug-in itself: `Plugin.example()`, `Reader.written(labels, folder)`.
"""

import pytest

_KINDS = ("plugin", "regularizers", "shape_sequences", "interpolants", "readers", "images", "metrics", "models")
pytest.register_assert_rewrite(*(f"{__name__}.{kind}" for kind in _KINDS))

from trainables.testing.images import ImageReaderContract, TripletReaderContract  # noqa: E402
from trainables.testing.interpolants import InterpolantContract, combinations  # noqa: E402
from trainables.testing.metrics import MetricContract  # noqa: E402
from trainables.testing.models import ModelContract  # noqa: E402
from trainables.testing.readers import ReaderContract  # noqa: E402
from trainables.testing.regularizers import RegularizerContract  # noqa: E402
from trainables.testing.shape_sequences import ShapeSequenceContract  # noqa: E402

__all__ = [
    "ImageReaderContract",
    "InterpolantContract",
    "MetricContract",
    "ModelContract",
    "ReaderContract",
    "RegularizerContract",
    "ShapeSequenceContract",
    "TripletReaderContract",
    "combinations",
]
