"""The page's service in small, for developing the page alone: `python web/dev/fixture_server.py`, then `npm run dev`.

It answers the routes that the page reads, from scikit-learn's digits projected with PCA, and serves the built page.
Nothing is stored; every start gives the same answers. `--scenario` shows the page's other states.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa

STATIC = Path(__file__).resolve().parents[2] / "api" / "arangovis_api" / "static"
SCENARIOS = ("normal", "empty", "error", "token", "slow", "large", "defaults")
CSP = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
NOON = 1_800_000_000_000_000
MINUTE = 60_000_000
LARGE_ROWS = 100_000

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """A body and how it is sent."""

    body: bytes
    media_type: str = "application/json"
    status: int = 200


def node(node_id: str, attributes: Json, *, actor: str = "anna", at: int = NOON) -> dict[str, Any]:
    """Return a node as the API writes it."""
    version = {"number": 1, "valid_from": at, "valid_to": None, "actor": actor, "deleted": False}
    return {
        "id": node_id,
        "kind": node_id.split("/", maxsplit=1)[0],
        "project": "handwriting",
        "attributes": attributes,
        "version": {**version, "request_id": "0f5d3a", "action_id": "a1"},
        "created": at,
    }


def params(revision: int, neighbours: int, *, actor: str, at: int) -> dict[str, Any]:
    """Return a revision of the parameters."""
    return node(
        f"params/{revision:032x}",
        {
            "method": "umap",
            "revision": revision,
            "values": {"n_neighbours": neighbours, "min_dist": 0.1, "n_components": 2, "metric": "euclidean"},
            "options": {"production_data_sample_size": 1000, "visualization_metrics": ["global_score"]},
        },
        actor=actor,
        at=at,
    )


def run(number: int, neighbours: int, *, at: int) -> dict[str, Any]:
    """Return a finished projection, as the worker left it."""
    attributes = {
        "method": "projection.umap",
        "state": "SUCCESS",
        "executor": "worker",
        "attempt": 1,
        "seed": 42,
        "params": {"n_neighbours": neighbours, "min_dist": 0.1, "n_components": 2, "metric": "euclidean"},
        "metrics": {"global_score": 0.9312, "sammon_error": 0.214},
        "environment": {"engine": "umap-learn 0.5.12"},
        "started": at - 3_420_000,
        "ended": at,
    }
    return node(f"run/0199a2b4-77de-7c31-9f10-4d2e8ab1c0{number:02d}", attributes, actor="worker-1", at=at)


FIRST, SECOND = params(1, 15, actor="anna", at=NOON - 90 * MINUTE), params(2, 30, actor="bruno", at=NOON - 20 * MINUTE)
RUNS = [run(2, 30, at=NOON), run(1, 15, at=NOON - 80 * MINUTE)]
MODEL = node(
    "model_version/9c1b2d4e5f60718293a4b5c6d7e8f901",
    {"name": "digits", "version": "2", "number": 2, "model": "model/77", "signature": {"inputs": [], "outputs": []}},
    at=NOON - 100 * MINUTE,
)
STREAM = node(
    "dataset/1f2e3d4c5b6a79880102030405060708",
    {"name": "digits production", "form": "stream", "rows": 1297, "segments": 3},
    actor="gateway",
    at=NOON - 30 * MINUTE,
)
SAMPLE = node(
    "dataset/aa2e3d4c5b6a79880102030405060708",
    {"name": "sample of digits production", "form": "snapshot", "rows": 1000, "seed": 42, "generation": 0},
    at=NOON - 19 * MINUTE,
)
TRAINING = node(
    "dataset/bb2e3d4c5b6a79880102030405060708",
    {"name": "digits training", "form": "table", "rows": 500, "digest": "5d" * 32},
    at=NOON - 110 * MINUTE,
)
FIT = node(
    "run/0199a1f0-11aa-7c31-9f10-4d2e8ab1c0ff",
    {
        "method": "training",
        "name": "train digits classifier",
        "state": "SUCCESS",
        "executor": "external",
        "params": {"hidden_layer": 32, "learning_rate": 0.001},
        "started": NOON - 105 * MINUTE,
        "ended": NOON - 101 * MINUTE,
    },
    at=NOON - 101 * MINUTE,
)
SPEC = node(
    "metric_spec/cc2e3d4c5b6a79880102030405060708",
    {"name": "anomaly_score", "threshold": 0.3, "operation": "LessEq", "model_version": MODEL["id"]},
)
NEIGHBOURS = node(
    "artifact/0199a2b4-77dd-7000-9f10-000000000001",
    {"role": "neighbours", "digest": "aa" * 32, "bytes": 1_204_112, "media_type": "application/octet-stream"},
    actor="worker-1",
)


def plot_of(number: int) -> dict[str, Any]:
    """Return the plot of a run."""
    attributes = {
        "role": "plot",
        "digest": "bb" * 32,
        "bytes": 84_512,
        "media_type": "application/vnd.apache.arrow.stream",
    }
    at = RUNS[number]["created"]
    return node(f"artifact/0199a2b4-77df-7000-9f10-00000000001{number}", attributes, actor="worker-1", at=at)


PLOTS = [plot_of(0), plot_of(1)]


def edge(kind: str, source: Json, target: Json, role: str = "") -> Json:
    """Return an edge as the API writes it."""
    ends = {"kind": kind, "from": source["id"], "to": target["id"], "role": role}
    return {**ends, "attributes": {}, "since": NOON - 3 * MINUTE, "actor": "bruno"}


def origin(number: int, *, defaults: bool) -> tuple[list[tuple[int, Json]], list[Json]]:
    """Return the lineage of a plot: nodes with depths, and edges."""
    made_by, plot = RUNS[number], PLOTS[number]
    used = [] if defaults else [(2, SECOND if number == 0 else FIRST)]
    inputs = [(2, MODEL), *used, (2, SAMPLE), (2, TRAINING), (2, SPEC)]
    nodes = [(0, plot), (1, made_by), *inputs, (3, STREAM), (3, FIT)]
    roles = {"params": "params", "metric_spec": "metric", "model_version": "model"}
    edges = [edge("generated", made_by, plot, "plot"), edge("derived_into", STREAM, SAMPLE)]
    for _, item in inputs:
        role = "training" if item is TRAINING else roles.get(item["kind"], "production")
        edges.append(edge("input_to", item, made_by, role))
    edges += [edge("generated", FIT, MODEL, "model"), edge("input_to", TRAINING, FIT, "training")]
    return nodes, edges


@cache
def plot_bytes(rows: int | None) -> bytes:
    """Return the plot file: digits under PCA, or many jittered copies of them."""
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression

    data, labels = load_digits(return_X_y=True)
    model = LogisticRegression(max_iter=200).fit(data[:500], labels[:500])
    projection = PCA(2, random_state=0).fit(data)
    order = np.arange(500, 1797) if rows is None else np.random.default_rng(0).integers(500, 1797, rows)
    chosen = np.concatenate([np.arange(500), order])
    jitter = 0.0 if rows is None else np.random.default_rng(1).normal(0, 1.5, (len(chosen), 2))
    places = (projection.transform(data)[chosen] + jitter).astype(np.float32)
    reconstruction = projection.inverse_transform(projection.transform(data))
    score = np.linalg.norm(data - reconstruction, axis=1)[chosen] / 90
    confidence = model.predict_proba(data).max(axis=1)[chosen]
    is_training = np.arange(len(chosen)) < 500
    lacks_score = is_training | (np.arange(len(chosen)) % 37 == 0)
    table = pa.table(
        {
            "x": places[:, 0],
            "y": places[:, 1],
            "id": [f"{'train' if i < 500 else 'req'}-{i:05d}" for i in range(len(chosen))],
            "set": np.where(is_training, "training", "production"),
            "class": pa.array(model.predict(data)[chosen], mask=is_training),
            "confidence": pa.array(confidence, mask=is_training),
            "anomaly_score": pa.array(score, mask=lacks_score),
        }
    )
    columns = {
        "class": {"coloring_type": "class", "source": "output"},
        "confidence": {"coloring_type": "gradient", "source": "output"},
        "anomaly_score": {
            "coloring_type": "gradient",
            "source": "metric",
            "threshold": 0.3,
            "operation": "LessEq",
        },
    }
    facts = json.dumps({"method": "umap", "columns": columns})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema.with_metadata({"arangovis": facts})) as writer:
        writer.write_table(table.replace_schema_metadata({"arangovis": facts}))
    return bytes(sink.getvalue().to_pybytes())


def revision(item: Json, runs: list[Json], *, current: bool) -> Json:
    """Return a row of the parameter history."""
    version = item["version"]
    return {
        "node": item["id"],
        "revision": item["attributes"]["revision"],
        "values": item["attributes"]["values"],
        "options": item["attributes"]["options"],
        "actor": version["actor"],
        "at": version["valid_from"],
        "runs": [run["id"] for run in runs],
        "current": current,
    }


def answer(path: str, scenario: str) -> Answer | None:
    """Return what the API answers at a path, or None."""
    parts = path.removeprefix("/api/v1/").split("/")
    if scenario == "error" and parts[0] == "artifacts":
        problem = {"title": "Erased", "status": 410, "detail": "The bytes of this plot were erased on request."}
        return Answer(json.dumps({**problem, "request_id": "7c9e6679"}).encode(), "application/problem+json", 410)
    if parts[0] == "artifacts":
        return Answer(plot_bytes(LARGE_ROWS if scenario == "large" else None), "application/vnd.apache.arrow.stream")
    routes: dict[str, Callable[[list[str], str], Json | None]] = {
        "runs": lambda _, which: {"items": [] if which == "empty" else RUNS, "next_cursor": None},
        "lineage": lineage,
        "model-versions": revisions,
    }
    found = routes[parts[0]](parts, scenario) if parts[0] in routes else None
    return None if found is None else Answer(json.dumps(found).encode())


def lineage(parts: list[str], scenario: str) -> Json | None:
    """Return the lineage of a plot, or the surroundings of a run."""
    start = "/".join(parts[1:])
    for number, (made_by, plot) in enumerate(zip(RUNS, PLOTS, strict=True)):
        nodes, edges = origin(number, defaults=scenario == "defaults")
        if start in {made_by["id"], plot["id"]}:
            return {
                "start": start,
                "nodes": [{**item, "depth": depth} for depth, item in nodes],
                "edges": edges,
                "partial": False,
                "partial_reasons": [],
            }
    return None


def revisions(_: list[str], scenario: str) -> Json:
    """Return the parameter history."""
    items = [revision(SECOND, RUNS[:1], current=True), revision(FIRST, RUNS[1:], current=False)]
    return {"items": [] if scenario == "defaults" else items}


class Handler(BaseHTTPRequestHandler):
    """GET only."""

    def __init__(self, scenario: str, *args: Any) -> None:
        self.scenario = scenario
        super().__init__(*args)

    def do_GET(self) -> None:
        """Answer from the fixtures, or with a file of the built page."""
        path = urlsplit(self.path).path
        if self.scenario == "slow" and path.startswith("/api/"):
            time.sleep(60)
        if not path.startswith("/api/"):
            self.send(self.file(path))
        elif self.scenario == "token" and self.headers["Authorization"] != "Bearer secret":
            self.send(Answer(b'{"title": "Unauthorized", "status": 401}', "application/problem+json", 401))
        else:
            self.send(answer(path, self.scenario))

    def file(self, path: str) -> Answer | None:
        """Return a file of the built page."""
        file = (STATIC / (path.lstrip("/") or "index.html")).resolve()
        if not file.is_file() or not file.is_relative_to(STATIC):
            return None
        return Answer(file.read_bytes(), guess_type(file.name)[0] or "application/octet-stream")

    def send(self, found: Answer | None) -> None:
        """Write an answer."""
        found = found or Answer(b'{"title": "Not found", "status": 404}', "application/problem+json", 404)
        self.send_response(found.status)
        self.send_header("Content-Type", found.media_type)
        self.send_header("Content-Length", str(len(found.body)))
        self.send_header("Content-Security-Policy", CSP)
        self.end_headers()
        self.wfile.write(found.body)

    def log_message(self, *_: Any) -> None:
        """Keep the terminal quiet."""


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--scenario", choices=SCENARIOS, default="normal")
    arguments = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), partial(Handler, arguments.scenario))
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
