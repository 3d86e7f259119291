"""Before anything is imported: where tests run side by side, each keeps to one thread, as trials do."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
