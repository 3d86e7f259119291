"""What is worked out once for a run."""

from __future__ import annotations

import gc
import weakref

from analysis.tables.once import once


class Opened:
    """Stands for a run."""


def test_each_run_and_each_argument_is_worked_out_once_and_goes_with_the_run():
    asked = []

    @once
    def told(run, method, supervision="sparse"):
        asked.append((method, supervision))
        return [method, supervision]

    one, other = Opened(), Opened()
    assert told(one, "none") is told(one, "none")
    assert told(one, "none", supervision="dense") == ["none", "dense"]
    assert told(one, "sinkhorn") is not told(other, "sinkhorn")
    assert asked == [("none", "sparse"), ("none", "dense"), ("sinkhorn", "sparse"), ("sinkhorn", "sparse")]
    gone = weakref.ref(other)
    del other
    gc.collect()
    assert gone() is None
