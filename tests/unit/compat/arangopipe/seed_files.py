"""A graph as arangopipe 0.0.70 left it, with what goes wrong there: written as its exporters write."""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

NOTEBOOK = json.dumps({"cells": [{"source": ["1 + 1"]}], "nbformat": 4})
WEIGHTS = json.dumps([round(0.001 * number, 3) for number in range(8000)])

VERTICES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "project": [
        {"_key": "101", "name": "Home_Value_Assessor"},
        {"_key": "102", "name": "Home_Value_Assessor"},  # registered blindly: a second one of the name
        {"_key": "103", "name": "Wine", "owner": {"team": "cellar"}},
    ],
    "datasets": [
        {"_key": "201", "name": "housing", "description": "prices", "source": "UCI", "tag": "ds_1"},
        {"_key": "202", "name": "wine", "encoded_stats": '{"rows": 178}', "created": 1561234567.25, "empty": None},
        {"_key": "203", "name": "housing", "description": "the loser of a race"},
    ],
    "featuresets": [
        {
            "_key": "301",
            "name": "logs",
            "lat": "float64",
            "pH": "float64",
            "n": "int64",
            "generated_by": "pipe",
            "tag": "x",
        },
        {"_key": "302", "name": "raw", "featurea": "[0, 1]"},
    ],
    "models": [
        {
            "_key": "401",
            "name": "lasso",
            "type": "LASSO regression",
            "tag": "m1",
            "notebook": NOTEBOOK,
            "related_models": "models/402,models/402,models/999",
            "related_datasets": "datasets/202",
        },
        {"_key": "402", "name": "net", "task": "wine", "ML_Spec_Model_Representation": {"a": [1, {"b": None}]}},
        {"_key": "403", "name": "orphan of no project"},
    ],
    "run": [
        {
            "_key": "0ef73d9edf084877",
            "run_id": "0ef73d9edf084877",
            "timestamp": "2019-06-06 12:52:11.190048",
            "deployment_tag": "Deployment_1",
            "tag": "t1",
            "tag_for_deployment": True,
            "pipeline": "P",
        },
        {"_key": "half", "run_id": "half", "timestamp": 1561234567.25, "start_time": "yesterday at noon"},
        {"_key": "x:1,2", "run_id": "x:1,2", "timestamp": "06/06/2019"},
    ],
    "modelparams": [
        {
            "_key": "0ef73d9edf084877",
            "run_id": "0ef73d9edf084877",
            "alpha": 0.5,
            "json_weights": WEIGHTS,
            "space": {"a": 1},
        },
        {"_key": "half", "run_id": "half", "alpha": 1},
        {"_key": "x:1,2", "run_id": "x:1,2"},
        {"_key": "nobody", "run_id": "nobody", "alpha": 7},
    ],
    "devperf": [
        {
            "_key": "0ef73d9edf084877",
            "run_id": "0ef73d9edf084877",
            "rmse": 0.78,
            "timestamp": "2019-06-06 12:52:11.190048",
        },
        {"_key": "x:1,2", "run_id": "x:1,2", "model_bias": {"0": 1.5}, "timestamp": "06/06/2019"},
    ],
    "deployment": [{"_key": "501", "tag": "Deployment_1"}, {"_key": "502", "tag": "never run"}],
    "servingperf": [
        {"_key": "601", "rmse": 0.8, "period": "2019-07-01 to 2019-07-31"},
        {"_key": "602", "rmse": 0.9, "from_date": "2019-08-01 00:00:00", "to_date": "2019-08-31 00:00:00"},
        {"_key": "603", "rmse": 0.7, "period": "an orphan"},
    ],
    "Notebook-Files": [{"_key": "701", "name": "first look", "cells": [1, 2]}],
}

