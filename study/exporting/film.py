"""A film with new frames between its own: the whole frames, by a method at the best setting that a run has found.

A model of images is of the two that it was shown, so that a method with a network is trained anew, on every two
neighbouring frames of the film, at their full size; one without says at once what lies between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from study import catalog
from study.data.recordings import as_found
from study.errors import Mistake
from study.storage.run_folder import RunFolder
from trainables.base import resolve
from trainables.configuration import assign, suggestion
from trainables.inbetween.pictures import Array, opened
from trainables.inbetween.readers import GREY_LEVELS
from trainables.inbetween.windows import Window, WindowsConfiguration, between

if TYPE_CHECKING:
    import pandas as pd

    from analysis import Run
    from trainables.inbetween.method import Method


def grey_levels(metadata: Mapping[str, Any]) -> np.dtype[Any] | None:
    """The type of a film's own grey levels, where its file, which may be anybody's, names one that is kept."""
    said = metadata.get("kind")
    return np.dtype(said) if said in GREY_LEVELS else None


class Film:
    """Of a run's film, by one of its methods: that with the best objective on test frames at the smallest gap, or the
    one that is named.

    Mistake where the run is of no film, or has not confirmed such a method.
    """

    def __init__(self, run: Run, method: str | None) -> None:
        self._run = run
        self._configuration = as_found(run.record["configuration"], RunFolder(run.location))
        pictures = opened(next(iter(self._configuration["methods"].values()))["file"])
        if pictures.hidden is not None or pictures.displacement is not None:
            raise Mistake(f"--between: run {run.name} is not of a film; name a run of one, or leave --between out")
        self.frames: Array = pictures.frames[0]
        """(T, H, W) float32, NaN where there is no data."""
        self.tags: dict[str, Any] = pictures.metadata.get("tags", {})
        self._kind = grey_levels(pictures.metadata)
        self._trial = _chosen(run, method)
        self.method = str(self._trial["method"])
        """The method's name."""

    def as_given(self, image: Array) -> Array:
        """An image in the grey levels of the source, and of its type where every pixel has data; as it is where that is
        not recorded."""
        if self._kind is None:
            return image
        levels = np.rint(np.clip(image, 0, 1) * np.float64(np.iinfo(self._kind).max))
        return levels.astype(np.float32 if np.isnan(levels).any() else self._kind)

    def between(self, new: int, say: Callable[[str], None]) -> Iterator[list[Array]]:
        """For every two neighbouring frames, the `new` ones between them, `(H, W)` each."""
        settings = self._settings()
        for first in range(len(self.frames) - 1):
            if settings.epochs:
                say(f"{self.method} is trained on frames {first + 1} and {first + 2} of {len(self.frames)}")
            fitted = _fitted(settings.model_copy(update={"windows": [_pair(first)]}), self._run.record.get("seed") or 0)
            predicted = fitted.predicted(0, 0)
            frames = (predicted.frame((n + 1) / (new + 1)) for n in range(new))
            yield [np.where(fitted.pairs[0].no_data, np.float32(np.nan), frame) for frame in frames]

    def _settings(self) -> WindowsConfiguration:
        """The method as it was confirmed, at full size."""
        record = self._run.record
        study = catalog.load(self._run.study, record["preset"], catalog.again(self._run.study, record))
        described = self._configuration["methods"][self.method]
        settings = type(study.methods[self.method]).model_validate(described)
        assert isinstance(settings, WindowsConfiguration)
        for path, value in self._trial.items():
            if str(path).startswith("param.") and value == value and value is not None:
                assign(settings, str(path).removeprefix("param."), value)
        settings.downsampling = 1
        return settings


def _chosen(run: Run, method: str | None) -> pd.Series:
    """The confirmed trial, a row of `trials`."""
    from analysis.tables import record

    trials = run.trials
    best = trials[(trials["phase"] == "confirm") & (trials["setting"] == "best") & (trials["state"] == "complete")]
    best = best[best["supervision"] == record.supervisions(run)[0]]
    known = [str(name) for name in best["method"]]
    if method is not None and method not in known:
        raise Mistake(f"--method {method}: run {run.name} has not confirmed it; {suggestion(method, known)}")
    if not known:
        raise Mistake(f"RUN {run.name}: no method of it is confirmed; resume it, or name a finished run")
    objective = record.objective(run)
    rows = run.per_time[run.per_time["trial"].isin(best["trial"]) & (run.per_time["role"] == "test")]
    means = rows.groupby("trial", observed=True)[objective.name].mean()
    if method is not None:
        return best[best["method"] == method].iloc[0]
    return best[best["trial"] == (means.idxmin() if objective.lower else means.idxmax())].iloc[0]


def _pair(first: int) -> Window:
    return Window(label=f"frame {first + 1}", role="test", first=first, last=first + 1)


def _fitted(settings: WindowsConfiguration, seed: int) -> Method:
    """The method on its one pair, trained if there is something to train."""
    from trainables.inbetween.method import Method

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    made = resolve(settings.implementation)(settings.model_dump(), between(1), [seed], device)  # type: ignore[call-arg]
    assert isinstance(made, Method)
    while made.epoch < made.epochs:
        made.train_epoch()
    return made
