"""Frames of a run as TIFF files, read back with a standard reader; and images that cannot be used."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from study import catalog, frames
from study.data import images
from study.data.recordings import Wanted, as_recorded, keep
from study.exporting.film import grey_levels
from study.run import command_line
from study.storage.run_folder import RunFolder
from tests.trainables.inbetween.conftest import drifting, texture
from trainables.files import write_atomically
from trainables.inbetween.baselines import FlowWarping
from trainables.inbetween.blending import Blended
from trainables.inbetween.display import display_rows
from trainables.inbetween.flow import Warped
from trainables.inbetween.inbetween import Inbetween
from trainables.inbetween.pictures import Pair, Pictures, cached
from trainables.inbetween.readers import read_frames
from trainables.inbetween.windows import Window

GEO = {"33550": [100.0, 100.0, 0.0], "33922": [0.0, 0.0, 0.0, 2074200.0, 1329800.0, 0.0], "34735": [1, 1, 0, 0],
       "34737": "WGS 84|"}  # fmt: skip


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STUDY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("STUDY_RESULTS", raising=False)


def write(path, image, geo=None, **more):
    tags = [] if geo is None else [
        (int(code), "s" if isinstance(value, str) else "H" if code == "34735" else "d",
         0 if isinstance(value, str) else len(value), value if isinstance(value, str) else tuple(value), True)
        for code, value in geo.items()
    ]  # fmt: skip
    tifffile.imwrite(path, image, extratags=[*tags, *more.get("extra", [])])


@pytest.fixture
def run(tmp_path):
    """A run folder as a study writes it, of two methods on a pair with a georeference and a gap in the data."""
    first, last = drifting(2)
    first[:4] = np.nan
    pair = Pair(first=first, last=last, no_data=np.isnan(first))
    stack = np.stack([first, last])[None]
    fields = {"file": cached(Pictures(frames=stack, span=1.0, metadata={"tags": GEO, "scale": 2})),
              "windows": [Window(label="a", role="test", last=1)], "shape": [48, 48]}  # fmt: skip
    methods = {"linear-blend": Blended(pair), "optical-flow": Warped(pair, FlowWarping(**fields))}
    folder = RunFolder(str(tmp_path / "results" / "sea-ice" / "20260101-000000"))
    rows = []
    for name, method in methods.items():
        trial = {"trial": f"confirm-{name}-pair-best", "phase": "confirm", "setting": "best", "method": name}
        folder.write_trial(trial | {"supervision": "pair", "study": "sea-ice", "run": folder.name, "state": "complete"})
        shown = display_rows(method, pair, {0.0: first, 1.0: last}, {0.0: "train", 1.0: "train"}, "a")
        rows += [{"trial": trial["trial"], "replicate": 0} | row for row in shown]
    folder.write_frame("surfaces", "confirm", pd.DataFrame(rows))
    write_atomically(folder.file("data", "images.npz"), Path(fields["file"]).read_bytes())
    configuration = {"methods": {"linear-blend": {"file": "data/images.npz", "downsampling": 1}}}
    folder.write_record({"study": "sea-ice", "run": folder.name, "status": "finished", "configuration": configuration,
                         "methods": list(methods), "supervisions": ["pair"]})  # fmt: skip
    return pair, methods


def test_frames_are_those_of_the_methods_and_keep_place_and_gaps(run, tmp_path, capsys):
    _, methods = run
    assert frames.command_line(["sea-ice", "--output", "out"]) == 0
    with tifffile.TiffFile(tmp_path / "out" / "pair" / "linear-blend-frame-0.5000.tif") as file:
        image, tags = file.asarray(), file.pages[0].tags
        assert tuple(tags[33550].value) == (200.0, 200.0, 0.0), "a pixel is two of the source's"
        assert tuple(tags[33922].value) == tuple(GEO["33922"])
        assert tags[34737].value == "WGS 84|"
    assert np.isnan(image[:4]).all()
    assert image[4:] == pytest.approx(methods["linear-blend"].frame(0.5)[4:])
    field = tifffile.imread(tmp_path / "out" / "pair" / "optical-flow-field-0.5000.tif", key=slice(None))
    assert field.shape == (2, 48, 48)
    assert field[:, 10:-10, 10:-10].mean((1, 2)) == pytest.approx([2, 1], abs=0.3)
    assert "files: out" in capsys.readouterr().out
    assert frames.command_line(["sea-ice", "--output", "out"]) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.fixture
def film(tmp_path, request):
    """A run folder of a film of seven frames, as a study writes it; no method is trained. Of whole numbers if asked."""
    (tmp_path / "film").mkdir()
    frames = drifting(7, 48)
    if (kind := getattr(request, "param", None)) is not None:
        frames = np.rint((frames - frames.min()) / np.ptp(frames) * 0.8 * np.iinfo(kind).max).astype(kind)
    for index, frame in enumerate(frames):
        write(tmp_path / "film" / f"{index}.tif", frame, GEO)
    study = catalog.load("sliding-sand", "smoke", images.film(Wanted(path=str(tmp_path / "film"))))
    folder = RunFolder(str(tmp_path / "results" / "sliding-sand" / "20260101-000000-sand"))
    keep(study, folder)
    configuration = as_recorded(study.model_dump(mode="json"), folder)
    record = {"study": study.name, "run": folder.name, "status": "finished", "preset": "smoke", "seed": 0}
    record |= {"methods": list(study.methods), "supervisions": list(study.supervisions), "data": study.data}
    record |= {"objective": study.objective.model_dump(), "metrics": [m.model_dump() for m in study.metrics]}
    folder.write_record(record | {"configuration": configuration})
    rows = []
    for number, name in enumerate(("linear-blend", "latent-advection", "optical-flow")):
        trial = {"trial": f"confirm-{name}-gap-2-best", "phase": "confirm", "setting": "best", "method": name}
        trial |= {"supervision": "gap-2", "state": "complete", "study": study.name, "run": folder.name}
        folder.write_trial(trial | {"param.evolution_steps": 5 if name == "latent-advection" else None})
        row = {
            "replicate": 0,
            "sequence": "window 1",
            "time_index": 1,
            "time": 0.5,
            "role": "test",
            "mae": 3.0 - number,
        }
        rows.append(trial | row)
    folder.write_frame("per_time", "confirm", pd.DataFrame(rows))
    shown = {"trial": rows[0]["trial"], "replicate": 0, "sequence": "window 1", "time": 0.0, "role": "train"}
    shown |= {"kind": "true", "picture": frames[0].astype("<f4").tobytes(), "height": 48, "width": 48}
    folder.write_frame("surfaces", "confirm", pd.DataFrame([shown]))
    return frames


def test_the_whole_film_has_new_frames_between_its_own_by_the_best_method(film, tmp_path, capsys):
    assert frames.command_line(["sliding-sand", "--between", "1"]) == 0
    said = "13 files: sliding-sand-film; its own are 1, 3, 5, …, those between are by optical-flow"
    assert said in capsys.readouterr().out
    written = [tifffile.imread(file) for file in sorted((tmp_path / "sliding-sand-film").iterdir())]
    assert np.array_equal(written[::2], film.astype(np.float32))
    pair = Pair(first=film[2], last=film[3], no_data=np.zeros((48, 48), bool))
    flow = FlowWarping(file="", windows=[Window(label="a", role="test", last=1)], shape=[48, 48])
    assert written[5] == pytest.approx(Warped(pair, flow).frame(0.5), abs=1e-6)
    with tifffile.TiffFile(tmp_path / "sliding-sand-film" / "frame-0002.tif") as file:
        assert tuple(file.pages[0].tags[33550].value) == (100.0, 100.0, 0.0)


@pytest.mark.parametrize("film", ["uint8", "uint16"], indirect=True)
def test_the_whole_film_has_the_grey_levels_that_it_had(film, tmp_path):
    assert frames.command_line(["sliding-sand", "--between", "1"]) == 0
    written = [tifffile.imread(file) for file in sorted((tmp_path / "sliding-sand-film").iterdir())]
    assert {image.dtype for image in written} == {film.dtype}
    assert np.array_equal(written[::2], film)
    assert film.min() <= written[3].min() < written[3].max() <= film.max() + 1


def test_a_network_is_trained_for_every_two_frames_as_it_was_confirmed(film, capsys, monkeypatch):
    seen = []
    train = Inbetween.train_epoch
    monkeypatch.setattr(Inbetween, "train_epoch", lambda self: (seen.append(self.settings), train(self)))
    assert frames.command_line(["sand", "--between", "2", "--method", "latent-advection", "--output", "out"]) == 0
    assert "19 files: out" in capsys.readouterr().out
    assert [settings.windows[0].first for settings in seen] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert {(settings.evolution_steps, settings.downsampling) for settings in seen} == {(5, 1)}
    assert frames.command_line(["sand", "--between", "2", "--method", "latent-advektion", "--output", "more"]) == 2
    assert "has not confirmed it; did you mean 'latent-advection'?" in capsys.readouterr().err
    assert not Path("more").exists()


def test_a_run_without_images_is_refused(tmp_path, capsys):
    folder = RunFolder(str(tmp_path / "results" / "bifurcation" / "20260101-000000"))
    folder.write_record({"study": "bifurcation", "run": folder.name, "status": "finished"})
    assert frames.command_line(["bifurcation"]) == 2
    assert capsys.readouterr().err.startswith("error: RUN bifurcation: it has kept no images over time")


def test_no_data_is_read_as_such_whatever_the_type(tmp_path):
    grey = (255 * texture(32)).astype("u1")
    grey[:5] = 0
    write(tmp_path / "a.tif", grey, extra=[(42113, "s", 0, "0", True)])
    found = read_frames([tmp_path / "a.tif"]).frames[0]
    assert np.isnan(found[:5]).all()
    assert found[6:] == pytest.approx(np.where(grey[6:] == 0, np.nan, grey[6:] / 255), nan_ok=True)
    values = texture(32)
    values[3, 4] = -9999
    write(tmp_path / "b.tif", values, extra=[(42113, "s", 0, "-9999", True)])
    assert np.argwhere(np.isnan(read_frames([tmp_path / "b.tif"]).frames[0])).tolist() == [[3, 4]]


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    for index, frame in enumerate(drifting(3)):
        write(tmp_path / f"frame{2 - index}.tif", frame)
    assert read_frames([tmp_path]).frames == pytest.approx(drifting(3)[::-1])


def wrong(tmp_path, case):
    """The command line's `--data` for a case."""
    image = np.random.default_rng(0).random((200, 300)).astype("f4")
    a, b = tmp_path / "a.tif", tmp_path / "b.tif"
    write(a, image, GEO)
    match case:
        case "size":
            write(b, image[:, :-1], GEO)
        case "grid":
            write(b, image, GEO | {"33550": [50.0, 50.0, 0.0]})
        case "empty":
            write(b, np.full_like(image, np.nan), GEO)
        case "one":
            return [str(a)]
        case "tiny":
            write(a, image[:40, :40])
            write(b, image[:40, :40])
        case "broken":
            b.write_bytes(b"II*\0 not a TIFF")
        case "absent":
            return [str(a), str(tmp_path / "c.tif")]
        case "text":
            b = tmp_path / "b.txt"
            b.write_text("no image")
    return [str(a), str(b)]


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("size", "lies on another grid than the others, and its georeference names no coordinate system"),
        ("grid", "its georeference names no coordinate system; resample all images to one grid"),
        ("empty", "has no data at all"),
        ("one", "there is one image only; give two of the same grid"),
        ("tiny", "the images are 40 x 40 pixels"),
        ("broken", "cannot be read as TIFF"),
        ("absent", "c.tif: there is no such file"),
        ("text", "not an image"),
    ],
)
def test_images_that_cannot_be_used_are_one_sentence(case, sentence, tmp_path, capsys):
    given = wrong(tmp_path, case)
    assert command_line(["sea-ice", "--data", *given, "--dry-run"]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("error: --data")
    assert "\n" not in said
    assert sentence in said


def test_films_and_motions_that_cannot_be_used_are_one_sentence(tmp_path, capsys):
    film = tmp_path / "film"
    film.mkdir()
    for index, frame in enumerate(drifting(5)):
        write(film / f"{index}.tif", frame)
        said = {0: "there is one frame only", 4: "there are 5 frames, too few"}.get(index)
        if said:
            assert command_line(["sliding-sand", "--data", str(film), "--dry-run"]) == 2
            assert said in capsys.readouterr().err
    write(film / "5.tif", drifting(6)[5])
    assert command_line(["sliding-sand", "--data", str(film), "--dry-run"]) == 2
    assert "24 x 24 pixels, smaller than a patch of side 64" in capsys.readouterr().err
    gap = np.random.default_rng(0).random((200, 400)).astype("f4")
    gap[0, 0] = np.nan
    write(tmp_path / "gap.tif", gap)
    assert command_line(["known-motion", "--data", str(tmp_path / "gap.tif"), "--dry-run"]) == 2
    assert "pixels without data" in capsys.readouterr().err


def test_two_files_follow_data_and_nothing_else_does(tmp_path, capsys):
    image = np.random.default_rng(0).random((200, 300)).astype("f4")
    for name in ("a.tif", "b.tif"):
        write(tmp_path / name, image)
    assert command_line(["sea-ice", "--preset", "smoke", "--data", "a.tif", "b.tif", "--dry-run"]) == 0
    assert "latent-advection, pair" in capsys.readouterr().out
    assert command_line(["sea-ice", "b.tif"]) == 2
    assert "b.tif" in capsys.readouterr().err


@pytest.mark.parametrize("said", ["object", "<U9", "nonsense", ["uint8"], 3, None, ""])
def test_a_type_that_a_folder_from_anybody_names_is_one_that_is_kept_or_none(said):
    assert grey_levels({"kind": said}) is None
    assert grey_levels({"kind": "uint16"}) == np.uint16
