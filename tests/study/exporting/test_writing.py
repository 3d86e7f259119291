"""An export is whole or absent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from study.errors import Mistake
from study.exporting.formats import available
from study.exporting.writing import targets, whole

PROJECT = Path(__file__).parents[3]


def interrupted(target, error):
    with whole(target) as folder:
        (folder / "a").write_text("half")
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_after_an_error_nothing_is_left_and_the_old_export_iswhole(tmp_path, error):
    old = tmp_path / "old" / "labels"
    old.mkdir(parents=True)
    (old / "a").write_text("before")
    for target in (old, tmp_path / "new" / "deep" / "labels"):
        with pytest.raises(error):
            interrupted(target, error)
    assert [path.name for path in tmp_path.rglob("*")] == ["old", "labels", "a"]
    assert (old / "a").read_text() == "before"


@pytest.mark.parametrize(("umask", "mode"), [(0o077, 0o700), (0o002, 0o775), (0o022, 0o755)])
def test_an_export_is_for_whom_the_umask_says_and_of_the_parents_group(umask, mode, tmp_path):
    tmp_path.chmod(0o2777)  # setgid: what is made in it is of its group, and folders pass that on
    before = os.umask(umask)
    try:
        for _ in range(2):  # made anew, and replaced
            with whole(tmp_path / "labels") as folder:
                (folder / "a").write_text("")
            assert (tmp_path / "labels").stat().st_mode & 0o7777 == mode | 0o2000
            assert (tmp_path / "labels" / "a").stat().st_mode & 0o777 == mode & 0o666
    finally:
        os.umask(before)


def test_an_export_replaces_the_old_one_at_its_end(tmp_path):
    target = tmp_path / "labels"
    target.mkdir()
    (target / "old").write_text("")
    with whole(target) as folder:
        (folder / "new").write_text("")
        assert (target / "old").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["labels", "new"]


def test_a_file_in_the_way_is_not_replaced(tmp_path):
    (tmp_path / "labels").write_text("")
    with pytest.raises(Mistake, match="is there already"):
        targets(tmp_path, [available()["labels"]], force=False)
    with pytest.raises(Mistake, match="is a file"):
        targets(tmp_path, [available()["labels"]], force=True)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_leaves_nothing(tmp_path, number, status):
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "import click\n"
        "from study.exit_status import exit_status\n"
        "from study.export import _termination_as_exit\n"
        "from study.exporting.writing import whole\n"
        "@click.command()\n"
        "def main():\n"
        "    with _termination_as_exit(), whole(Path(sys.argv[1]) / 'deep' / 'labels') as folder:\n"
        "        (folder / 'begun').write_text('')\n"
        "        time.sleep(600)\n"
        "sys.exit(exit_status(main, 'x', []))\n"
    )
    # A shell without job control has what runs in the background ignore interruptions, the tests themselves included.
    running = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until = time.monotonic() + 100
    while not list(tmp_path.rglob("begun")):
        assert running.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    running.send_signal(number)
    running.communicate(timeout=100)
    assert running.returncode == status
    assert list(tmp_path.iterdir()) == []


def test_every_format_has_a_name_of_its_own_and_a_line_for_the_help():
    assert list(available()) == ["labels", "ome-zarr", "ply", "gif", "geojson"]
    assert all(form.summary for form in available().values())
