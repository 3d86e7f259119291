"""`python -m study.run` with one more study in the catalog: `python -m tests.study.run_sleeping sleeping …`.

$SLEEPING_SESSION is how many trials a session of Tune has, for runs of more than one; $SLEEPING_EVICTED numbers an
answer of an actor in whose place Ray says that it has killed it for want of memory.
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path
from types import SimpleNamespace

from study import catalog
from study.run import script
from tests.study import killing

catalog.__path__.append(str(Path(__file__).parent / "catalog"))


def _evict(number: int) -> None:
    """Let Tune hear what Ray says of a node without memory, which is no error of an actor and ends its session."""
    import ray
    from ray.air.execution._internal import event_manager

    import study.running  # noqa: F401 (what Ray reads when it is imported)

    asked = itertools.count(1)

    def get(future: object) -> object:
        if next(asked) == number:
            print("evicted", file=sys.stderr)
            raise ray.exceptions.OutOfMemoryError("1 worker(s) were killed due to the node running low on memory.")
        return ray.get(future)

    event_manager.ray = SimpleNamespace(get=get, wait=ray.wait)


if __name__ == "__main__":
    killing.install_in_driver()
    if most := os.environ.get("SLEEPING_SESSION"):
        from study.running import execution

        execution.A_SESSION, execution.WAVES = int(most), 1
    if number := os.environ.get("SLEEPING_EVICTED"):
        _evict(int(number))
    script()
