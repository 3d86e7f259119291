"""What Tune keeps of trials that have ended."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from study.running.execution import _Recording


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
