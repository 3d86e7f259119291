"""A run that has been opened: its record and its tables."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.tables import reading, units


@dataclass(frozen=True, eq=False)
class Run:
    """One execution of a study: its record, and its tables, read when they are first looked at."""

    location: str
    """The run folder: a local path, or a URI."""
    record: dict[str, Any] = field(repr=False)
    """``study.json``: question, methods, metrics, configuration, seeds, versions, machine, durations."""
    _filesystem: Any = field(repr=False, compare=False)
    _folder: str = field(repr=False, compare=False)

    @property
    def study(self) -> str:
        return str(self.record.get("study", ""))

    @property
    def name(self) -> str:
        return str(self.record.get("run", posixpath.basename(self._folder)))

    @property
    def status(self) -> str:
        """``running``, ``unfinished`` or ``finished``, as the record says."""
        return str(self.record.get("status", "unfinished"))

    @property
    def finished(self) -> bool:
        return self.status == "finished"

    @cached_property
    def trials(self) -> pd.DataFrame:
        """One row per trial that has ended: state, objective, duration, ``param.*`` columns."""
        return self._described(reading.read_trials(self._filesystem, self._folder))

    @cached_property
    def per_time(self) -> pd.DataFrame:
        """One row per (trial, replicate, sequence, time), one column per metric."""
        return self._described(reading.read_per_time(self._filesystem, self._folder))

    @cached_property
    def ensembles(self) -> pd.DataFrame:
        """One row per (confirmed trial, draw, sequence, time): the mean of all replicates scored as one prediction, and
        draws of replicates, see :func:`analysis.tables.reading.read_ensembles`."""
        return self._described(reading.read_ensembles(self._filesystem, self._folder))

    @cached_property
    def curves(self) -> pd.DataFrame:
        """One row per (trial, replicate, epoch), one column per loss term."""
        return reading.read_curves(self._filesystem, self._folder)

    @cached_property
    def surfaces(self) -> pd.DataFrame:
        """Triangle meshes of some confirmed trials, see :func:`analysis.tables.reading.read_surfaces`; empty in runs
        that keep none."""
        return reading.read_surfaces(self._filesystem, self._folder)

    def _described(self, table: pd.DataFrame) -> pd.DataFrame:
        return units.noted(table, units.of_record(self.record))
