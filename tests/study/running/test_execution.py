"""Sessions of Tune, what it keeps of trials that have ended, and a termination while Ray starts."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from study.errors import Interrupted
from study.running.cluster import cluster
from study.running.execution import _Asking, _Bridge, _Recording


def test_sessions_follow_until_there_is_no_job_left(monkeypatch):
    """Tune keeps every trial of a session: a session has so many, and what is left goes to the next."""
    jobs = [SimpleNamespace(request={"number": number}) for number in range(5)]
    source = SimpleNamespace(next=lambda: jobs.pop(0) if jobs else None)
    bridge = _Bridge(source, None, on_start=lambda job: None, on_progress=None, stopping=lambda: False)
    monkeypatch.setattr("study.running.execution.asdict", lambda request: request)
    begun = []
    while bridge.opened(2):
        asking, session = _Asking(bridge), []
        while (asked := asking.suggest(f"{len(begun)}-{len(session)}")) not in (None, "FINISHED"):
            session.append(asked["request"])
        bridge.running.clear()  # they have ended
        if not begun:
            bridge.again.append(SimpleNamespace(request={"number": "lost"}))
        begun.append(session)
    assert begun == [
        ['{"number": 0}', '{"number": 1}'],
        ['{"number": "lost"}', '{"number": 2}'],
        ['{"number": 3}', '{"number": 4}'],
        [],
    ]


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

    monkeypatch.setattr("study.running.cluster.ray.init", terminated)
    with pytest.raises(Interrupted, match="terminated while Ray started") as stopped, cluster(None, tmp_path, 1):
        pytest.fail("it is not there")
    assert stopped.value.status == 143
