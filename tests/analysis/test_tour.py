"""The notebook ``analysis/tour.ipynb``: it runs, shows three figures, and needs ten lines."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
NOTEBOOK = PROJECT / "analysis" / "tour.ipynb"


@pytest.fixture(scope="module")
def lines() -> list[str]:
    import nbformat

    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    code = [line for cell in cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    return [line for line in code if line.strip()]


def test_it_takes_ten_lines(lines: list[str]) -> None:
    assert len(lines) <= 10


def test_it_is_kept_without_results() -> None:
    import nbformat

    assert not any(cell.get("outputs") for cell in nbformat.read(NOTEBOOK, as_version=4).cells)


def executed(results: Path, study: str = "bifurcation") -> Any:
    """The notebook, run by a kernel of its own; the kernel is this Python."""
    import nbformat
    from jupyter_client import KernelManager
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(results.parent)}})
    client.km = KernelManager()
    client.km.kernel_spec.argv[0] = sys.executable
    paths = os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")])
    client.execute(env=os.environ | {"STUDY_RESULTS": str(results), "PYTHONPATH": paths})
    return notebook


def test_it_goes_from_a_run_to_three_figures(write_run: Callable[..., Path], tmp_path: Path) -> None:
    write_run()
    notebook = executed(tmp_path / "results")
    data = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [base64.b64decode(entry["image/png"]) for entry in data if "image/png" in entry]
    assert len(pictures) == 3
    assert all(picture.startswith(b"\x89PNG") and len(picture) > 10_000 for picture in pictures)
    texts = " ".join(entry.get("text/plain", "") for entry in data)
    assert "Under sparse supervision" in texts
    assert "mean_low" in texts
    assert "hodges_lehmann" in texts
    assert "within one standard error" in texts


def test_its_lines_need_neither_torch_nor_ray(write_run: Callable[..., Path], tmp_path: Path, lines: list[str]) -> None:
    write_run(methods=("none", "sinkhorn"), supervisions=("sparse",))
    code = "\n".join([*lines, "import sys", "print(sorted({'torch', 'ray', 'mlflow'} & set(sys.modules)))"])
    environment = os.environ | {"STUDY_RESULTS": str(tmp_path / "results")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
