"""MLflow, the browser of a study: one experiment per study, a parent run per run, a child per replicate.

Parquet is the truth, and MLflow can be written again from it at any time: runs are found by their tags
before they are created, and what is there is left alone. Importing this does not import mlflow.
"""

from study.tracking.known import recorded_uri, remember_uri
from study.tracking.probe import absolute, check, default_uri, how_to_look
from study.tracking.writer import Tracker

__all__ = ["Tracker", "absolute", "check", "default_uri", "how_to_look", "recorded_uri", "remember_uri"]
