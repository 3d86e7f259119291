"""Before anything is imported: where tests run side by side, each keeps to one thread, as trials do. Cases that nobody
chose are the same in every run, and nothing of them is kept."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")
