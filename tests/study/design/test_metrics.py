"""A metric is declared once: what studies, records and earlier runs say of it is the same."""

import pytest

import analysis
from analysis.tables import metric as earlier
from analysis.tables import record
from analysis.testing.runs import Plan, write
from study import catalog
from study.design import methods
from trainables.inbetween import metrics as frames
from trainables.metrics.shapes.base import available
from trainables.reconstruction import metrics as volumes

DECLARED = [
    *(kind.declared() for kind in available().values()),
    *frames.FRAME,
    *(frames.BORDER, frames.ENDPOINT, frames.DRIFT),
    *volumes.VOLUME,
]


def test_runs_of_earlier_versions_are_read_with_what_is_declared_now():
    known = {metric.name: metric for metric in DECLARED}
    for name, margin in earlier.MARGINS.items():
        assert known[name].margin == margin
    for metric in DECLARED:
        assert earlier.lower_is_better(metric.name, None) == (metric.better == "lower")


@pytest.mark.parametrize("name", catalog.names())
def test_studies_name_metrics_that_are_declared(name):
    assert all(metric in DECLARED for metric in catalog.load(name, "smoke").metrics)


def test_what_a_record_says_of_a_metric_is_what_is_read(tmp_path):
    told = [metric.model_dump() for metric in methods.bifurcation_metrics()]
    told[0] |= {"margin": 0.5, "label": "Distance"}
    folder = write(tmp_path / "bifurcation" / "run", Plan(methods=("none",), trials=1, replicates=2))
    run = analysis.load(folder)
    run.record["metrics"] = told
    found = {metric.name: metric for metric in record.declared(run)}
    assert (found["chamfer"].margin, found["chamfer"].label, found["chamfer"].lower) == (0.5, "Distance", True)
    assert (found["dice"].margin, found["dice"].lower) == (0.02, False)
    assert not found["bifurcation_time_error"].over_time
    assert found["hausdorff"].over_time
