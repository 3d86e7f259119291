"""A trained model as MLflow's model folder: our code, ``trainables``' code and weights; nothing pickled."""

from __future__ import annotations

import importlib.metadata
import json
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel

REQUIREMENTS = ("mlflow", "torch", "numpy", "pandas", "pydantic", "fsspec", "scipy")
"""Named, since MLflow would find them by loading the model in another process, which takes long."""
TRAINABLES = Path(__file__).parents[2] / "trainables"


def save(folder: Path, state: Path, configuration: Mapping[str, Any], replicate: int, entry: LoggedModel) -> None:
    """Write the model folder of an MLflow entry.

    Args:
        folder: does not exist yet.
        state: the file that ``trainables.saved_model.load`` reads.
        configuration: JSON that lies beside the state, for the reader.
        replicate: the one that is loaded if nobody asks for another.
        entry: the entry in MLflow that the folder will belong to.
    """
    import mlflow.pyfunc
    from mlflow.models import Model, ModelSignature
    from mlflow.types import ColSpec, Schema

    with tempfile.TemporaryDirectory(prefix="mlflow-configuration-") as scratch, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*An input example was not provided")
        described = Path(scratch) / "configuration.json"
        described.write_text(json.dumps(configuration, indent=1), encoding="utf-8")
        code = Path(scratch) / "trainables.zip"
        _pack(code)
        mlflow.pyfunc.save_model(
            str(folder),
            python_model=str(Path(__file__).with_name("model_code.py")),
            artifacts={"state": str(state), "configuration": str(described), "code": str(code)},
            model_config={"replicate": replicate, "sequence": 0},
            signature=ModelSignature(
                inputs=Schema([ColSpec("double", name) for name in ("x", "y", "z", "t")]),
                outputs=Schema([ColSpec("double", "sdf")]),
            ),
            pip_requirements=[f"{name}=={_version(name)}" for name in REQUIREMENTS],
            mlflow_model=Model(
                artifact_path=entry.artifact_location,
                run_id=entry.source_run_id,
                model_uuid=entry.model_id,
                model_id=entry.model_id,
            ),
        )


def _pack(target: Path) -> None:
    """The code of ``trainables`` as one file that Python imports from: sixty would take a server seconds."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(TRAINABLES.rglob("*.py")):
            archive.write(file, file.relative_to(TRAINABLES.parent))


def _version(package: str) -> str:
    """As the package index knows it, without a local part such as ``+cpu``."""
    return importlib.metadata.version(package).partition("+")[0]
