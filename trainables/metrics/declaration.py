"""What a metric is, said once: the rooms above and the report take it from here, by way of a run's record."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trainables.configuration import Configuration

Better = Literal["lower", "higher"]
Per = Literal["time", "sequence"]


class Metric(Configuration):
    """A column of the per-time table, and how it is read."""

    name: str
    label: str
    unit: str = ""
    better: Better = "lower"
    margin: float | None = Field(None, gt=0, description="difference that counts as none, in the metric's unit")
    per: Per = Field("time", description="whether each time has a value of its own, or a sequence has one")
