"""Sweeps and comparisons through the REST API, whether it is a server's or in this process."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import orjson

from arangovis.client.frames import page_path, table_html
from arangovis.client.problems import json_of, raise_for
from arangovis.client.transport import Transport
from arangovis.client.values import AnyVersion, node_id, version_number
from arangovis.domain.errors import Cancelled, ComputeFailed, Fault, InvalidInput, NotFound
from arangovis.domain.ids import NodeId

API = "/api/v1"
ROOT = f"{API}/compatibility"
WAIT_DEFAULT_S = 3600.0
ROWS_PAGE = 1000
_JSON = {"Content-Type": "application/json"}
_BYTES = {"Content-Type": "application/octet-stream"}
Json = Mapping[str, Any]
Turn = Callable[[NodeId, float], None]
"""Lets a run make progress for some seconds: computes it here, or gives workers time."""


class Calls:
    """The requests."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, path: str, *, root: str = ROOT, **query: object) -> Any:
        """Return the JSON that is read there."""
        given = {name: value for name, value in query.items() if value is not None}
        return json_of(self._transport.send("GET", f"{root}{path}{'?' if given else ''}{urlencode(given)}"))

    def post(self, path: str, body: Json | None = None) -> Any:
        """Send a body and return the answer."""
        return json_of(self._transport.send("POST", f"{ROOT}{path}", body=_body(body or {}), headers=_JSON))

    def put(self, path: str, body: Json) -> Any:
        """Put a body and return the answer."""
        return json_of(self._transport.send("PUT", f"{ROOT}{path}", body=_body(body), headers=_JSON))

    def stage(self, weights: bytes) -> Json:
        """Send weights that are about to be named; return what names them."""
        sent = self._transport.send("POST", f"{ROOT}/weights", body=weights, headers=_BYTES)
        return {"weights": json_of(sent)["digest"], "weights_bytes": len(weights)}

    def put_weights(self, number: int, weights: bytes) -> Json:
        """Make these the weights of a model version."""
        path = f"/api/v1/model-versions/{number}/weights"
        answer: Json = json_of(self._transport.send("PUT", path, body=weights, headers=_BYTES))
        return answer

    def content(self, path: str) -> bytes:
        """Return the bytes that are read there."""
        return raise_for(self._transport.send("GET", f"{ROOT}{path}")).body

    def artifact(self, model: NodeId) -> bytes:
        """Return the weights of a model version.

        Raises:
            NotFound: it has none.

        """
        query = urlencode({"direction": "downstream", "depth": 1, "edges": "contains"})
        edges = json_of(self._transport.send("GET", f"/api/v1/lineage/{model}?{query}"))["edges"]
        found = [edge["to"] for edge in edges if edge["role"] == "weights"]
        if not found:
            raise NotFound(f"{model} has no weights")
        path = f"/api/v1/artifacts/{NodeId.parse(found[0]).key}/content"
        return raise_for(self._transport.send("GET", path)).body


class Compatibility:
    """What a client can ask about backward compatibility: `client.compatibility`."""

    def __init__(self, transport: Transport, turn: Turn) -> None:
        self.calls = Calls(transport)
        self._turn = turn

    def compare(
        self,
        h1: Sequence[Any],
        h2: Sequence[Any],
        truth: Sequence[Any],
        *,
        ids: Sequence[Any] | None = None,
        **given: Any,
    ) -> "ComparedModels":
        """Compare what two models predict, one label a row.

        Args:
            h1: of the old model.
            h2: of the new model.
            truth: what is right.
            ids: of the rows; their positions by default.
            given: `notes` (a text about each row), `h1_performance`, `h2_performance`, `h1_model`, `h2_model` (model
                versions, for the lineage), `project`, `name`.

        Raises:
            InvalidInput: the lengths differ.

        """
        rows = {"h1": h1, "h2": h2, "truth": truth, "ids": ids, "notes": given.pop("notes", None)}
        body = {name: plain_list(values) for name, values in rows.items() if values is not None}
        for name in ("h1_model", "h2_model"):
            if given.get(name) is not None:
                given[name] = version_number(given[name])
        answer = self.calls.post("/comparisons", {**body, **given})
        return ComparedModels(self.calls, node_id(answer["id"]), answer)

    def compare_columns(self, dataset: NodeId | str, *, h1: str, h2: str, truth: str, **given: Any) -> "ComparedModels":
        """Compare what two models predicted, by the columns of a stored data set; see `compare`."""
        columns = {"dataset": str(node_id(dataset, "dataset")), "h1": h1, "h2": h2, "truth": truth}
        answer = self.calls.post("/comparisons", {"columns": columns, **given})
        return ComparedModels(self.calls, node_id(answer["id"]), answer)

    def comparison(self, run: NodeId | str) -> "ComparedModels":
        """Return a comparison that was made before."""
        key = node_id(run, "run").key
        return ComparedModels(self.calls, node_id(run, "run"), self.calls.get(f"/comparisons/{key}"))

    def put_weights(self, version: AnyVersion, weights: bytes) -> None:
        """Make bytes in the safetensors format the weights of a model version."""
        self.calls.put_weights(version_number(version), weights)

    def sweep(self, *, reference: Json, base: Json, train: Json, test: Json, **options: Any) -> "CompatibilitySweep":
        """Have workers train a sweep. Models and data are named; nothing of them travels.

        Args:
            reference: the old model: `model_version`, `factory`, `arguments`.
            base: the new model as every training begins with it, likewise.
            train: `dataset`, `features`, `target`, `batch_size`.
            test: likewise.
            options: `lambda_c_stepsize` or `lambdas`, `new_error`, `strict_imitation`, `normalize`, `optimizer`,
                `optimizer_arguments`, `epochs`, `seed`; and `name`.

        Raises:
            InvalidInput: something is out of its range.

        """
        name = options.pop("name", None)
        models = {"reference": _numbered(reference), "base": _numbered(base), "train": train, "test": test}
        answer = self.calls.post("/sweeps", {**models, "options": options, **({} if name is None else {"name": name})})
        return self.get(answer["id"])

    def get(self, sweep: NodeId | str) -> "CompatibilitySweep":
        """Return a sweep.

        Raises:
            NotFound: there is none.

        """
        found = CompatibilitySweep(self.calls, node_id(sweep, "run"), self._turn)
        found.status()
        return found

    def sweeps(self, where: str = "", *, limit: int = 100) -> Sequence["CompatibilitySweep"]:
        """Return sweeps, newest first, that fit a filter."""
        items = self.calls.get("/sweeps", filter=where or None, limit=limit)["items"]
        return [CompatibilitySweep(self.calls, node_id(item["id"]), self._turn) for item in items]


