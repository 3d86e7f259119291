"""`python -m study.clusters.going_on STUDY NAME OUTPUT …`: begin the run of that name, or go on with it.

What a job of Kubernetes calls, which is started again after its pod was lost: `…` are arguments of `study.run` for both
(before `--`), and for the beginning alone (after it).
"""

from __future__ import annotations

import os
import sys

from study.errors import Mistake
from study.exit_status import leave, note
from study.storage.places import find_named


def arguments(study: str, name: str, output: str, *given: str) -> list[str]:
    """Those of `python -m study.run`; Mistake if the store of the run folders cannot be asked."""
    cut = given.index("--") if "--" in given else len(given)
    both, beginning = [*given[:cut], "--output", output], given[cut + 1 :]
    known = find_named(output, study, name)
    return [study, *both, "--resume", known.name] if known is not None else [study, *both, "--name", name, *beginning]


if __name__ == "__main__":
    try:
        wanted = arguments(*sys.argv[1:])
    except Mistake as error:
        note(error)
        leave(1)  # a store that is away: the job is started again
    os.execv(sys.executable, [sys.executable, "-m", "study.run", *wanted])  # which hears the signals itself
