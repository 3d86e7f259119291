"""Looking at a run: load it, bands over time, paired comparisons, figures, and a report that begins with the
answer.

    import analysis
    run = analysis.load("bifurcation")
    analysis.iqr_bands(run.per_time, metric="chamfer")
    analysis.compare(run.per_time, metric="chamfer", baseline="none")

It needs neither torch nor ray, and imports matplotlib, scipy, optuna and jinja2 only inside the functions that use
them. ``tour.ipynb`` in this folder goes from a run to its three main figures.
"""

from analysis import figures
from analysis.bands import iqr_bands
from analysis.carry_over import transfer
from analysis.comparison import compare
from analysis.ensembles import league
from analysis.latent import latent_grid
from analysis.load import LoadError, Run, load, runs
from analysis.null_level import null_level
from analysis.question import compare_run
from analysis.report import render
from analysis.saving import save, save_shown, shown
from analysis.search import one_standard_error, optuna_study
from analysis.selection import NoRows, NotApplicable
from analysis.sentences import answer, conclusion
from analysis.several import MixedMetrics, Runs

__all__ = [
    "LoadError", "MixedMetrics", "NoRows", "NotApplicable", "Run", "Runs", "answer", "compare", "compare_run",
    "conclusion", "figures", "iqr_bands", "latent_grid", "league", "load", "null_level", "one_standard_error",
    "optuna_study",
    "render", "runs", "save", "save_shown", "shown", "transfer",
]  # fmt: skip