@dataclass(frozen=True, slots=True, repr=False)
class ComparedModels:
    """Two models on a data set: `scores` (btc, bec, bec_h2 and counts), `classes`, `venn` and the rows."""

    _calls: Calls
    run: NodeId
    answer: Json

    def __repr__(self) -> str:
        found = self.scores
        return f"ComparedModels({self.run}, btc={found['btc']}, bec={found['bec']}, regress={found['regress']})"

    @property
    def scores(self) -> Json:
        """BTC, BEC and the counts that they are made of; None where not defined, and `reasons` say why."""
        return self.answer["scores"]  # type: ignore[no-any-return]

    @property
    def classes(self) -> Sequence[Json]:
        """How both models do on each class."""
        return self.answer["classes"]  # type: ignore[no-any-return]

    def instances(self, **question: Any) -> Iterator[Json]:
        """Yield the rows on which a model errs; `region` (progress, common, regress), `class_` and `model` choose."""
        return _rows(self._calls, f"/comparisons/{self.run.key}/instances", question)

    def _repr_html_(self) -> str:
        found = self.scores
        names = ("rows", "btc", "bec", "bec_h2", "progress", "common", "regress")
        return table_html(f"Comparison {self.run}", names, [[found[name] for name in names]])


class CompatibilitySweep:
    """A sweep, wherever it is trained. What it shows is asked for each time."""

    def __init__(self, calls: Calls, run: NodeId, turn: Turn) -> None:
        self._calls = calls
        self.run = run
        self._turn = turn

    def __repr__(self) -> str:
        status = self.status()
        return f"CompatibilitySweep({self.run}, {status['state']}, {status['done']} of {status['points']} points)"

    @property
    def _path(self) -> str:
        return f"/sweeps/{self.run.key}"

    def status(self) -> Json:
        """Return how it stands: `state`, `progress`, `points`, `done`, `failed`, `message`, `h1_performance`."""
        answer: Json = self._calls.get(self._path)
        return answer

    @property
    def state(self) -> str:
        """PENDING, STARTED, SUCCESS, ERROR or CANCELLED."""
        return str(self.status()["state"])

    @property
    def points(self) -> Sequence[Json]:
        """The trainings: `point`, `lambda_c`, `dissonances`, `state`, `message`, `model` and `metrics`."""
        return self._calls.get(f"{self._path}/points")["items"]  # type: ignore[no-any-return]

    def pareto(self, split: str = "test", score: str = "btc") -> Sequence[int]:
        """Return the points that no other beats in both performance and a score."""
        return self._calls.get(f"{self._path}/points")["pareto"][split][score]  # type: ignore[no-any-return]

    def point(self, number: int) -> Json:
        """Return a training with its comparisons by data set.

        Raises:
            NotFound: there is none of this number.

        """
        answer: Json = self._calls.get(f"{self._path}/points/{number}")
        return answer

    def most_compatible(self, *, performance: float = 0.0, score: str = "btc") -> Json:
        """Return the point of the highest score on test data among those of at least this performance.

        Raises:
            NotFound: there is none.

        """
        known = [p for p in self.points if (p["metrics"].get("test_performance") or -1) >= performance]
        scored = [p for p in known if p["metrics"].get(f"test_{score}") is not None]
        if not scored:
            raise NotFound(f"no point of {self.run} has a performance of {performance:g} or more")
        return max(scored, key=lambda p: (p["metrics"][f"test_{score}"], p["metrics"]["test_performance"]))

    def instances(self, number: int, **question: Any) -> Iterator[Json]:
        """Yield the rows on which a model errs; `split`, `region`, `class_` and `model` choose."""
        return _rows(self._calls, f"{self._path}/points/{number}/instances", question)

    def image(self, instance: object) -> bytes:
        """Return the picture of a row."""
        return self._calls.content(f"{self._path}/instances/{quote(str(instance), safe='')}/image")

    def weights(self, number: int) -> bytes:
        """Return the trained weights of a point, in the safetensors format.

        Raises:
            NotFound: it has none, or not yet.

        """
        model = self.point(number)["model"]
        if model is None:
            raise NotFound(f"point {number} of {self.run} has no weights")
        return self._calls.artifact(NodeId.parse(model))

    def at(self, run: NodeId | str) -> "CompatibilitySweep":
        """Return another sweep of the same service."""
        return CompatibilitySweep(self._calls, node_id(run, "run"), self._turn)

    def summary(self) -> Json:
        """Return all points in the spelling of BackwardCompatibilityML."""
        answer: Json = self._calls.get("/sweep_summary", root=API, sweep=self.run.key)
        return answer

    def record(self, datapoint: int) -> Json:
        """Return the evaluation record of a data point, as BackwardCompatibilityML counts and writes them.

        Raises:
            NotFound: there is none of this number, or not yet.

        """
        answer: Json = self._calls.get(f"/evaluation_data/{datapoint}", root=API, sweep=self.run.key)
        return answer

    def cancel(self) -> None:
        """Stop it; finished points stay.

        Raises:
            Conflict: it has ended already.

        """
        self._calls.post(f"{self._path}/cancel")

    def resume(self) -> "CompatibilitySweep":
        """Return the sweep that trains what this one did not: itself if it is open or succeeded.

        Raises:
            Conflict: it is trained by the process that asked for it; ask again there.

        """
        return CompatibilitySweep(self._calls, node_id(self._calls.post(f"{self._path}/resume")["id"]), self._turn)

    def wait(self, *, timeout_s: float = WAIT_DEFAULT_S) -> "CompatibilitySweep":
        """Wait until it has succeeded, and return it. In process, this is what computes it.

        Raises:
            Cancelled: somebody cancelled it.
            ComputeFailed: a point failed, or it is not done in time.

        """
        deadline = time.monotonic() + timeout_s
        while (status := self.status())["state"] in ("PENDING", "STARTED"):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise ComputeFailed(
                    f"{self.run} is still {status['state']} after {timeout_s:g} s; is a worker running?"
                )
            self._turn(self.run, left_s)
        if status["state"] == "CANCELLED":
            raise Cancelled(f"{self.run} was cancelled")
        if status["state"] != "SUCCESS":
            raise ComputeFailed(f"{self.run} ended as {status['state']}: {status['message']}")
        return self

    @property
    def page(self) -> str:
        """Where the page shows it, on its server."""
        return page_path(self.run)

    def _repr_html_(self) -> str:
        return sweep_html(self)


