"""What Tune keeps of trials that have ended; a termination while Ray starts."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from study.errors import Interrupted
from study.running.execution import _Recording, cluster


@pytest.mark.parametrize("end", ["on_trial_complete", "on_trial_error"])
def test_what_tune_counts_about_each_number_goes_with_the_trial(end):
    from ray.tune.trainable.metadata import _TrainingRunMetadata

    metadata = _TrainingRunMetadata(n_steps=[5, 10])
    for step in range(3):
        metadata.update_metric("chamfer", 0.5, step=step + 1)
    assert metadata.metric_analysis["chamfer"]["last"] == 0.5
    getattr(_Recording(None), end)(1, [], SimpleNamespace(run_metadata=metadata))
    assert metadata.metric_analysis == {}
    assert metadata.metric_n_steps == {}


def test_a_termination_while_ray_starts_is_said(tmp_path, monkeypatch):
    """Ray answers it by a handler of its own, `sys.exit(15)`."""

    def terminated(**_: object) -> None:
        raise SystemExit(15)

    monkeypatch.setattr("study.running.execution.ray.init", terminated)
    with pytest.raises(Interrupted, match="terminated while Ray started") as stopped, cluster(None, tmp_path, 1):
        pytest.fail("it is not there")
    assert stopped.value.status == 143
