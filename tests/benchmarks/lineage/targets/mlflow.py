"""MLflow's tracking client on its SQLite file, in one process. Runs where `mlflow` can be imported.

A run is six calls, each a transaction of its own, so it is not atomic. Only single commits are measured: to load
the graphs of the other workloads through its client takes from ten minutes to half an hour.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, Metric, Param

from tests.benchmarks.lineage.workload import START_MS, Query, Run


class Target:
    def __init__(self, folder: Path) -> None:
        self.client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
        self.experiment = self.client.create_experiment("benchmark", artifact_location=str(folder / "artifacts"))

    def add_artifacts(self, keys: Iterable[str]) -> None:
        """Data sets come into being with the runs that read them."""

    def commit(self, runs: list[Run]) -> None:
        for run in runs:
            self._commit_one(run)

    def _commit_one(self, run: Run) -> None:
        run_id = self.client.create_run(self.experiment, start_time=START_MS, run_name=run.key).info.run_id
        params = [Param(name, value) for name, value in run.params.items()]
        metrics = [Metric(name, value, START_MS, 0) for name, value in run.metrics.items()]
        self.client.log_batch(run_id, params=params, metrics=metrics)
        read = [Dataset(key, key[-4:], "local", json.dumps({"uri": f"s3://bucket/{key}"})) for key in run.inputs]
        inputs = [DatasetInput(dataset, [InputTag("mlflow.data.context", "input")]) for dataset in read]
        self.client.log_inputs(run_id, datasets=inputs)
        output = self.client.create_logged_model(self.experiment, name=run.output, source_run_id=run_id)
        self.client.log_outputs(run_id, [LoggedModelOutput(output.model_id, 0)])
        self.client.set_terminated(run_id, end_time=START_MS + 1)

    def lineage(self, key: str, direction: str) -> object:
        raise NotImplementedError("not measured")

    def reached(self, answer: object) -> set[str]:
        raise NotImplementedError("not measured")

    def search(self, query: Query) -> object:
        raise NotImplementedError("not measured")

    def keys(self, answer: object) -> list[str]:
        raise NotImplementedError("not measured")

    def close(self) -> None:
        del self.client