def sweep_html(sweep: CompatibilitySweep) -> str:
    """Return a sweep as a table that needs no server."""
    status = sweep.status()
    title = f"Sweep {sweep.run}: {status['state']}, {status['done']} of {status['points']} points"
    scores = ("test_performance", "test_btc", "test_bec", "train_performance", "train_btc", "train_bec")
    rows = [
        [
            p["lambda_c"],
            ", ".join(p["dissonances"]).replace("_", " "),
            p["state"],
            *(p["metrics"].get(s) for s in scores),
        ]
        for p in sweep.points
    ]
    return table_html(title, ("lambda", "dissonance", "state", *(name.replace("_", " ") for name in scores)), rows)


def plain_list(values: Any) -> list[Any]:
    """Return labels or ids as a list of Python's own values.

    Raises:
        InvalidInput: they are no sequence.

    """
    if hasattr(values, "tolist"):
        values = values.tolist()
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise InvalidInput.of(Fault("labels", f"{type(values).__name__} is no sequence of labels"))
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def _rows(calls: Calls, path: str, question: Json) -> Iterator[Json]:
    asked = {name.rstrip("_"): value for name, value in question.items()}
    cursor: str | None = "0"
    while cursor is not None:
        page = calls.get(path, **asked, limit=ROWS_PAGE, cursor=cursor)
        yield from page["items"]
        cursor = page["next_cursor"]


def _numbered(model: Json) -> Json:
    return {**model, "model_version": version_number(model["model_version"])} if "model_version" in model else model


def _body(body: Json) -> bytes:
    try:
        return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError as error:
        raise InvalidInput.of(Fault("body", f"is no JSON: {error}")) from error
