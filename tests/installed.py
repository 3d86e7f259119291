"""Installs a tiny package with plug-ins: files and metadata in a folder, as `pip install --target` leaves them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def install(folder: Path, package: str, modules: Mapping[str, str], points: Mapping[str, Mapping[str, str]]) -> Path:
    """`modules` are name → source of `package`; `points` kind → name → what it names. To be put on the path."""
    (folder / package).mkdir(parents=True)
    (folder / package / "__init__.py").touch()
    for name, source in modules.items():
        (folder / package / f"{name}.py").write_text(source)
    metadata = folder / f"{package}-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.1\n")
    sections = [
        "\n".join([f"[shape_sequence_studies.{kind}]", *(f"{name} = {target}" for name, target in named.items())])
        for kind, named in points.items()
    ]
    (metadata / "entry_points.txt").write_text("\n\n".join(sections) + "\n")
    return folder
