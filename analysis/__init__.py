"""Looking at a run: load it, bands over time, paired comparisons, figures, and a report that begins with the
answer.

    import analysis
    run = analysis.load("bifurcation")
    analysis.iqr_bands(run.per_time, metric="chamfer")
    analysis.compare(run.per_time, metric="chamfer", baseline="none")

It needs neither torch nor ray, and imports matplotlib, scipy and jinja2 only inside the functions that use
them.
"""

from analysis import figures
from analysis.bands import iqr_bands
from analysis.carry_over import transfer
from analysis.comparison import compare
from analysis.latent import latent_grid
from analysis.load import LoadError, Run, load, runs
from analysis.report import render
from analysis.selection import NoRows, NotApplicable
from analysis.sentences import answer, conclusion

__all__ = [
    "LoadError", "NoRows", "NotApplicable", "Run", "answer", "compare", "conclusion", "figures", "iqr_bands",
    "latent_grid", "load", "render", "runs", "transfer",
]  # fmt: skip
