"""Frames and detectors over the API, on scikit-learn's breast cancer data; runs are computed in this process."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from falcon.testing import Result, TestClient

from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.wiring import Arangovis, worker_context
from arangovis.workers.inline import drain

CSV, JSON, FORM = "text/csv", "application/json", "application/x-www-form-urlencoded"
QUICK = {"hidden": "8,4,8", "epochs": 3}


@cache
def cancer() -> tuple[tuple[str, ...], Any, Any]:
    """Return column names, rows by columns, and 1 for benign."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    return tuple(map(str, data.feature_names)), data.data, data.target


def csv_of(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue().encode()


@cache
def benign() -> bytes:
    """Return the benign rows as CSV."""
    names, rows, target = cancer()
    return csv_of(names, rows[target == 1].tolist())


def everything(count: int | None = None) -> bytes:
    """Return the first rows of both kinds as CSV."""
    names, rows, _ = cancer()
    return csv_of(names, rows[:count].tolist())


def row_objects(count: int) -> list[dict[str, float]]:
    """Return the first rows as JSON objects."""
    names, rows, _ = cancer()
    return [dict(zip(names, row, strict=True)) for row in rows[:count].tolist()]


@dataclass
class Detecting:
    """A client, and the service behind it."""

    service: Arangovis
    client: TestClient

    def upload(self, data: bytes, name: str = "rows.csv") -> str:
        result = self.client.simulate_post(
            "/api/v1/uploads", params={"name": name}, body=data, headers={"Content-Type": CSV}
        )
        assert result.status_code in (200, 201), result.text
        return str(result.json["node"])

    def parse(self, source: str, **body: Any) -> str:
        """Parse an upload and return the frame's node."""
        result = self.client.simulate_post("/api/v1/frames", json={"source": source, **body})
        assert result.status_code == 202, result.text
        self.work()
        return self.product(result.json["id"], "dataset")

    def frame(self, data: bytes, name: str = "rows.csv", **body: Any) -> str:
        return self.parse(self.upload(data, name), **body)

    def train(self, frame: str, **body: Any) -> int:
        """Train a small detector and return its integer id."""
        wanted = {"frame": frame, "name": "cancer", "parameters": QUICK, "seed": 7, **body}
        result = self.client.simulate_post("/api/v1/anomaly-models", json=wanted)
        assert result.status_code in (200, 202), result.text
        self.work()
        node = NodeId.parse(self.product(result.json["id"], "model_version"))
        return int(str(self.service.store.get(node).attributes["number"]))

    def score(self, number: int, body: object = None, **query: Any) -> Result:
        params = {name: str(value).lower() for name, value in query.items()}
        return self.client.simulate_post(f"/api/v1/anomaly-models/{number}/score", params=params, json=body)

    def score_csv(self, number: int, data: bytes, *, accept: str = JSON, **query: Any) -> Result:
        params = {name: str(value).lower() for name, value in query.items()}
        headers = {"Content-Type": CSV, "Accept": accept}
        path = f"/api/v1/anomaly-models/{number}/score"
        return self.client.simulate_post(path, params=params, body=data, headers=headers)

    def work(self) -> int:
        return drain(worker_context(self.service))

    def run(self, run: str) -> Mapping[str, Any]:
        attributes: Mapping[str, Any] = self.service.store.get(NodeId.parse(run)).attributes
        return attributes

    def product(self, run: str, kind: str) -> str:
        node = NodeId.parse(run)
        edges = self.service.store.edges_of((node,), Direction.DOWNSTREAM, ("generated",))
        found = [str(edge.id.target) for edge in edges if edge.id.target.kind == kind]
        assert found, self.run(run)
        return found[0]

    def upstream(self, node: str) -> list[tuple[str, Any]]:
        """Return kind, and method or role, of everything upstream."""
        answer = self.client.simulate_get(f"/api/v1/lineage/{node}").json
        facts = [(item["kind"], item["attributes"]) for item in answer["nodes"]]
        return [(kind, found.get("method") or found.get("role") or found.get("name")) for kind, found in facts]
