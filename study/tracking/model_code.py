"""A decoder as MLflow loads it: points and times in, signed distances out. MLflow runs this file as code.

    model = mlflow.pyfunc.load_model("models:/m-…")
    model.predict(pandas.DataFrame({"x": [0.0], "y": [0.0], "z": [0.0], "t": [0.5]}))

``load_model(…, model_config={"replicate": 3})`` takes another of the replicates that were trained together.
The weights are a torch state that is read with ``weights_only``: nothing on this path unpickles an object.
"""

import importlib.util
import sys
from collections.abc import Callable
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext


class DecoderModel(PythonModel):
    """Columns ``x``, ``y``, ``z`` (domain units), ``t`` (in [0, 1]) to a column ``sdf``, inside negative."""

    field: Callable[[np.ndarray], np.ndarray]

    def load_context(self, context: PythonModelContext) -> None:
        if importlib.util.find_spec("trainables") is None:  # where the project is absent, its code as it was
            sys.path.append(context.artifacts["code"])
        from trainables.saved_model import load

        chosen = context.model_config
        self.field = load(context.artifacts["state"], chosen["replicate"], chosen["sequence"])

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        points = model_input[["x", "y", "z", "t"]].to_numpy(dtype=np.float32, copy=True)
        sdf = np.asarray(self.field(points), dtype=np.float64)
        return pd.DataFrame({"sdf": sdf}, index=model_input.index)


mlflow.models.set_model(DecoderModel())
