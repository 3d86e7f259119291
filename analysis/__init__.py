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
from analysis.pages.report import render
from analysis.pages.shown import save_shown, shown
from analysis.statistics.bands import iqr_bands
from analysis.statistics.carry_over import transfer
from analysis.statistics.chances import chances
from analysis.statistics.comparison import compare
from analysis.statistics.ensembles import league
from analysis.statistics.latent import latent_grid
from analysis.statistics.null_level import null_level
from analysis.statistics.question import compare_run, primary
from analysis.statistics.search import one_standard_error, optuna_study
from analysis.statistics.standing import standing
from analysis.tables.load import LoadError, load, runs
from analysis.tables.run import Run
from analysis.tables.saving import save
from analysis.tables.selection import NoRows, NotApplicable
from analysis.tables.several import MixedMetrics, Runs
from analysis.words.sentences import answer, conclusion

__all__ = [
    "LoadError", "MixedMetrics", "NoRows", "NotApplicable", "Run", "Runs", "answer", "chances", "compare",
    "compare_run", "conclusion", "figures", "iqr_bands", "latent_grid", "league", "load", "null_level",
    "one_standard_error", "optuna_study", "primary", "render", "runs", "save", "save_shown", "shown", "standing",
    "transfer",
]  # fmt: skip
