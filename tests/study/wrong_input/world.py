"""What wrong input may be pointed at: a folder with a sound run, damaged ones, and files that are something else."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tifffile
import zarr
from PIL import Image
from scipy.io import savemat

from study.catalog import load
from study.design import flags
from tests.analysis.simulated import arm, write

GOOD = "20260101-120000-good"
DAMAGED = "20260102-120000"
OF = "results/bifurcation/"
BAD = f"damaged/bifurcation/{DAMAGED}"
LONG = "x" * 300

Cases = dict[str, tuple[list[str], str]]
"""Name → arguments, and what the sentence must name."""
NEEDED = {"created_ms": 1, "methods": ["none"], "supervisions": ["sparse"]}


def make(folder: Path) -> None:
    """Fill a folder."""
    (folder / "a-file").write_text("not a folder")
    (folder / "a-folder").mkdir()
    _recordings(folder)
    _cluster_files(folder)
    _configurations(folder)
    study = load("bifurcation", "smoke")
    flags.keep(study, flags.wanted_methods(study, None), None)
    record = {
        "configuration": study.model_dump(mode="json"), "objective": study.objective.model_dump(),
        "metrics": [metric.model_dump() for metric in study.metrics], "replication_unit": "seeds",
        "choices": {"preset": "smoke", "trials": None, "replicates": None, "seed": None, "changes": [], "data": None},
        "search_trials": 8, "created": "2026-01-01T12:00:00+00:00", **NEEDED,
    }  # fmt: skip

    def run(results: str, name: str, **changes: Any) -> Path:
        arms = [arm("none", 0.4, setting=setting) for setting in ("best", "published")]
        return write(folder / results, "bifurcation", arms, run=name, **record | changes)

    good = run("results", GOOD)
    (good / "models").mkdir()
    (good / "models" / "confirm-none-sparse-best.pt").write_bytes(b"no model")
    (good / "exports" / "labels").mkdir(parents=True)
    write(folder / "others", "unknown-study", [arm("none", 0.4)])

    def damaged(what: str, **changes: Any) -> Path:
        return run("damaged", f"{DAMAGED}-{what}", **changes)

    damaged("open", status="unfinished")
    (damaged("json") / "study.json").write_text('{"study": ')
    (damaged("list") / "study.json").write_text("[]")
    (damaged("bare", status="unfinished") / "study.json").write_text('{"study": "bifurcation"}')
    (damaged("torn") / "per_time" / "confirm.parquet").write_bytes(b"PAR1 torn")
    (damaged("rows") / "trials.parquet").write_bytes(b"PAR1 torn")
    (damaged("log") / "journal.log").write_text('{"op_code": 0}\nspilled coffee\n{}\n')
    held = {"host": "elsewhere", "process": 7, "token": "t", "heartbeat": time.time() + 500.0}
    (damaged("held") / "lock.json").write_text(json.dumps(held))
    (damaged("lock") / "lock.json").write_text("{")
    run("plane", GOOD, dimension=2)
    damaged("word", tracking_uri="http://***@127.0.0.1:1")
    (folder / "tracking").mkdir()
    (folder / "tracking" / "coffee.db").write_bytes(b"spilled coffee" * 100)


def _recordings(folder: Path) -> None:
    data = folder / "data"
    data.mkdir()
    (data / "torn.h5").write_bytes(b"\x89HDF\r\n\x1a\n torn")
    with h5py.File(data / "other-key.h5", "w") as file:
        file["volumes"] = np.zeros((3, 4, 4), np.float32)
    with h5py.File(data / "two-labels.h5", "w") as file:
        file["cells"] = file["nuclei"] = np.ones((3, 4, 4, 4), np.uint8)
    (data / "outer" / "inner").mkdir(parents=True)
    np.save(data / "outer" / "inner" / "t0.npy", np.ones((3, 4, 4), np.uint8))
    (data / "colours").mkdir()
    for number in range(2):
        Image.fromarray(np.arange(60, dtype=np.uint8).reshape(4, 5, 3)).save(data / "colours" / f"m{number}.png")
    with h5py.File(data / "reversed.h5", "w") as file:
        file["sdf_vid"] = np.full((6, 6, 6, 3), -1, np.float32)
        file["sdf_vid"][2:4, 2:4, 2:4] = 1
    with h5py.File(data / "nan.h5", "w") as file:
        file["sdf_vid"] = np.full((12, 12, 12, 3), np.nan, np.float32)
    with h5py.File(data / "open.h5", "w") as file:
        file["sdf_vid"] = np.zeros((6, 8, 9, 7), np.float32)
    tifffile.imwrite(data / "grey.tif", np.random.default_rng(0).random((3, 8, 8, 8)).astype(np.float32))
    tifffile.imwrite(data / "whole.tif", np.ones((3, 8, 8, 8), np.uint16))
    (data / "torn.tif").write_bytes((data / "whole.tif").read_bytes()[:900])
    tifffile.imwrite(data / "channels.tif", np.zeros((3, 2, 8, 8), np.uint16), imagej=True, metadata={"axes": "ZCYX"})
    swapped = np.zeros((4, 8, 8, 8), np.uint16)
    for t in range(4):
        swapped[t, 2:6, 2:6, 1:3], swapped[t, 2:6, 2:6, 5:7] = 1 + t % 2, 2 - t % 2
    np.savez(data / "swapped.npz", labels=swapped)
    np.savez(data / "pieces.npz", labels=(swapped > 0).astype(np.uint8))
    np.savez(data / "noise.npz", labels=np.random.default_rng(0).poisson(200, (3, 8, 8, 8)).astype(np.uint16))
    (data / "times.txt").write_text("0\n2\n1\n")
    (data / "few.txt").write_text("0\n2\n")
    for folder_name, names in (("kinds", ("t0", "t0_mask")), ("positions", ("p1_t1", "p1_t2", "p2_t1"))):
        (data / folder_name).mkdir()
        for name in names:
            tifffile.imwrite(data / folder_name / f"{name}.tif", swapped[0])
    np.save(data / "objects.npy", np.array({"masks": None, "other": Path()}, dtype=object))
    np.savez(data / "arrays.npz", masks=swapped, flows=swapped)
    np.save(data / "flat.npy", swapped[:, 4])
    np.save(data / "plane.npy", (swapped[:, 4] > 0) * np.array([1, 1, 1, 1, 2, 2, 2, 2], np.uint16))
    brief = np.zeros((3, 12, 60), np.uint16)
    for label in range(5):
        brief[:, 3:9, 12 * label + 3 : 12 * label + 9] = label + 1
    np.save(data / "brief.npy", brief)
    tifffile.imwrite(data / "bands.tif", np.zeros((8, 8, 4), np.uint8), photometric="minisblack", planarconfig=1)
    for name, names in (("one-volume", ("z0", "z1")), ("midnight", ("23h50m", "00h10m"))):
        (data / name).mkdir()
        for held in names:
            tifffile.imwrite(data / name / f"{held}.tif", swapped[0, 4])
    for frame in range(2):
        (data / "stacks" / f"{frame}").mkdir(parents=True)
        for plane in range(2):
            tifffile.imwrite(data / "stacks" / f"{frame}" / f"{plane}.tif", swapped[frame, plane])
    (data / "mixed").mkdir()
    for name, frame in (("t0", swapped[0]), ("t1", swapped[0, 4])):
        tifffile.imwrite(data / "mixed" / f"{name}.tif", frame)
    for name, corner in (("here", 0.0), ("there", 9e5)):
        tags = [(33550, 12, 3, (1.0, 1.0, 0.0), True), (33922, 12, 6, (0.0, 0.0, 0.0, corner, 0.0, 0.0), True)]
        keys = (1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32633)
        image = np.arange(64, dtype=np.float32).reshape(8, 8)
        tifffile.imwrite(data / f"{name}.tif", image, extratags=[*tags, (34735, 3, len(keys), keys, True)])
    (data / "torn.mp4").write_bytes(b"no film at all")
    np.savez(data / "empty.npz", labels=np.zeros((3, 8, 8, 8), np.uint16))
    (data / "torn.npz").write_bytes((data / "empty.npz").read_bytes()[:200])
    _unusual_recordings(data)
    (data / "challenge").mkdir()
    (data / "challenge" / "man_track.txt").write_text("1 0 two 0\n")


def _unusual_recordings(data: Path) -> None:
    """Markers without outlines, a size of voxels that a file says, and OME-Zarr that is broken, grey, or of two."""
    z, y, x = np.indices((8, 8, 16))
    tracking = data / "markers" / "01_GT" / "TRA"
    tracking.mkdir(parents=True)
    (data / "markers" / "01").mkdir()
    (tracking / "man_track.txt").write_text("1 0 2 0\n2 0 2 0\n")
    for t in range(3):
        near = [(z - 3) ** 2 + (y - 3) ** 2 + (x - at - t) ** 2 < 4 for at in (3, 10)]
        tifffile.imwrite(tracking / f"man_track{t:03d}.tif", (near[0] + 2 * near[1]).astype(np.uint16))
    cell = np.zeros((3, 8, 8, 8), np.uint16)
    cell[:, 2:6, 2:6, 2:6] = 1
    axes = {"axes": "TZYX", "spacing": 1.0, "unit": "um"}
    tifffile.imwrite(data / "fiji.tif", cell, imagej=True, resolution=(5.0, 5.0), metadata=axes)
    (data / "raw.lif").write_bytes(b"not read")
    for name in ("images", "masks"):
        (data / "segmented" / name).mkdir(parents=True)
        tifffile.imwrite(data / "segmented" / name / "t0.tif", cell[0])
    (data / "images").mkdir()
    tifffile.imwrite(data / "images" / "all.tif", cell[:, 4])
    (data / "matlab").mkdir()
    for number in range(2):
        savemat(data / "matlab" / f"t{number}.mat", {"cells": np.ones((4, 5, 6))})
    plate = zarr.open_group(str(data / "plate.zarr"), mode="w", zarr_format=2)
    plate.attrs.put({"plate": {"wells": [{"path": "A/1"}, {"path": "A/2"}]}})
    for well in ("A/1", "A/2"):
        plate.create_group(well).attrs.put({"well": {"images": [{"path": "0"}]}})
    (data / "torn.zarr").mkdir()
    (data / "torn.zarr" / ".zattrs").write_text("{")
    names = [{"name": name, "type": "time" if name == "t" else "space"} for name in "tzyx"]
    for name, of, gone in (("grey", "float32", False), ("lost", "uint16", True), ("two", "uint16", False)):
        group = zarr.open_group(str(data / f"{name}.zarr"), mode="w", zarr_format=2)
        image = {"multiscales": [{"axes": names, "datasets": [{"path": "0"}]}]}
        group.attrs.put({"labels": ["a", "b"]} if name == "two" else image)
        group.create_array("0", data=cell.astype(of), chunks=(1, 8, 8, 8))
        if gone:
            (data / f"{name}.zarr" / "0" / "1.0.0.0").write_bytes(b"no chunk")


def _cluster_files(folder: Path) -> None:
    clusters = folder / "clusters"
    clusters.mkdir()
    (clusters / "torn.yaml").write_text("provider: {type: aws")
    (clusters / "list.yaml").write_text("- a\n- b\n")
    (clusters / "job.yaml").write_text("apiVersion: ray.io/v1\nkind: RayJob\nspec: {entrypiont: python}\n")
    (clusters / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (clusters / "kinds.yaml").write_text("cluster_name: c\nprovider: {type: aws}\nsetup_commands: [7]\n")
    (clusters / "bare.yaml").write_text("cluster_name: c\nprovider: {type: local, head_ip: a, worker_ips: [b]}\n")


def _configurations(folder: Path) -> None:
    (folder / "configurations").mkdir()
    (folder / "configurations" / "misspelt.yaml").write_text("study: bifurcation\ntirals: 3\n")
    (folder / "configurations" / "kind.toml").write_text('study = "bifurcation"\ntrials = "four"\n')
    (folder / "configurations" / "bomb.yaml").write_text("set: {a: &a [1, *a]}\n")


def content(folder: Path) -> dict[str, str]:
    """Every file and folder with a digest of what it holds."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


def closed_port() -> int:
    """A port at which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
