"""The images that come with the program, as the data of a study."""

from pathlib import Path

from study.data import images
from study.data.recordings import Wanted
from trainables.inbetween import scenes


def test_they_are_made_once_for_each_place_of_the_cache_and_given_to_each_who_asks_as_his_own(tmp_path, monkeypatch):
    windows, made, labels = scenes.windows, [], set()

    def counted(recording):
        made.append(recording)
        return windows(recording)

    monkeypatch.setattr(scenes, "windows", counted)
    for place in ("here", "here", "there"):
        monkeypatch.setenv("STUDY_CACHE", str(tmp_path / place))
        found = images.pair(Wanted())
        assert Path(found.file).is_relative_to(tmp_path / place)
        assert Path(found.file).is_file()
        labels.add(tuple(window.label for window in found.windows))
        found.windows.pop().label = "another's"
        found.notes.append("another's")
        assert found.notes.count("another's") == 1
    assert len(made) == 2
    assert len(labels) == 1
