"""The SQLite file of a tracking server, opened for reading only. Tables that came later may be missing.

Runs are read some hundred at a time, each table once for all of them; entries of a metric in the order of their rows,
which is that in which they were logged, so that those of an earlier reading come first again.
"""

import math
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from arangovis.domain.errors import InvalidContent
from arangovis.exchange.mlflow.records import (
    DatasetUse,
    Experiment,
    LoggedModel,
    Measured,
    RegisteredModel,
    RegisteredVersion,
    Skipped,
    TrackedRun,
    model_id_of,
)

RUNS_AT_ONCE = 500
NEEDED = ("experiments", "runs", "params", "tags", "metrics")
_HUGE = sys.float_info.max
"""What the server writes for an infinite number."""

Row = sqlite3.Row
Tags = Mapping[str, str]


class SqliteStore:
    """Reads the file; a server may write it at the same time."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            InvalidContent: it is no SQLite file, or not one of MLflow.

        """
        self.skipped: list[Skipped] = []
        self._connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
        self._connection.row_factory = sqlite3.Row
        try:
            self._tables = {row[0] for row in self._connection.execute("SELECT name FROM sqlite_master")}
        except sqlite3.Error as error:
            self.close()
            raise InvalidContent(f"{path.name} is no SQLite file that can be read: {error}") from error
        missing = [table for table in NEEDED if table not in self._tables]
        if missing:
            self.close()
            raise InvalidContent(f"{path.name} is no store of MLflow: it has no table {', '.join(missing)}")
        self._experiments = {experiment.id: experiment for experiment in self.experiments()}

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def experiments(self) -> Sequence[Experiment]:
        """Return the experiments, those that were deleted too."""
        tags = self._pairs("experiment_tags", "experiment_id")
        return [
            Experiment(
                id=str(row["experiment_id"]),
                name=_in_workspace(row, row["name"]),
                lifecycle=row["lifecycle_stage"],
                artifact_location=row["artifact_location"],
                tags=tags.get(row["experiment_id"], {}),
            )
            for row in self._rows("SELECT * FROM experiments ORDER BY experiment_id")
        ]

    def count(self) -> int:
        """Return how many runs there are."""
        return int(self._rows("SELECT count(*) FROM runs")[0][0])

    def runs(self) -> Iterator[TrackedRun]:
        """Yield the runs, the oldest first."""
        ids = [row[0] for row in self._rows("SELECT run_uuid FROM runs ORDER BY start_time, rowid")]
        for start in range(0, len(ids), RUNS_AT_ONCE):
            yield from self._some_runs(ids[start : start + RUNS_AT_ONCE])

    def _some_runs(self, ids: Sequence[str]) -> Iterator[TrackedRun]:
        wanted = orjson.dumps(ids)
        rows = {row["run_uuid"]: row for row in self._rows(_RUNS, wanted)}
        params, tags = (self._pairs(table, "run_uuid", wanted) for table in ("params", "tags"))
        metrics, data = self._metrics(wanted), self._data(wanted)
        for run_id in ids:
            row = rows[run_id]
            yield TrackedRun(
                id=run_id,
                experiment=self._experiment(row["experiment_id"]),
                name=_get(row, "name"),
                status=row["status"],
                lifecycle=row["lifecycle_stage"],
                start=row["start_time"],
                end=row["end_time"],
                user=row["user_id"],
                artifact_uri=row["artifact_uri"],
                source={name: row[name] for name in _SOURCE if row[name]},
                params=params.get(run_id, {}),
                tags=tags.get(run_id, {}),
                metrics=metrics.get(run_id, {}),
                data=data.get(run_id, ()),
            )

    def _metrics(self, wanted: bytes) -> Mapping[str, Mapping[str, list[Measured]]]:
        found: dict[str, dict[str, list[Measured]]] = defaultdict(lambda: defaultdict(list))
        for run_id, key, timestamp, value, step, is_nan in self._rows(_METRICS, wanted):
            found[run_id][key].append(Measured(timestamp, _number(value, is_nan=is_nan), step))
        return found

    def _data(self, wanted: bytes) -> Mapping[str, list[DatasetUse]]:
        found: dict[str, list[DatasetUse]] = defaultdict(list)
        if not {"datasets", "inputs", "input_tags"} <= self._tables:
            return found
        for row in self._rows(_DATA, wanted):
            found[row["run_uuid"]].append(
                DatasetUse(
                    name=row["name"],
                    digest=row["digest"],
                    source_type=row["dataset_source_type"],
                    source=row["dataset_source"],
                    schema=row["dataset_schema"],
                    profile=row["dataset_profile"],
                    context=row["context"] or "",
                )
            )
        return found

    def logged_models(self) -> Iterator[LoggedModel]:
        """Yield the models that runs logged, with the runs that read them."""
        if "logged_models" not in self._tables:
            return
        params = self._pairs("logged_model_params", "model_id", key="param_key", value="param_value")
        tags = self._pairs("logged_model_tags", "model_id", key="tag_key", value="tag_value")
        metrics, readers = self._model_metrics(), self._model_readers()
        for row in self._rows("SELECT * FROM logged_models ORDER BY creation_timestamp_ms, rowid"):
            model_id = row["model_id"]
            if row["lifecycle_stage"] != "active":
                self.skipped.append(Skipped("logged model", model_id, "deleted in MLflow"))
                continue
            yield LoggedModel(
                id=model_id,
                experiment=self._experiment(row["experiment_id"]),
                name=row["name"],
                model_type=row["model_type"],
                source_run=row["source_run_id"],
                artifact_location=row["artifact_location"],
                params=params.get(model_id, {}),
                tags=tags.get(model_id, {}),
                metrics=metrics.get(model_id, {}),
                read_by=readers.get(model_id, ()),
            )

    def _model_metrics(self) -> Mapping[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = defaultdict(dict)
        query = "SELECT * FROM logged_model_metrics ORDER BY metric_step, metric_timestamp_ms, rowid"
        for row in self._rows(query):
            found[row["model_id"]][row["metric_name"]] = _number(row["metric_value"])
        return found

    def _model_readers(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        query = "SELECT source_id, destination_id FROM inputs WHERE source_type = ? AND destination_type = ?"
        for row in [*self._rows(query, "RUN_INPUT", "MODEL_INPUT")]:
            found[row["destination_id"]].append(row["source_id"])
        return found

    def registered_models(self) -> Iterator[RegisteredModel]:
        """Yield the registered models."""
        if "registered_models" not in self._tables:
            return
        versions: dict[Any, list[RegisteredVersion]] = defaultdict(list)
        version_tags = self._pairs("model_version_tags", "name", "version")
        for row in self._rows("SELECT * FROM model_versions ORDER BY version"):
            versions[_named(row)].append(_version(row, version_tags.get((_named(row), row["version"]), {})))
        tags = self._pairs("registered_model_tags", "name")
        aliases = self._pairs("registered_model_aliases", "name", key="alias", value="version")
        for row in self._rows("SELECT * FROM registered_models ORDER BY name"):
            name = _named(row)
            yield RegisteredModel(
                name=name,
                description=row["description"],
                tags=tags.get(name, {}),
                aliases=aliases.get(name, {}),
                versions=versions[name],
            )

    def _experiment(self, number: object) -> Experiment:
        found = self._experiments.get(str(number))
        return found or Experiment(str(number), f"experiment {number}", "active", None)

    def _pairs(
        self, table: str, owner: str, *more: str | bytes, key: str = "key", value: str = "value"
    ) -> Mapping[Any, dict[str, str]]:
        """Return the keys and values of each owner in a table; none if there is no such table."""
        found: dict[Any, dict[str, str]] = defaultdict(dict)
        if table not in self._tables:
            return found
        wanted = [one for one in more if isinstance(one, bytes)]
        parts = [one for one in more if isinstance(one, str)]
        condition = f" WHERE {_AMONG}" if wanted else ""
        for row in self._rows(f"SELECT * FROM {table}{condition}", *wanted):  # noqa: S608 - names of ours
            name = _named(row) if owner == "name" else row[owner]
            found[(name, *(row[part] for part in parts)) if parts else name][row[key]] = str(row[value] or "")
        return found

    def _rows(self, query: str, *values: object) -> list[Any]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise InvalidContent(f"the store of MLflow cannot be read: {error}") from error


_AMONG = "run_uuid IN (SELECT value FROM json_each(?))"
_RUNS = "SELECT * FROM runs WHERE run_uuid IN (SELECT value FROM json_each(?))"
_METRICS = """
    SELECT run_uuid, key, timestamp, value, step, is_nan FROM metrics
    WHERE run_uuid IN (SELECT value FROM json_each(?)) ORDER BY rowid"""
_DATA = """
    SELECT i.destination_id AS run_uuid, d.*, t.value AS context FROM inputs i
    JOIN datasets d ON d.dataset_uuid = i.source_id
    LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
    WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN'
    AND i.destination_id IN (SELECT value FROM json_each(?)) ORDER BY i.rowid"""
_SOURCE = ("source_type", "source_name", "entry_point_name", "source_version")


def _version(row: Row, tags: Tags) -> RegisteredVersion:
    return RegisteredVersion(
        version=str(row["version"]),
        run=row["run_id"] or None,
        model_id=model_id_of(row["source"]),
        stage=row["current_stage"],
        status=row["status"],
        source=row["source"],
        description=row["description"],
        user=row["user_id"],
        tags=tags,
    )


def _number(value: float | None, *, is_nan: object = False) -> float:
    if value is None or is_nan:
        return math.nan
    return math.copysign(math.inf, value) if abs(value) >= _HUGE else float(value)


def _named(row: Row) -> str:
    return _in_workspace(row, row["name"])


def _in_workspace(row: Row, name: str) -> str:
    """Return a name with that of its workspace, unless it is the usual one."""
    workspace = _get(row, "workspace")
    return name if workspace in (None, "", "default") else f"{workspace}/{name}"


def _get(row: Row, name: str) -> str | None:
    return row[name] if name in row.keys() else None  # noqa: SIM118 - a row is no mapping
