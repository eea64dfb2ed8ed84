"""Writes the tracking stores that the tests of the import read, with the real mlflow package (version 3.17.2).

    python make.py FOLDER

makes FOLDER/mlflow.db (SQLite), FOLDER/mlruns (files) and FOLDER/tracking.tar.gz of both. They hold the same runs: two
experiments, a parent with two children, histories, data sets, logged and registered models, aliases, and runs that
failed, were killed, go on, or were deleted.
"""

import os
import shutil
import sqlite3
import sys
import tarfile
from pathlib import Path

os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_ALLOW_FILE_STORE": "true"}

import mlflow
from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    Param,
)

START_MS = 1_767_225_600_000


def write(client: MlflowClient, artifacts: str | None) -> None:
    """Write the runs."""
    wine = client.create_experiment("wine quality", artifact_location=artifacts, tags={"team": "cellar"})
    other = client.create_experiment("breast cancer", artifact_location=artifacts)
    client.set_experiment_tag(wine, "mlflow.note.content", "Which wine is it?")
    parent = client.create_run(wine, start_time=START_MS, run_name="sweep", tags={"mlflow.user": "ann"}).info.run_id
    children = [_child(client, wine, parent, number) for number in (1, 2)]
    client.set_terminated(parent, "FINISHED", START_MS + 90_000)
    models = [_model(client, wine, child) for child in children]
    reader = client.create_run(other, start_time=START_MS + 100_000, run_name="evaluation").info.run_id
    client.log_inputs(reader, models=[LoggedModelInput(models[0])])
    client.log_metric(reader, "accuracy", 0.9, START_MS + 101_000, 0)
    client.set_terminated(reader, "FAILED", START_MS + 110_000)
    killed = client.create_run(other, start_time=START_MS + 120_000, run_name="killed").info.run_id
    client.set_terminated(killed, "KILLED", START_MS + 121_000)
    running = client.create_run(other, start_time=START_MS + 130_000, run_name="running").info.run_id
    client.log_batch(running, [Metric("loss", float("nan"), START_MS + 131_000, 0)])
    client.log_metric(running, "loss", float("inf"), START_MS + 132_000, 1)
    gone = client.create_run(other, start_time=START_MS + 140_000, run_name="gone").info.run_id
    client.delete_run(gone)
    _register(client, children, models)


def _child(client: MlflowClient, experiment: str, parent: str, number: int) -> str:
    tags = {
        "mlflow.parentRunId": parent,
        "mlflow.user": "ann",
        "mlflow.source.name": "train.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": "0123456789abcdef0123456789abcdef01234567",
        "mlflow.note.content": f'Child {number}: it\'s a "test"',
        "team": "cellar",
        "größe/é": "15 %",
    }
    start = START_MS + 10_000 * number
    run = client.create_run(experiment, start_time=start, tags=tags, run_name=f"child {number}").info.run_id
    client.log_batch(run, params=[Param("alpha", str(0.1 * number)), Param("kernel", "rbf' OR 1=1 --")])
    for step in range(5):
        at = start + 1_000 * step
        both = {"loss": 1 / (step + number), "val/acc": 0.5 + step / 10}
        client.log_batch(run, [Metric(name, value, at, step) for name, value in both.items()])
    client.log_metric(run, "loss", 0.25, start + 6_000, 2)
    data = [("train", "8f434346"), ("holdout", "fc0bf43e")]
    client.log_inputs(run, [_input(name, digest) for name, digest in data])
    path = Path(client.get_run(run).info.artifact_uri.removeprefix("file://"))
    (path / "plots").mkdir(parents=True, exist_ok=True)
    (path / "plots" / "loss.txt").write_text(f"loss of child {number}\n", encoding="utf-8")
    client.set_terminated(run, "FINISHED", start + 9_000)
    return run


def _input(name: str, digest: str) -> DatasetInput:
    schema = '{"mlflow_colspec": [{"type": "double", "name": "alcohol", "required": true}]}'
    profile = '{"num_rows": 142, "num_elements": 1846}'
    data = Dataset(name, digest, "local", f'{{"uri": "/data/{name}.csv"}}', schema, profile)
    return DatasetInput(data, [InputTag("mlflow.data.context", "training" if name == "train" else "eval")])


def _model(client: MlflowClient, experiment: str, run: str) -> str:
    model = client.create_logged_model(experiment, "wine", run, {"stage": "trial"}, {"depth": "3"}, "sklearn")
    client.log_outputs(run, [LoggedModelOutput(model.model_id, 0)])
    return str(client.finalize_logged_model(model.model_id, "READY").model_id)


def _register(client: MlflowClient, runs: list[str], models: list[str]) -> None:
    client.create_registered_model("wine", {"owner": "ann"}, "Tells wines apart")
    for run, model in zip(runs, models, strict=True):
        client.create_model_version("wine", f"models:/{model}", run, {"checked": "yes"}, model_id=model)
    client.set_registered_model_alias("wine", "champion", "2")
    client.set_registered_model_alias("wine", "challenger", "1")
    client.create_registered_model("never versioned")


def main(folder: Path) -> None:
    """Make both stores."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("mlflow.db", "mlruns", "artifacts"):
        place = folder / name
        if place.is_dir():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
    places = {f"sqlite:///{folder}/mlflow.db": f"file://{folder}/artifacts", f"file://{folder}/mlruns": None}
    for uri, artifacts in places.items():
        mlflow.set_tracking_uri(uri)
        write(MlflowClient(uri, uri), artifacts)
    _pack(folder)


def _pack(folder: Path) -> None:
    """Put both stores into one small file."""
    with sqlite3.connect(folder / "mlflow.db") as database:
        database.execute("PRAGMA page_size = 1024")
        database.execute("VACUUM")
    with tarfile.open(folder / "tracking.tar.gz", "w:gz") as archive:
        for name in ("mlflow.db", "mlruns", "artifacts"):
            archive.add(folder / name, name)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
