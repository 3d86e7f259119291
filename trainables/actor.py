"""Runs trainables under Ray Tune: one actor serves many trials, each with its own checkpoint.

Ray's checkpointing is not used: a checkpoint is written atomically to the place the request names before the result it
belongs to is reported, and holds that result. A trial that is started again finds it, reports that result once more
and goes on, so that nothing is lost or differs, whenever and wherever the process died.
"""

from __future__ import annotations

import io
import json
import logging
import math
import time
import traceback
from typing import Any

import pyarrow as pa
import ray
import torch
from ray import tune

from trainables.base import Divergence, Request, Trainable, open_trainable
from trainables.draws import of_one
from trainables.files import read, write_atomically
from trainables.saved_model import packed


class Actor(tune.Trainable):
    """Ray Tune's class interface around one `trainables.base.Trainable` at a time.

    Results have the keys `epoch`, `epochs`, `finished`, `busy` (wall-clock interval) and, after a report epoch and at
    the end, `objective`, `empty` (share of empty predictions among those that it is of), `shown` (its metric on shown
    frames), `rows`, `curves`, `surfaces` and `ensembles` (Arrow bytes) and `notes`; or `failed` (a sentence) and
    `details` (traceback). `seconds` were spent so far in the trial, `judged` has all objectives of report epochs so
    far, as [epoch, objective].
    """

    def setup(self, config: dict[str, Any]) -> None:
        logging.getLogger("ray.tune").setLevel(logging.ERROR)
        self._request = Request(**json.loads(config["request"]))
        self._trainable: Trainable | None = None
        self._judged: list[list[float]] = []

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        began = time.monotonic()
        torch.set_num_threads(self._request.threads)
        try:
            result = self._advance(began)
        except Divergence as divergence:
            result = self._failure(f"diverged: {divergence}", began)
        except OSError:
            raise  # a disk or a network is not the trial's fault: Tune tries again
        except Exception as error:  # a trial that fails must not end the study: its reason becomes a column
            result = self._failure(f"{type(error).__name__}: {error}", began)
            result["details"] = traceback.format_exc()
        now = time.time()  # intervals of several nodes are put together; their lengths are of no clock that is set
        return result | {"busy": [now - (time.monotonic() - began), now], "done": result["finished"]}

    def _failure(self, sentence: str, began: float) -> dict[str, Any]:
        epoch = self._trainable.epoch if self._trainable else 0
        return {
            "failed": " ".join(sentence.split()),
            "finished": True,
            "epoch": epoch,
            "epochs": epoch,
            "seconds": getattr(self, "_seconds", 0.0) + time.monotonic() - began,
            "judged": self._judged,
        }

    def _advance(self, began: float) -> dict[str, Any]:
        request = self._request
        if self._trainable is None:
            self._seconds, self._judged = 0.0, []
            self._trainable = open_trainable(request, self._device())
            restored = self._restore(self._trainable)
            if restored is not None:
                return restored
        trainable = self._trainable
        stops = {*request.report_epochs, trainable.epochs}
        while trainable.epoch < trainable.epochs:
            trainable.train_epoch()
            if trainable.epoch in stops or time.monotonic() - began > request.checkpoint_seconds:
                break
        result: dict[str, Any] = {
            "epoch": trainable.epoch,
            "epochs": trainable.epochs,
            "finished": trainable.epoch == trainable.epochs,
        }
        if trainable.epoch in stops:
            result |= self._report(trainable, result["finished"])
        if trainable.epoch in request.report_epochs:
            self._judged.append([trainable.epoch, result["objective"]])
        result["judged"] = self._judged
        self._seconds += time.monotonic() - began
        result["seconds"] = self._seconds
        self._checkpoint(trainable, result)
        return result

    def _report(self, trainable: Trainable, finished: bool) -> dict[str, Any]:
        request = self._request
        own = trainable.rows(set(request.roles))
        rows = [
            request.labels | {"replicate": row["replicate"], "seed": request.seeds[row["replicate"]]} | row
            for row in own
        ]
        judged = [row[request.metric] for row in rows if row["role"] == request.objective_role]
        empty = [bool(row.get("empty")) for row in rows if row["role"] == request.objective_role]
        shown = [row[request.metric] for row in rows if row["role"] == "train"]
        if finished and request.model and (model := trainable.model()) is not None:
            write_atomically(request.model, packed(model))
        trial = {"trial": request.labels["trial"]}
        curves = [trial | row for row in trainable.curves()]
        surfaces: list[dict[str, Any]] = []
        if finished and request.surfaces:
            replicate = _median_replicate(rows, request)
            surfaces = [trial | {"replicate": replicate} | row for row in trainable.surfaces(replicate)]
        together: list[dict[str, Any]] = []
        if finished and request.ensemble:
            alone = len(request.seeds) == 1
            mean = of_one(own) if alone else trainable.ensemble(own, set(request.roles))
            together = [request.labels | row for row in mean]
        report: dict[str, Any] = {
            "objective": sum(judged) / len(judged) if judged else math.nan,
            "empty": sum(empty) / len(empty) if empty else 0.0,
            "shown": sum(shown) / len(shown) if shown else math.nan,
            "rows": _arrow(rows),
            "notes": "; ".join(trainable.guard.reasons.values()),
        }
        tables = {"curves": curves, "surfaces": surfaces, "ensembles": together}
        return report | {key: _arrow(table) for key, table in tables.items() if table}

    def _checkpoint(self, trainable: Trainable, result: dict[str, Any]) -> None:
        kept = {
            key: torch.frombuffer(bytearray(v), dtype=torch.uint8) if isinstance(v, bytes) else v
            for key, v in result.items()
        }
        content = {
            "fingerprint": self._request.fingerprint(),
            "state": trainable.state(),
            "epoch": trainable.epoch,
            "reasons": trainable.guard.reasons,
            "result": kept,
        }
        write_atomically(self._request.checkpoint, packed(content))

    def _restore(self, trainable: Trainable) -> dict[str, Any] | None:
        """The checkpoint's own result, if there is a checkpoint of this very request; None to begin at epoch 0.

        A damaged one is set aside, as `<trial>.pt.damaged`: the trial begins anew, and ends as it would have without.
        """
        content = read(self._request.checkpoint)
        if content is None:
            return None
        try:
            saved = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
            if saved["fingerprint"] != self._request.fingerprint():
                return None
            trainable.restore(saved["state"])
            trainable.epoch, trainable.guard.reasons = saved["epoch"], saved["reasons"]
            self._seconds, self._judged = saved["result"]["seconds"], saved["result"].get("judged", [])
            return {
                key: value.numpy().tobytes() if isinstance(value, torch.Tensor) else value
                for key, value in saved["result"].items()
            }
        except OSError:
            raise
        except Exception:  # torn bytes end in errors of many kinds, in torch and in what is restored
            write_atomically(f"{self._request.checkpoint}.damaged", content)
            self._seconds, self._judged = 0.0, []
            self._trainable = open_trainable(self._request, self._device())  # the other may be restored in part
            return None

    @staticmethod
    def _device() -> torch.device:
        # Ray leaves all GPUs visible to a trial that asked for none.
        return torch.device("cuda" if ray.is_initialized() and ray.get_gpu_ids() else "cpu")


def _median_replicate(rows: list[dict[str, Any]], request: Request) -> int:
    """The replicate whose mean objective is the (lower) median; by all rows where every time is shown."""
    judged: dict[int, list[float]] = {}
    for row in [row for row in rows if row["role"] == request.objective_role] or rows:
        judged.setdefault(row["replicate"], []).append(row[request.metric])
    ordered = sorted(judged, key=lambda replicate: (sum(judged[replicate]) / len(judged[replicate]), replicate))
    return ordered[(len(ordered) - 1) // 2]


def _arrow(rows: list[dict[str, Any]]) -> bytes:
    table = pa.Table.from_pylist(rows)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
