"""Frames and detectors through the REST API, whether it is a server's or in this process."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import numpy.typing as npt
import orjson

from arangovis.client.problems import json_of, raise_for
from arangovis.client.tables import Table, table_bytes
from arangovis.client.transport import Transport
from arangovis.client.values import AnyVersion, microseconds, node_id, version_number
from arangovis.domain.errors import Cancelled, ComputeFailed
from arangovis.domain.ids import NodeId

API = "/api/v1"
WAIT_DEFAULT_S = 3600.0
CSV = "text/csv"
_JSON = {"Content-Type": "application/json"}
_BYTES = {"Content-Type": "application/octet-stream"}
Turn = Callable[[NodeId, float], None]


@dataclass(frozen=True, slots=True)
class TrainedDetector:
    """A detector: its integer id, its node, and the run that trained it."""

    number: int
    node: NodeId
    run: NodeId


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """What scoring answered. `rows` are as the REST API has them; `run` is None unless they were kept."""

    rows: Sequence[Mapping[str, Any]]
    threshold: float | None
    metrics: Mapping[str, Any]
    warnings: Sequence[Mapping[str, Any]]
    run: NodeId | None

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        """The scores, float64 (rows,); NaN for a row that could not be scored."""
        return np.array([np.nan if row["score"] is None else row["score"] for row in self.rows], dtype=np.float64)

    @property
    def anomalies(self) -> npt.NDArray[np.bool_]:
        """Whether each row is odd, bool (rows,)."""
        return np.array([row["is_anomaly"] for row in self.rows], dtype=np.bool_)


class Anomaly:
    """Frames, and detectors that learn from them. All calls raise the errors of `arangovis.domain.errors`."""

    def __init__(self, transport: Transport, turn: Turn) -> None:
        self._transport = transport
        self._turn = turn

    def frame(
        self,
        source: str | Path | bytes,
        name: str | None = None,
        *,
        project: str | None = None,
        setup: Mapping[str, Any] | None = None,
        strict: bool = False,
    ) -> NodeId:
        """Upload a file (CSV, Parquet or Arrow, packed or not), parse it, and return the frame.

        Args:
            source: the path of a file, or its bytes.
            name: of the frame; the file's if left out.
            project: the name of a project.
            setup: how to read it, such as `{"separator": ";"}`; the rest is guessed.
            strict: fail where something of the file would be lost.

        Raises:
            InvalidContent: it is empty, has a column twice, or is no table.
            ComputeFailed: it could not be parsed.

        """
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
        called = name or ("rows" if isinstance(source, bytes) else Path(source).name)
        query = {"name": called, **({} if project is None else {"project": project})}
        path = f"{API}/uploads?{urlencode(query)}"
        upload = json_of(self._transport.send("POST", path, body=data, headers=_BYTES))
        body = {"source": upload["node"], "name": called, "setup": dict(setup or {}), "strict": strict}
        run = self._finished(self._post("/frames", body)["id"])
        return self._product(run, "dataset")

    def rows(self, frame: NodeId | str, *, page_rows: int = 1000) -> Iterator[Mapping[str, Any]]:
        """Yield the rows of a frame or of stored scores."""
        path, cursor = f"/frames/{node_id(frame, 'dataset').key}/rows", "0"
        while cursor is not None:
            page = self._get(f"{path}?{urlencode({'limit': page_rows, 'cursor': cursor})}")
            yield from page["items"]
            cursor = page["next_cursor"]

    def describe(self, frame: NodeId | str) -> Mapping[str, Any]:
        """Return what is known of a frame: columns with their types and figures, and warnings."""
        found: Mapping[str, Any] = self._get(f"/frames/{node_id(frame, 'dataset').key}")
        return found

    def train(
        self,
        frame: NodeId | str,
        name: str,
        *,
        detector: str = "autoencoder",
        parameters: Mapping[str, Any] | None = None,
        seed: int = 0,
        ignored: Sequence[str] = (),
    ) -> TrainedDetector:
        """Train a detector on a frame, or find the one that equal arguments made.

        Raises:
            InvalidInput: a parameter is outside its limits, or an ignored column is none.
            ComputeFailed: the training failed.

        """
        body = {"frame": str(frame), "name": name, "detector": detector, "seed": seed, "ignored": list(ignored)}
        asked = self._post("/anomaly-models", {**body, "parameters": dict(parameters or {})})
        run = self._finished(asked["id"])
        node = self._product(run, "model_version")
        number = self._get(f"/nodes/{node}")["attributes"]["number"]
        return TrainedDetector(number, node, run)

    def score(self, number: int, rows: Table | bytes, **options: Any) -> ScoredRows:
        """Score rows. Nothing is stored unless `persist=True`.

        Args:
            number: the detector's integer id.
            rows: a table, or the bytes of a CSV file.
            options: `squared_errors`, `reconstruction`, `strict`, `persist` (truths), `layers` (a list), `top`, `name`.
                With `persist`, when the rows are from: `period_start` and `period_end` (times), or `time_column`.

        Raises:
            InvalidContent: the rows do not fit; with `strict` also where something would count as missing.

        """
        body, media = (rows, CSV) if isinstance(rows, bytes) else table_bytes(rows)
        headers = {"Content-Type": media, "Accept": "application/json"}
        query = urlencode({name: _option(value) for name, value in options.items()})
        path = f"{API}/anomaly-models/{int(number)}/score?{query}"
        answer = json_of(self._transport.send("POST", path, body=body, headers=headers))
        run = None if answer["run"] is None else NodeId.parse(answer["run"])
        return ScoredRows(answer["rows"], answer["threshold"], answer["metrics"], answer["warnings"], run)

    def attach(
        self, number: int, version: AnyVersion, name: str = "anomaly", *, threshold: float | None = None
    ) -> NodeId:
        """Make a detector a monitoring metric of a model version; its threshold holds unless one is given.

        Projections show its scores of production rows that bring no column of this name.

        Raises:
            NotFound: there is no such detector or model version.
            AlreadyExists: there is another metric of this name.

        """
        body = {"model_version": version_number(version), "name": name, "threshold": threshold}
        return NodeId.parse(self._post(f"/anomaly-models/{int(number)}/attach", body)["node"])

    def export(self, number: int) -> bytes:
        """Return a detector as a zip that scores anywhere; it is kept as an artifact too."""
        self._post(f"/anomaly-models/{int(number)}/export", {})
        return raise_for(self._transport.send("GET", f"{API}/anomaly-models/{int(number)}/export")).body

    def prediction(self, run: NodeId | str) -> NodeId:
        """Return the data set of scores that a scoring run made."""
        return self._product(node_id(run, "run"), "dataset")

    def _finished(self, key: str) -> NodeId:
        run, deadline = NodeId.parse(key), time.monotonic() + WAIT_DEFAULT_S
        while True:
            found = self._get(f"/runs/{run.key}")["attributes"]
            state, message = found["state"], found.get("message") or f"{run} failed"
            if state == "SUCCESS":
                return run
            if state == "CANCELLED":
                raise Cancelled(message)
            left = deadline - time.monotonic()
            if state not in ("PENDING", "STARTED") or left < 0:
                raise ComputeFailed(message if left >= 0 else f"{run} is not done in time")
            self._turn(run, left)

    def _product(self, run: NodeId, kind: str) -> NodeId:
        answer = self._get(f"/lineage/{run}?{urlencode({'direction': 'downstream', 'depth': 1})}")
        made = [edge["to"] for edge in answer["edges"] if edge["kind"] == "generated"]
        return next(node for node in map(NodeId.parse, made) if node.kind == kind)

    def _get(self, path: str) -> Any:
        return json_of(self._transport.send("GET", f"{API}{path}"))

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        return json_of(self._transport.send("POST", f"{API}{path}", body=orjson.dumps(body), headers=_JSON))


def _option(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return str(microseconds(value))
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
