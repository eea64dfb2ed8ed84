"""A client of hydro-visualization before a service whose jobs are computed in this process; rows are real digits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
from falcon.testing import Result, TestClient

from arangovis.domain.catalogue import ModelVersion, Signature
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run
from arangovis.tabular import read_rows
from arangovis.wiring import Arangovis, worker_context
from arangovis.workers.inline import drain
from tests.backends import overwrite

BASE = "/visualization"
PREPARER = Caller("preparer", "test")
ARROW = "application/vnd.apache.arrow.stream"

CLASS = {"name": "class", "shape": [], "dtype": "int64", "profile": "NOMINAL"}
CONFIDENCE = {"name": "confidence", "shape": [], "dtype": "double", "profile": "NUMERICAL"}
SOURCE = {"name": "source", "shape": [], "dtype": "string", "profile": "NONE"}
EMBEDDING = {"name": "embedding", "shape": [1, 64], "dtype": "float32", "profile": "NONE"}
IMAGE = {"name": "image", "shape": [8, 8], "dtype": "float32", "profile": "IMAGE"}
DIGITS = {"inputs": [IMAGE], "outputs": [EMBEDDING, CLASS, CONFIDENCE, SOURCE]}

Columns = dict[str, Any]


@cache
def _images() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    from sklearn.datasets import load_digits

    data = load_digits()
    return data.data.astype(np.float32), data.target.astype(np.int64)


def digits(start: int, end: int) -> Columns:
    """Return the columns of production rows: digits of these positions, with what a model and its monitors say."""
    images, targets = _images()
    part = images[start:end]
    return {
        "_id": [f"{number:024x}" for number in range(start, end)],
        "embedding": list(part),
        "class": targets[start:end].tolist(),
        "confidence": (0.5 + part.mean(axis=1) / 32).astype(float).tolist(),
        "source": ["scanner" if number % 2 else "phone" for number in range(start, end)],
        "anomaly": part.std(axis=1).astype(float).tolist(),
    }


def training_digits(start: int, end: int) -> Columns:
    """Return the columns of training rows."""
    images, targets = _images()
    return {"embedding": list(images[start:end]), "class": targets[start:end].tolist()}


def embeddings(start: int, end: int) -> npt.NDArray[np.float32]:
    """Return the embeddings of `digits`."""
    return _images()[0][start:end]


@dataclass(frozen=True)
class World:
    """A service, and the client before it."""

    service: Arangovis
    client: TestClient

    # --- preparing --------------------------------------------------------------------------------------------

    def model(
        self,
        name: str = "digits",
        *,
        production: Columns | None = None,
        training: Columns | None = None,
        signature: Mapping[str, Any] = DIGITS,
        metric: bool = False,
    ) -> int:
        """Register a model version with its data; return its id."""
        catalogue = self.service.catalogue
        catalogue.register_project("demo", PREPARER)
        catalogue.register_model("demo", name, PREPARER)
        number = catalogue.register_version("demo", name, Signature.of(signature), PREPARER).number
        if metric:
            self.metric(number, "anomaly")
        if production is not None:
            self.send(number, production)
        if training is not None:
            self.service.datasets.put_training(self.version(number), rows_of(training), PREPARER)
        return number

    def version(self, number: int) -> ModelVersion:
        return self.service.catalogue.version(number)

    def metric(self, number: int, name: str, *, threshold: float = 6.0, operation: str = "Less") -> None:
        self.service.catalogue.register_metric_spec(number, name, PREPARER, threshold=threshold, operation=operation)

    def send(self, number: int, production: Columns) -> None:
        """Append production rows."""
        self.service.datasets.append_production(self.version(number), rows_of(production), PREPARER)

    # --- asking -----------------------------------------------------------------------------------------------

    def get(self, path: str, query: str = "", **headers: str) -> Result:
        return self.client.simulate_get(BASE + path, query_string=query, headers=headers)

    def post(self, path: str, body: object = None, query: str = "", **headers: str) -> Result:
        sent = {} if body is None else {"json": body}
        return self.client.simulate_post(BASE + path, query_string=query, headers=headers or None, **sent)

    def start(self, number: int, method: str = "pca") -> str:
        """Ask for a plot; return the task."""
        return task_of(self.post(f"/plottable_embeddings/{method}", {"model_version_id": number}))

    def restart(self, number: int, method: str = "pca", **body: object) -> str:
        """Ask for a plot anew; return the task."""
        return task_of(self.post(f"/jobs/{method}", {"model_version_id": number, **body}))

    def set_params(self, number: int, parameters: Mapping[str, object], method: str = "pca", **body: object) -> None:
        answer = self.post(f"/params/{method}", {"model_version_id": number, "parameters": parameters, **body})
        assert answer.status_code == 200, answer.text

    def poll(self, task: str, **headers: str) -> Result:
        return self.get("/jobs", f"task_id={task}", **headers)

    def work(self) -> int:
        """Compute everything that waits; return how many jobs there were."""
        return drain(worker_context(self.service))

    def finished(self, task: str) -> dict[str, Any]:
        """Compute what waits and return the answer of a task that must have succeeded."""
        self.work()
        answer = self.poll(task)
        assert answer.status_code == 200, answer.text
        loaded: dict[str, Any] = strict(answer.content)
        assert loaded["state"] == "SUCCESS", answer.text
        return loaded

    def plot(self, number: int, method: str = "pca") -> dict[str, Any]:
        """Ask for a plot and return its result."""
        result: dict[str, Any] = self.finished(self.start(number, method))["result"]
        return result

    # --- looking into the graph -------------------------------------------------------------------------------

    def run(self, task: str) -> Run:
        return self.service.runs.get(NodeId("run", task))

    def runs(self) -> int:
        """Count all runs."""
        from arangovis.domain.search import Search

        return len(self.service.store.search(Search("run", limit=1000)).items)

    def read(self, task: str) -> set[tuple[str, str]]:
        """Return what a run read, as (role, node id)."""
        edges = self.service.store.edges_of((NodeId("run", task),), Direction.UPSTREAM, ("input_to",))
        return {(edge.id.role, str(edge.id.source)) for edge in edges}

    def made(self, task: str) -> dict[str, str]:
        """Return what a run made: role -> node id."""
        edges = self.service.store.edges_of((NodeId("run", task),), Direction.DOWNSTREAM, ("generated",))
        return {edge.id.role: str(edge.id.target) for edge in edges}

    def read_of(self, task: str, role: str) -> list[str]:
        return sorted(node for read_role, node in self.read(task) if read_role == role)

    def digest(self, artifact: str) -> str:
        return str(self.service.store.get(NodeId.parse(artifact)).attributes["digest"])

    def is_intact(self, artifact: str) -> bool:
        return self.service.blobs.verify(self.digest(artifact))

    def damage(self, artifact: str) -> None:
        """Flip a bit of an artifact's stored bytes; their length stays."""
        digest = self.digest(artifact)
        with self.service.artifacts.open(digest) as stream:
            data = bytearray(stream.read())
        data[len(data) // 2] ^= 1
        overwrite(self.service, digest, bytes(data))


def rows_of(columns: Columns) -> Any:
    """Return rows from columns; Arrow carries NaN and null as they are."""
    arrays = {
        name: pa.array([np.asarray(value, dtype=np.float32) for value in values], pa.list_(pa.float32()))
        if name == "embedding"
        else pa.array(values)
        for name, values in columns.items()
    }
    table = pa.table(arrays)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return read_rows(sink.getvalue().to_pybytes(), ARROW, stable_ids=True)


def task_of(started: Result) -> str:
    assert started.status_code == 202, started.text
    return str(started.json["task_id"])


def strict(data: bytes) -> Any:
    """Read JSON; the parser refuses NaN and Infinity."""
    return orjson.loads(data)


def numbers(table: Sequence[Sequence[float]]) -> npt.NDArray[np.float64]:
    return np.asarray(table, dtype=np.float64)
