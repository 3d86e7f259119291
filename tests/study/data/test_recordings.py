"""Recordings as the data of a study: found, checked, cut, prepared, kept in the run folder."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile

from study import catalog
from study.catalog.cells import every
from study.data.recordings import Data, Wanted, again, as_found, as_recorded, find, keep
from study.design.study import Study
from study.errors import Mistake
from study.running.plan import Options, plan
from study.storage.run_folder import RunFolder
from tests.study.data.drifting import recording
from trainables.population.coded_configuration import CodedConfiguration
from trainables.shapes.sampled import Sampled


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def test_full_length_tracks_are_the_sequences(tmp_path):
    path = recording(tmp_path / "TRA", {1: range(6), 2: range(6), 3: range(1, 4)})
    data = find(Wanted(path=str(path)), 24)
    assert len(data.sequences) == 2
    assert data.left_out == {}
    assert data.source == "TRA"
    for sequence in data.sequences:
        assert isinstance(sequence, Sampled)
        assert sequence.times() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    study = catalog.load("cells", "smoke", data)
    study.check()
    assert study.supervisions["sparse"].train_times == pytest.approx([0, 0.8, 1])
    assert study.supervisions["dense"].train_times == pytest.approx([0, 0.4, 0.8, 1])


def test_every_fourth_frame_and_the_last_are_shown_and_the_others_take_turns():
    roles = every(4, [i / 10 for i in range(11)]).roles
    assert [i for i, role in enumerate(roles) if role == "train"] == [0, 4, 8, 10]
    assert [role for role in roles if role != "train"] == ["test", "validation"] * 3 + ["test"]


def test_a_bad_sequence_is_left_out_only_when_told(tmp_path):
    path = recording(tmp_path / "TRA", {1: range(6), 2: range(6)})
    table = path / "man_track.txt"
    table.write_text(table.read_text().replace("2 0 5 0", "2 0 five 0"))
    with pytest.raises(Mistake, match=r"man_track\.txt, row 2: '2 0 five 0'") as refused:
        find(Wanted(path=str(path)), 24)
    assert "--skip-bad" in str(refused.value)
    assert not (tmp_path / "cache").exists()
    data = find(Wanted(path=str(path), skip_bad=True), 24)
    assert len(data.sequences) == 1
    assert len(data.left_out) == 1
    assert "row 2" in data.left_out["track-02"]
    assert "cannot be used: track-02" in data.understood


def test_prepared_files_are_kept_in_the_run_folder_and_found_again(tmp_path):
    data = find(Wanted(path=str(recording(tmp_path / "TRA", {1: range(6), 2: range(6)})), tracks="2"), 24)
    study = catalog.load("cells", "smoke", data)
    folder = RunFolder(str(tmp_path / "results" / "cells" / "run"))
    keep(study, folder)
    (sequence,) = study.methods["sinkhorn"].sequences
    assert sequence.file.startswith(folder.url)
    (name,) = folder.names("data", ".npz")
    assert name.startswith("track-02-")
    assert study.methods["linear-blend"].sequences == [sequence]
    record = {"configuration": study.model_dump(mode="json"), "data": study.data}
    found = again(record)
    assert found.sequences == [sequence]
    again_made = catalog.load("cells", "smoke", found)
    assert again_made.model_dump(mode="json") == study.model_dump(mode="json")


def test_the_plan_of_a_study_of_cells_holds_the_recording(tmp_path):
    path = recording(tmp_path / "TRA", {1: range(6)})
    made = plan(Options(study="cells", preset="smoke", data=str(path), voxel="2,1,1"))
    (sequence,) = made.study.methods["none"].sequences
    assert sequence.prepared().voxel.tolist() == [2, 1, 1]
    assert made.study.data["source"] == "TRA"


def test_sequences_of_unlike_length_are_cut_to_the_shortest_and_told(tmp_path):
    path = recording(tmp_path / "TRA", {1: range(6), 2: range(1, 5)})
    data = find(Wanted(path=str(path), tracks="1,2"), 24)
    assert [len(sequence.times()) for sequence in data.sequences] == [4, 4]
    assert any("cut to the first 4 frames" in note for note in data.notes)


def test_a_shape_cut_by_the_border_is_told(tmp_path):
    folder = tmp_path / "masks"
    folder.mkdir()
    for time in range(3):
        image = np.zeros((5, 20, 20), dtype=np.uint8)
        image[:, 5:14, 4 + time : 14 + time] = 1
        tifffile.imwrite(folder / f"mask{time}.tif", image)
    data = find(Wanted(path=str(folder)), 24)
    assert any("touch a face of the recorded volume" in note and "3 of 3 frames" in note for note in data.notes)
    assert any("5 voxels deep" in note for note in data.notes)


def test_what_was_understood_is_one_paragraph(tmp_path):
    path = recording(tmp_path / "TRA", {1: range(6), 2: range(6), 3: range(1, 4)})
    data = find(Wanted(path=str(path)), 24)
    assert data.told()["understood"] == data.understood
    for words in (
        "TRA, read as cell-tracking-challenge: 6 frames, 0 to 5, of z 14, y 40, x 24 voxels",
        "a voxel is 1 x 1 x 1 (z, y, x), assumed, for the files do not say it: name it with --voxel",
        "used: track-01, track-02, not full-length: track 3 (frames 1 to 3); --tracks takes them",
        "nothing of a shape is left out",
        "labels overlap themselves in the next frame by 8",
        "on the grid of 24³ a shape is 1",
    ):
        assert words in data.understood, words
    assert "\n" not in data.understood
    assert (
        again({"configuration": catalog.load("cells", "smoke", data).model_dump(mode="json"), "data": data.told()})
        == data
    )


def test_the_source_of_the_voxel_is_told_and_exchanged_sizes_are_refused(tmp_path):
    path = recording(tmp_path / "TRA", {1: range(6)})
    (path / "voxel_size.txt").write_text("1 0.2 0.2")
    assert "1 x 0.2 x 0.2 µm (z, y, x), by the voxel_size.txt" in find(Wanted(path=str(path)), 24).understood
    other = find(Wanted(path=str(path), voxel="2,0.2,0.2"), 24).understood
    assert "as given with --voxel, against the voxel_size.txt, which says 1 x 0.2 x 0.2" in other
    with pytest.raises(Mistake, match=r"--voxel 0.2,0.2,1: the voxel_size.txt says .* write --voxel 1,0.2,0.2"):
        find(Wanted(path=str(path), voxel="0.2,0.2,1"), 24)


def test_data_tells_what_is_recorded():
    assert Data(sequences=[], source="x", left_out={"a": "b"}).told() == {
        "source": "x",
        "left_out": {"a": "b"},
        "notes": [],
    }


def ball_and_cube(labels: tuple[str, str], folder: Path) -> Study:
    """A study of two sequences of unlike content whose labels are given."""
    folder.mkdir(exist_ok=True)
    sequences = []
    for number, (label, content) in enumerate(zip(labels, (b"a ball", b"a cube"), strict=True)):
        with zipfile.ZipFile(folder / f"{number}.npz", "w") as file:
            file.writestr("sdf", content)
        sequences.append(Sampled(file=str(folder / f"{number}.npz"), title=label))
    study = catalog.load("cells", "smoke")
    study.controls = []
    study.methods = {"none": study.methods["none"].model_copy(update={"sequences": sequences})}
    return study


LABELS = [("cell 1", "cell-1"), ("cell (1)", "cell 1"), ("a#1", "a 1"), ("ä", "ö"), ("..", "."), ("x" * 300, "x" * 299)]


@pytest.mark.parametrize("labels", LABELS)
def test_each_sequence_keeps_its_own_shape_whatever_its_name(tmp_path, labels):
    study = ball_and_cube(labels, tmp_path / "prepared")
    keep(study, RunFolder(str(tmp_path / "run")))
    kept = [zipfile.ZipFile(one.file).read("sdf") for one in study.methods["none"].sequences]
    assert kept == [b"a ball", b"a cube"]
    assert all(len(path.name) < 100 for path in (tmp_path / "run" / "data").iterdir())


def test_a_run_folder_may_be_moved(tmp_path):
    study = ball_and_cube(("a", "b"), tmp_path / "prepared")
    here, there = RunFolder(str(tmp_path / "here")), RunFolder(str(tmp_path / "there"))
    keep(study, here)
    absolute = study.model_dump(mode="json")  # as earlier versions have recorded it
    recorded = as_recorded(absolute, here)
    assert here.url not in str(recorded)
    shutil.move(here.path, there.path)
    for record in (recorded, absolute):
        found = as_found(record, there)
        files = [sequence["file"] for sequence in found["methods"]["none"]["sequences"]]
        assert [zipfile.ZipFile(file).read("sdf") for file in files] == [b"a ball", b"a cube"]
        assert as_recorded(found, there) == recorded


@pytest.mark.parametrize("content", [None, b"", b"PK torn"])
def test_a_prepared_file_that_is_gone_or_damaged_is_a_sentence(tmp_path, content):
    study = ball_and_cube(("a", "b"), tmp_path / "prepared")
    folder = RunFolder(str(tmp_path / "run"))
    keep(study, folder)
    record = as_recorded(study.model_dump(mode="json"), folder)
    (spoiled, _) = sorted((tmp_path / "run" / "data").iterdir())
    spoiled.unlink()
    for name in (spoiled.name, "a.npz"):  # earlier versions put no digest into the name
        if content is not None:
            (spoiled.parent / name).write_bytes(content)
        record["methods"]["none"]["sequences"][0]["file"] = f"data/{name}"
        with pytest.raises(Mistake, match=f"{name} is (gone|damaged).*restore it, or start a new run"):
            as_found(record, folder)


def test_a_prepared_file_that_vanishes_before_the_start_is_no_empty_one(tmp_path):
    study = ball_and_cube(("a", "b"), tmp_path / "prepared")
    (tmp_path / "prepared" / "0.npz").unlink()
    with pytest.raises(Mistake, match="is gone: start the study again"):
        keep(study, RunFolder(str(tmp_path / "run")))


@pytest.mark.parametrize("held", ["method", "sequences", "population", "search_on", "final_on"])
@pytest.mark.parametrize("place", ["/etc/passwd", "http://127.0.0.1:9/x", "../../secret"])
def test_a_record_cannot_have_files_read_outside_its_folder(tmp_path, place, held):
    (tmp_path / "run").mkdir()
    fields = {"file": place} if held == "method" else {held: [{"file": place}]}
    of_study = held in ("search_on", "final_on")
    configuration = {"methods": {"none": {}}} | fields if of_study else {"methods": {"none": fields}}
    with pytest.raises(Mistake, match=r"run/data/.* is gone"):
        as_found(configuration, RunFolder(str(tmp_path / "run")))


def test_every_recorded_sequence_is_kept_also_those_of_the_search_and_of_a_population(tmp_path):
    study = ball_and_cube(("a", "b"), tmp_path / "prepared")
    none = study.methods["none"]
    first, second = none.sequences
    none.sequences, study.search_on, study.final_on = [first], [second.model_copy()], [first.model_copy()]
    taught = CodedConfiguration(sequences=[first.model_copy()], population=[second.model_copy()])
    study.methods = {"none": none, "fitted-code": taught}
    folder = RunFolder(str(tmp_path / "run"))
    keep(study, folder)
    held = [*none.sequences, *study.search_on, *study.final_on, *taught.sequences, *taught.population]
    assert all(sequence.file.startswith(folder.url) for sequence in held)
    assert len(folder.names("data", ".npz")) == 2
    recorded = as_recorded(study.model_dump(mode="json"), folder)
    assert folder.url not in str(recorded)
    assert as_found(recorded, folder) == study.model_dump(mode="json")


@pytest.mark.parametrize(
    ("written", "read"), [("tzyx", "TZYX"), ("YXT", "YXT"), ("time-last", "time-last"), (None, None)]
)
def test_axes_may_be_written_small(written, read):
    assert Wanted(layout=written).layout == read
