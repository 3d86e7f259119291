"""Side by side, the files that take longest are begun first."""

from pathlib import Path
from types import SimpleNamespace

from tests.conftest import LONGEST, longest_first

HERE = Path(__file__).parent


def test_the_longest_files_are_there_and_come_first_and_the_others_stay_as_they_were():
    others = [file for file in sorted(HERE.rglob("test_*.py")) if str(file.relative_to(HERE)) not in LONGEST]
    longest = [HERE / file for file in LONGEST]
    assert all(file.is_file() for file in longest)
    items = [SimpleNamespace(path=file) for file in [*others[:9], *reversed(longest), *others[9:]]]
    longest_first(items)
    assert [item.path for item in items] == longest + others
