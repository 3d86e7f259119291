"""`python -m study.run` with one more study in the catalog: `python -m tests.study.run_sleeping sleeping …`.

$SLEEPING_SESSION is how many trials a session of Tune has, for runs of more than one.
"""

from __future__ import annotations

import os
from pathlib import Path

from study import catalog
from study.run import script
from tests.study import killing

catalog.__path__.append(str(Path(__file__).parent / "catalog"))

if __name__ == "__main__":
    killing.install_in_driver()
    if most := os.environ.get("SLEEPING_SESSION"):
        from study.running import execution

        execution.A_SESSION, execution.WAVES = int(most), 1
    script()