EDGES: Mapping[str, Sequence[tuple[str, str, Mapping[str, Any]]]] = {
    "project_models": [("project/101", "models/401", {}), ("project/103", "models/402", {})],
    "run_models": [
        ("models/401", "run/0ef73d9edf084877", {"_key": "0ef73d9edf084877-401"}),
        ("models/401", "run/half", {"_key": "half-401"}),
        ("models/402", "run/x:1,2", {"_key": "x:1,2-402"}),
    ],
    "run_modelparams": [(f"run/{key}", f"modelparams/{key}", {}) for key in ("0ef73d9edf084877", "x:1,2")],
    "run_datasets": [("run/0ef73d9edf084877", "datasets/201", {}), ("run/x:1,2", "datasets/202", {})],
    "run_featuresets": [("run/0ef73d9edf084877", "featuresets/301", {}), ("run/x:1,2", "featuresets/302", {})],
    "run_devperf": [(f"run/{key}", f"devperf/{key}", {}) for key in ("0ef73d9edf084877", "x:1,2")],
    "featureset_dataset": [
        ("featuresets/301", "datasets/201", {}),
        ("featuresets/302", "datasets/888", {"note": "its data set is deleted"}),
    ],
    "deployment_model": [("deployment/501", "models/401", {})],
    "deployment_modelparams": [("deployment/501", "modelparams/0ef73d9edf084877", {})],
    "deployment_featureset": [("deployment/501", "featuresets/301", {})],
    "deployment_servingperf": [("deployment/501", "servingperf/601", {}), ("deployment/501", "servingperf/602", {})],
    "project_notebook": [
        ("project/101", "Notebook-Files/701", {"_key": "e1", "by": "ada", "at": {"page": 1}}),
        ("project/101", "Notebook-Files/701", {"_key": "e2"}),
    ],
}


def vertices() -> dict[str, list[dict[str, Any]]]:
    return {
        name: [
            {"_id": f"{name}/{document['_key']}", "_rev": f"_r{number}", **document}
            for number, document in enumerate(all_)
        ]
        for name, all_ in VERTICES.items()
    }


def edges() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for name, all_ in EDGES.items():
        for source, target, more in all_:
            key = more.get("_key", f"{source.partition('/')[2]}-{target.partition('/')[2]}")
            whole = {"_id": f"{name}/{key}", "_rev": "_e", "_from": source, "_to": target, **more, "_key": key}
            found.setdefault(name, []).append(whole)
    return found


def documents() -> dict[str, list[dict[str, Any]]]:
    return {**vertices(), **edges()}


def write_dump(folder: Path, *, envelope: bool = False, zipped: bool = True) -> Path:
    """Write what arangodump writes: data and structure of each collection, under a hash."""
    folder.mkdir()
    (folder / "dump.json").write_text('{"database": "pipes"}')
    (folder / "ENCRYPTION").write_text("none")
    for name, all_ in documents().items():
        stem = f"{name}_{hashlib.md5(name.encode()).hexdigest()}"
        (folder / f"{stem}.structure.json").write_text(json.dumps({"parameters": {"name": name}}))
        lines = [json.dumps({"type": 2300, "data": one} if envelope else one) + "\n" for one in all_]
        data = "".join(lines).encode()
        if zipped:
            (folder / f"{stem}.data.json.gz").write_bytes(gzip.compress(data))
        else:
            (folder / f"{stem}.data.json").write_bytes(data)
    return folder


def write_lists(folder: Path) -> Path:
    """Write what arangoexport writes: a list a collection."""
    folder.mkdir()
    for name, all_ in documents().items():
        (folder / f"{name}.json").write_text(json.dumps(all_, indent=1))
    return folder


def write_lines(file: Path) -> Path:
    """Write all documents into one file."""
    lines = [json.dumps(document) for all_ in documents().values() for document in all_]
    file.write_text("\n".join(lines) + "\n")
    return file


def read_lines(folder: Path) -> dict[str, dict[str, Any]]:
    """Read what the export wrote: documents by id."""
    found = {}
    for file in folder.glob("*.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            document = json.loads(line)
            assert document["_id"] == f"{file.stem}/{document['_key']}"
            found[document["_id"]] = document
    return found
