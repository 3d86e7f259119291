"""Several runs opened together: their tables one below the other, told apart by the columns ``study`` and ``run``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from analysis.tables import record, units
from analysis.wording import listing

if TYPE_CHECKING:
    from analysis.tables.run import Run


class MixedMetrics(ValueError):
    """Runs measure something else, or the same in other units; the message is one sentence for the user."""


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs, and their tables joined; a column that a run lacks is empty in its rows.

    Comparisons are made within one run (``for run in runs``), since replicates of different runs are no pairs.
    """

    runs: Sequence[Run]

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    @cached_property
    def trials(self) -> pd.DataFrame:
        """As :attr:`analysis.Run.trials`."""
        return self._joined("trials")

    @cached_property
    def per_time(self) -> pd.DataFrame:
        """As :attr:`analysis.Run.per_time`. Raises :class:`MixedMetrics` where a metric has two units."""
        return self._joined("per_time")

    @cached_property
    def ensembles(self) -> pd.DataFrame:
        """As :attr:`analysis.Run.ensembles`. Raises :class:`MixedMetrics` where a metric has two units."""
        return self._joined("ensembles")

    @cached_property
    def curves(self) -> pd.DataFrame:
        """As :attr:`analysis.Run.curves`."""
        return self._joined("curves")

    def shared_metrics(self) -> list[str]:
        """The metrics that every run has. Raises :class:`MixedMetrics` where there is none."""
        of_run = [(_called(run), [metric.name for metric in record.metrics(run)]) for run in self.runs]
        first, *others = [names for _, names in of_run]
        common = [name for name in first if all(name in names for names in others)]
        if not common:
            said = [f"{run} has {listing(names) or 'none'}" for run, names in of_run]
            raise MixedMetrics(f"these runs have no metric in common: {'; '.join(said)}")
        return common

    def units(self) -> dict[str, str]:
        """Column → unit. Raises :class:`MixedMetrics` where two runs disagree."""
        found: dict[str, tuple[str, str]] = {}
        for run in self.runs:
            for name, unit in units.of_record(run.record).items():
                other, known = found.setdefault(name, (_called(run), unit))
                if known != unit:
                    raise MixedMetrics(
                        f"{name} is in '{known}' in {other}, but in '{unit}' in {_called(run)}: open them one by one"
                    )
        return {name: unit for name, (_, unit) in found.items()}

    def _joined(self, table: str) -> pd.DataFrame:
        known = self.units()
        parts = [getattr(run, table).assign(study=run.study, run=run.name) for run in self.runs]
        plain = [part.astype({name: "str" for name in part if part[name].dtype == "category"}) for part in parts]
        filled = [part.dropna(axis="columns", how="all") for part in plain if len(part)]
        together = pd.concat(filled, ignore_index=True) if filled else plain[0]
        together = together.reindex(columns=list(dict.fromkeys(name for part in parts for name in part)))
        categories = {name for part in parts for name in part if part[name].dtype == "category"} | {"study", "run"}
        return units.noted(together.astype(dict.fromkeys(sorted(categories), "category")), known)


def _called(run: Run) -> str:
    """A run in a sentence: names of runs are unique within a study only."""
    return f"{run.study} {run.name}"
