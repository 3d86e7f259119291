"""The synthetic HL60 nuclei, which divide: hidden frames of the recording around divisions are filled in."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from study.fill import command_line
from tests.lineages import tracks
from trainables.metrics.volumes import dice

RECORDING = Path(__file__).parents[3].parent / "shared" / "data" / "hl60_nuclei" / "HL60_3D_labels_only.npz"
MOTHER, DAUGHTERS = 5, (15, 16)


@pytest.mark.slow
def test_frames_around_a_division_of_recorded_nuclei(tmp_path, monkeypatch, capsys):
    if not RECORDING.exists():
        pytest.skip(f"{RECORDING.name} is not beside the repository, in ../shared/data")
    monkeypatch.chdir(tmp_path)
    for name in ("STUDY_RESULTS", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    with np.load(RECORDING, allow_pickle=False) as file:
        labels = file["labels"]
    rows = tracks(labels)
    born = min(begin for label, begin, _, parent in rows if label in DAUGHTERS and parent == MOTHER)
    first, last = born - 4, born + 4
    known = range(first, last + 1, 2)
    (tmp_path / "nuclei").mkdir()
    for number in known:
        tifffile.imwrite(tmp_path / "nuclei" / f"man_track{number:03d}.tif", labels[number].astype("uint16"))
    spans = [(label, max(begin, first), min(end, last), parent) for label, begin, end, parent in rows]
    held = [(label, begin, end, parent) for label, begin, end, parent in spans if begin <= end]
    text = "".join(f"{a} {b} {c} {d}\n" for a, b, c, d in held)
    (tmp_path / "nuclei" / "man_track.txt").write_text(text)
    assert command_line(["nuclei", "--voxel", "1,1,1", "--rule", "lineage+volume", "--skip-bad"]) == 0
    (folder,) = Path("results/fill").iterdir()
    record = json.loads((folder / "study.json").read_text())
    assert f"{MOTHER} into {DAUGHTERS[0]} and {DAUGHTERS[1]} by frame" in record["data"]["understood"]
    assert f"{MOTHER} divides into {DAUGHTERS[0]} and {DAUGHTERS[1]} by frame" in capsys.readouterr().out
    for number in range(first, last + 1):
        image = tifffile.imread(folder / "exports" / "labels" / f"man_track{number:03d}.tif")
        if number in known:
            assert np.array_equal(image, labels[number])
            continue
        family = [MOTHER, *DAUGHTERS]
        assert dice(np.isin(image, family), np.isin(labels[number], family)) > 0.75
        whole = [label for label in np.unique(labels[number])[1:] if label not in family and (image == label).any()]
        assert np.median([dice(image == label, labels[number] == label) for label in whole]) > 0.8
