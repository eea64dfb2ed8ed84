"""ML Metadata, in its own process's memory, on its SQLite file. Runs where `ml_metadata` can be imported."""

from collections.abc import Iterable
from pathlib import Path

from ml_metadata.metadata_store import ListOptions, OrderByField, metadata_store
from ml_metadata.proto import metadata_store_pb2 as proto

from tests.benchmarks.lineage.workload import PAGE, Query, Run

HOPS = 40


class Target:
    def __init__(self, folder: Path) -> None:
        config = proto.ConnectionConfig()
        config.sqlite.filename_uri = str(folder / "ml_metadata.db")
        config.sqlite.connection_mode = proto.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store = metadata_store.MetadataStore(config)
        self.artifact_type = self.store.put_artifact_type(proto.ArtifactType(name="Artifact"))
        self.run_type = self.store.put_execution_type(proto.ExecutionType(name="Run"))
        self.ids: dict[str, int] = {}

    def add_artifacts(self, keys: Iterable[str]) -> None:
        keys = list(keys)
        ids = self.store.put_artifacts([self._artifact(key) for key in keys])
        self.ids.update(zip(keys, ids, strict=True))

    def commit(self, runs: list[Run]) -> None:
        if len(runs) == 1:
            self._commit_one(runs[0])
            return
        outputs = [self._artifact(run.output) for run in runs]
        places = {run.output: place for place, run in enumerate(runs)}
        edges = []
        for place, run in enumerate(runs):
            for key in run.inputs:
                known = self.ids.get(key)
                event = proto.Event(type=proto.Event.INPUT, artifact_id=known)
                edges.append((place, None if known else places[key], event))
            edges.append((place, place, proto.Event(type=proto.Event.OUTPUT)))
        _, ids, _ = self.store.put_lineage_subgraph([self._run(run) for run in runs], outputs, [], edges)
        self.ids.update((run.output, made) for run, made in zip(runs, ids, strict=True))

    def _commit_one(self, run: Run) -> None:
        pairs = [
            (self._artifact(key, self.ids[key]), proto.Event(type=proto.Event.INPUT, artifact_id=self.ids[key]))
            for key in run.inputs
        ]
        pairs.append((self._artifact(run.output), proto.Event(type=proto.Event.OUTPUT)))
        _, ids, _ = self.store.put_execution(self._run(run), pairs, [])
        self.ids[run.output] = ids[-1]

    def lineage(self, key: str, direction: str) -> tuple[str, object]:
        way = "UPSTREAM" if direction == "up" else "DOWNSTREAM"
        options = proto.LineageSubgraphQueryOptions(
            max_num_hops=HOPS, direction=getattr(proto.LineageSubgraphQueryOptions.Direction, way)
        )
        options.starting_artifacts.filter_query = f"id = {self.ids[key]}"
        return key, self.store.get_lineage_subgraph(options, ["artifacts", "executions", "events"])

    def reached(self, answer: object) -> set[str]:
        assert isinstance(answer, tuple)
        return {artifact.name for artifact in answer[1].artifacts} - {answer[0]}

    def search(self, query: Query) -> object:
        metric = f"custom_properties.{query.metric}.double_value"
        where = (
            f"custom_properties.{query.param}.string_value = '{query.value}'"
            f" AND {metric} >= {query.low} AND {metric} <= {query.high}"
        )
        options = ListOptions(limit=PAGE, order_by=OrderByField.ID, is_asc=False, filter_query=where)
        return self.store.get_executions(options)

    def keys(self, answer: object) -> list[str]:
        assert isinstance(answer, list)
        return [execution.name for execution in answer]

    def close(self) -> None:
        del self.store

    def _artifact(self, key: str, known: int | None = None) -> proto.Artifact:
        return proto.Artifact(id=known, type_id=self.artifact_type, name=key, uri=f"s3://bucket/{key}")

    def _run(self, run: Run) -> proto.Execution:
        execution = proto.Execution(type_id=self.run_type, name=run.key)
        for name, value in run.params.items():
            execution.custom_properties[name].string_value = value
        for name, number in run.metrics.items():
            execution.custom_properties[name].double_value = number
        return execution
