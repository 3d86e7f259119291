"""`python -m study.run` with one more study in the catalog: `python -m tests.study.run_sleeping sleeping …`."""

from __future__ import annotations

from pathlib import Path

from study import catalog
from study.run import script
from tests.study import killing

catalog.__path__.append(str(Path(__file__).parent / "catalog"))

if __name__ == "__main__":
    killing.install_in_driver()
    script()
