"""``import analysis`` is light: it opens in a notebook in under a second."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ["plotly", "torch", "ray", "mlflow", "optuna", "matplotlib", "scipy", "jinja2", "study", "trainables"]


def modules_after(code: str) -> set[str]:
    script = f"import sys; {code}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", HEAVY)
def test_importing_analysis_leaves_heavy_libraries_alone(module: str, imported: set[str]) -> None:
    assert module not in imported


def test_the_names_that_scripts_rely_on_are_there_and_are_functions() -> None:
    import analysis

    for name in ("load", "iqr_bands", "latent_grid", "compare", "render", "answer", "conclusion"):
        assert callable(getattr(analysis, name))


def test_the_figures_are_found_without_matplotlib() -> None:
    imported = modules_after("import analysis; assert len(analysis.figures.names()) >= 4")
    assert "matplotlib" not in imported


@pytest.fixture(scope="module")
def imported() -> set[str]:
    return modules_after("import analysis")
