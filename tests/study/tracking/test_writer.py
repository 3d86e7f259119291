"""The MLflow writer: a study and its trials, read back with MLflow's own client."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.tracking import database
from study.tracking.filters import tagged
from tests.study.tracking.written import (
    CREATED,
    METRICS,
    Strict,
    content,
    curves,
    history,
    per_time,
    record,
    runs,
    trial,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow")


# the parent


def test_parent_run_describes_the_study(uri: str, client: Any) -> None:
    tracker = Strict(uri, record("parent", finished="2025-06-15T16:00:00+00:00"))
    tracker.log_study()
    (parent,) = runs(client, "tags.run = 'parent'")
    assert parent.info.status == "RUNNING"
    assert parent.info.start_time == CREATED
    tracker.close()
    (parent,) = runs(client, "tags.run = 'parent'")
    assert (parent.info.run_name, parent.info.status) == ("parent", "FINISHED")
    assert parent.info.end_time == pd.Timestamp("2025-06-15T16:00:00Z").value // 10**6
    assert parent.data.params == {
        "preset": "laptop",
        "seed": "7",
        "methods": "none, sinkhorn",
        "supervisions": "sparse, dense",
        "baseline": "none",
        "objective": "minimize chamfer at validation times",
        "replication_unit": "training noise of one sequence (seeds)",
    }
    assert parent.data.tags["version.torch"] == "2.13.0"
    assert parent.data.tags["commit"] == parent.data.tags["mlflow.source.git.commit"] == "0123abc"
    note = parent.data.tags["mlflow.note.content"]
    assert "Does transport help?" in note
    assert "`test/chamfer`" in note


def test_the_data_set_is_an_input_of_the_parent_once(uri: str, client: Any) -> None:
    roles = ["train", "validation", "test", "train"]
    configuration = {
        "methods": {"none": {"sequences": [{"name": "one"}, {"name": "two"}]}},
        "supervisions": {"sparse": {"times": [0.0, 0.3, 0.6, 1.0], "roles": roles}},
    }
    for _ in range(2):
        tracker = Strict(uri, record("with-data", configuration=configuration))
        tracker.log_study()
        tracker.close()
    other = Strict(uri, record("other-data", configuration=configuration, data={"source": "hl60", "notes": ["n"]}))
    other.log_study()
    other.close()
    (parent,), (recorded,) = (runs(client, f"tags.run = '{name}'") for name in ("with-data", "other-data"))
    (given,) = parent.inputs.dataset_inputs
    assert json.loads(given.dataset.profile) == {
        "sequences": 2,
        "times by role": {"sparse": {"train": 2, "validation": 1, "test": 1}},
    }
    assert {tag.key: tag.value for tag in given.tags} == {"mlflow.data.context": "training and evaluation"}
    (taken,) = recorded.inputs.dataset_inputs
    assert json.loads(taken.dataset.source) == {"url": "hl60"}
    assert taken.dataset.digest != given.dataset.digest


def test_extended_run_is_reopened_and_its_tags_follow_the_record(uri: str, client: Any) -> None:
    first = Strict(uri, record("extended"))
    first.log_study()
    first.close(finished=False)
    (before,) = runs(client, "tags.run = 'extended'")
    assert before.info.status == "KILLED"
    second = Strict(uri, record("extended", trials_per_arm=9))
    second.log_study()
    (after,) = runs(client, "tags.run = 'extended'")
    assert after.info.run_id == before.info.run_id
    assert after.info.status == "RUNNING"
    assert after.data.tags["trials_per_arm"] == "9"
    assert "9 trials an arm" in after.data.tags["mlflow.note.content"]


def test_artifacts_lie_beside_the_database_under_their_names(uri: str, client: Any, tmp_path: Path) -> None:
    source = tmp_path / "some other name.png"
    source.write_bytes(b"figure")
    tracker = Strict(uri, record("artifacts"))
    tracker.log_artifacts({"figures/chamfer.png": source, "report.html": f"file://{source}"})
    (parent,) = runs(client, "tags.run = 'artifacts'")
    assert [entry.path for entry in client.list_artifacts(parent.info.run_id)] == ["figures", "report.html"]
    copy = client.download_artifacts(parent.info.run_id, "figures/chamfer.png", str(tmp_path))
    assert Path(copy).read_bytes() == b"figure"
    folder = database.file_of(uri).parent / "mlruns" / "bifurcation" / parent.info.run_id
    assert (folder / "artifacts" / "report.html").read_bytes() == b"figure"
    with pytest.raises(FileNotFoundError):
        tracker.log_artifacts({"absent.png": tmp_path / "absent.png"})
    assert tracker.available


def test_closing_an_unused_tracker_makes_nothing(tmp_path: Path) -> None:
    Strict(f"sqlite:///{tmp_path / 'mlflow.db'}", record("unused")).close()
    assert list(tmp_path.iterdir()) == []


def test_experiment_deleted_in_the_browser_comes_back(uri: str, client: Any) -> None:
    Strict(uri, record("undeleted", study="deleted")).log_study()
    deleted = client.get_experiment_by_name("deleted")
    client.delete_experiment(deleted.experiment_id)
    Strict(uri, record("undeleted", study="deleted")).log_study()
    assert client.get_experiment(deleted.experiment_id).lifecycle_stage == "active"


# children


def test_child_holds_the_trial(uri: str, client: Any) -> None:
    name = "confirm-sinkhorn-sparse-best"
    rows = per_time(name)
    Strict(uri, record("child")).log_trial(trial(name), rows, curves(name))
    (parent,) = runs(client, "tags.run = 'child' AND tags.kind = 'run'")
    found = runs(client, "tags.run = 'child' AND tags.kind = 'replicate'")
    assert [run.info.run_name for run in found] == [f"{name}/r0", f"{name}/r1"]
    child = found[1]
    assert child.info.status == "FINISHED"
    assert child.info.end_time - child.info.start_time == 12_500
    assert child.data.params == {
        "method": "sinkhorn+barycenter",
        "supervision": "sparse",
        "setting": "best",
        "seed": "101",
        "optimiser.learning_rate": "0.001",
        "regularizers.sinkhorn.grid": "7",
    }
    expected = {
        "study": "bifurcation",
        "trial": name,
        "replicate": "1",
        "phase": "confirm",
        "state": "complete",
    }
    assert expected.items() <= child.data.tags.items()
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    note = child.data.tags["mlflow.note.content"]
    assert note.startswith(
        "**sinkhorn+barycenter** under sparse supervision at the search's best setting, replicate 1."
    )
    assert "`test/chamfer` is what the report compares" in note

    own = rows[rows["replicate"] == 1]
    for role, shown in (("train", "shown"), ("validation", "validation"), ("test", "test")):
        values = own[own["role"] == role].set_index("time_index")["dice"]
        assert history(client, child, f"{shown}/dice") == values.to_dict()
        mean = history(client, child, f"mean/{shown}/dice")
        assert mean == {0: pytest.approx(values.mean(), rel=1e-12)}
    assert history(client, child, "test/empty") == {2: 0.0}
    assert history(client, child, "bifurcation_time_error") == {0: 1.1}
    assert history(client, child, "objective") == {0: 0.25}
    loss = history(client, child, "train/loss")
    assert 20 < len(loss) <= 100
    assert min(loss) == 1
    assert max(loss) == 400
    assert all(value == 1.0 / epoch + 1 for epoch, value in loss.items())
    assert min(history(client, child, "train/sinkhorn")) == 81
    assert not [metric for metric in child.data.metrics if "topology" in metric or "bifurcation/" in metric]


def test_several_sequences_give_their_mean_and_each(uri: str, client: Any) -> None:
    rows = per_time("t", sequences=("cell 1", "cell:2"))
    rows.loc[(rows["sequence"] == "cell 1") & (rows["time_index"] == 2), "chamfer"] = np.nan
    Strict(uri, record("sequences")).log_trial(trial("t"), rows, pd.DataFrame())
    child = runs(client, "tags.run = 'sequences' AND tags.replicate = '0'")[0]
    of = {
        name: group.set_index("time_index")["chamfer"].to_dict()
        for name, group in rows[rows["replicate"] == 0].groupby("sequence")
    }
    assert history(client, child, "validation/chamfer") == {
        i: pytest.approx((of["cell 1"][i] + of["cell:2"][i]) / 2, rel=1e-12) for i in (1, 3)
    }
    assert history(client, child, "validation/chamfer/cell 1") == {i: of["cell 1"][i] for i in (1, 3)}
    assert history(client, child, "test/chamfer") == {2: of["cell:2"][2]}
    assert "test/chamfer/cell 1" not in child.data.metrics
    assert "test/chamfer/cell_2" in child.data.metrics


def test_names_of_anybody_are_tracked(uri: str, client: Any) -> None:
    labels = ("..", ".", "=cmd|' !A0", "\x1b[2J", "$\\frac{1}{$", "x" * 250, "x" * 251)
    trials = ["it's", "a OR b", "';--"]
    for name in trials:
        Strict(uri, record("it's another's")).log_trial(trial(name), per_time(name, sequences=labels), pd.DataFrame())
    found = runs(client, tagged(run="it's another's", kind="replicate"))
    assert {run.data.tags["trial"] for run in found} == set(trials)
    assert len(found) == 6
    assert {"test/chamfer/__", "test/chamfer/_"} <= set(found[0].data.metrics)
    assert len([metric for metric in found[0].data.metrics if metric.startswith("test/chamfer/xxx")]) == 2
    with pytest.raises(ValueError, match="holds a quotation mark"):
        tagged(run='" OR tags.run != "')


def test_many_sequences_give_their_mean_only(uri: str, client: Any) -> None:
    rows = per_time("t", sequences=tuple(f"s{i}" for i in range(40)))
    Strict(uri, record("many")).log_trial(trial("t"), rows, pd.DataFrame())
    child = runs(client, "tags.run = 'many' AND tags.replicate = '0'")[0]
    assert len(history(client, child, "validation/dice")) == 2
    assert not [metric for metric in child.data.metrics if metric.endswith("/s1")]


def test_more_values_than_one_call_takes_all_arrive(uri: str, client: Any) -> None:
    rows = per_time("t").query("role == 'test' and replicate == 0").drop(columns="time_index")
    rows = rows.merge(pd.DataFrame({"time_index": range(400)}), how="cross")
    wide = {f"param.p{i}": i for i in range(150)} | {"replicates": 1}
    Strict(uri, record("wide")).log_trial(trial("t", **wide), rows, pd.DataFrame())
    child = runs(client, "tags.run = 'wide' AND tags.replicate = '0'")[0]
    for metric in METRICS:
        assert len(history(client, child, f"test/{metric}")) == 400
    assert child.data.params["p149"] == "149"


@pytest.mark.parametrize(("state", "status"), [("failed", "FAILED"), ("pruned", "KILLED")])
def test_trial_without_rows_has_its_state(uri: str, client: Any, state: str, status: str) -> None:
    row = trial("t", state=state, reason="loss is NaN " * 1000, objective=float("nan"))
    Strict(uri, record(state)).log_trial(row, pd.DataFrame(), pd.DataFrame())
    found = runs(client, f"tags.run = '{state}' AND tags.kind = 'replicate'")
    assert [run.info.status for run in found] == [status, status]
    assert found[0].data.tags["reason"].startswith("loss is NaN")
    assert found[0].data.metrics == {}


# twice, cut short, changed


def test_logging_again_changes_nothing(uri: str) -> None:
    one, two = trial("t1"), trial("t2", state="pruned")
    first = Strict(uri, record("again"))
    for row in (one, two):
        first.log_trial(row, per_time(row["trial"]), curves(row["trial"]))
    before = content(uri)
    rows = per_time("t1").sample(frac=1.0, random_state=0)  # read from files: another order, other rows among them
    first.log_trial(one, pd.concat([rows, per_time("t2"), rows.head(3)]), curves("t1"))
    second = Strict(uri, record("again"))
    for row in (two, one):
        second.log_trial(row, per_time(row["trial"]), curves(row["trial"]))
    assert content(uri) == before


def test_child_cut_short_is_completed(uri: str, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient

    rows = per_time("t")
    tracker = Strict(uri, record("cut"))
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_terminated", interrupt)
        with pytest.raises(KeyboardInterrupt):
            tracker.log_trial(trial("t"), rows, curves("t"))
    (cut,) = runs(client, "tags.run = 'cut' AND tags.kind = 'replicate'")
    assert cut.info.status == "RUNNING"
    Strict(uri, record("cut")).log_trial(trial("t"), rows, curves("t"))
    found = runs(client, "tags.run = 'cut' AND tags.kind = 'replicate'")
    assert [run.info.status for run in found] == ["FINISHED", "FINISHED"]
    assert found[0].info.run_id == cut.info.run_id
    for run in found:
        assert len(history(client, run, "validation/dice")) == 2


def interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def test_trial_that_changed_replaces_its_children(uri: str, client: Any) -> None:
    tracker = Strict(uri, record("changed"))
    tracker.log_trial(trial("t"), per_time("t"), curves("t"))
    better = trial("t", **{"param.optimiser.learning_rate": 0.5})
    tracker.log_trial(better, per_time("t", seed=1), curves("t"))
    found = runs(client, "tags.run = 'changed' AND tags.kind = 'replicate'")
    assert [run.data.params["optimiser.learning_rate"] for run in found] == ["0.5", "0.5"]
    fewer = better | {"replicates": 1}
    only = per_time("t", seed=1).query("replicate == 0")
    tracker.log_trial(fewer, only, curves("t").query("replicate == 0"))
    found = runs(client, "tags.run = 'changed' AND tags.kind = 'replicate'")
    assert [run.data.tags["replicate"] for run in found] == ["0"]


def test_threads_may_log_at_once(uri: str, client: Any) -> None:
    tracker = Strict(uri, record("threads"))

    def log(number: int) -> None:
        tracker.log_trial(trial(f"t{number}"), per_time(f"t{number}"), pd.DataFrame())

    threads = [threading.Thread(target=log, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = runs(client, "tags.run = 'threads' AND tags.kind = 'replicate'")
    assert [run.info.run_name for run in found] == [f"t{i}/r{k}" for i in range(4) for k in range(2)]
    assert {run.info.status for run in found} == {"FINISHED"}
