"""The demo checks its own answers over REST, as a stranger with curl would."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from arangovis.client.problems import json_of, raise_for
from arangovis.client.transport import Response, Transport
from arangovis.demo.story import METHOD, Told
from arangovis.domain.errors import IntegrityError

Check = Callable[[Transport, Told], str]
"""Asks, and returns what it found right; raises IntegrityError if an answer is not what it must be."""


def check_all(transport: Transport, told: Told) -> Sequence[str]:
    """Make every check and return what was found right.

    Raises:
        IntegrityError: an answer is wrong; the text says which.

    """
    return [check(transport, told) for check in CHECKS]


def health(transport: Transport, told: Told) -> str:  # noqa: ARG001
    """Look whether the service is alive."""
    for path in ("/health", "/visualization/health"):
        _must(_get(transport, path).body.strip() == b"Ok", f"{path} does not answer Ok")
    return "the service is healthy"


def versions(transport: Transport, told: Told) -> str:
    """Look at the small integers by which clients know the model versions."""
    _must((told.first.number, told.second.number) == (1, 2), "the model versions do not have the ids 1 and 2")
    for registered in (told.first, told.second):
        answer = _json(transport, f"/api/v1/model-versions/{registered.number}")
        _must(answer["node"] == str(registered.node), "a model version is another than was registered")
        _must(answer["training_data"] and answer["production_data"], "a model version has lost its data")
    return "the model versions have the ids 1 and 2, and their data"


def poll(transport: Transport, told: Told) -> str:
    """Poll the plot as a client of hydro-visualization does."""
    path = f"/visualization/jobs?task_id={told.after.run.key}"
    response = _get(transport, path)
    answer = orjson.loads(response.body)
    result = answer["result"]
    _must(answer["state"] == "SUCCESS", "the projection did not succeed")
    _must(answer["run"] == str(told.after.run) and answer["artifact"] == str(told.after.plot), "wrong node ids")
    _must(result["data_shape"] == [len(result["data"]), 2], "the plot has another shape than it says")
    _must({"class", "confidence"} <= result["output_info"].keys(), "the outputs are missing")
    _must("novelty" in result["metrics"], "the monitoring metric is missing")
    again = transport.send("GET", path, headers={"If-None-Match": response.headers["etag"]})
    _must(again.status == 304, "a poll with the ETag ships the result again")
    return f"a poll ships the {result['data_shape'][0]} points once, and the ETag saves the second time"


def lineage(transport: Transport, told: Told) -> str:
    """Ask for everything upstream of the plot."""
    answer = _json(transport, f"/api/v1/lineage/{told.after.plot}?direction=upstream")
    nodes = {node["id"]: node for node in answer["nodes"]}
    _must(str(told.after.run) in nodes, "the run is not upstream of its plot")
    kinds = {node["kind"] for node in answer["nodes"]}
    _must({"dataset", "params", "model_version", "run", "metric_spec"} <= kinds, "the lineage lacks a kind")
    methods = {node["attributes"]["method"] for node in answer["nodes"] if node["kind"] == "run"}
    _must("training.mlp" in methods, "the training of the model is not upstream")
    _must(all(edge["from"] in nodes and edge["to"] in nodes for edge in answer["edges"]), "an edge to nothing")
    return f"one call finds the plot's {len(nodes) - 1} ancestors, back to the training of the model"


def origin(transport: Transport, told: Told) -> str:
    """Ask which run made the plot, from which data, with which parameters, set by whom."""
    answer = _json(transport, f"/api/v1/origin/{told.after.plot}")
    _must(answer["run"]["id"] == str(told.after.run), "the plot is said to come from another run")
    _must(answer["requested_by"] == "grace", "the run is said to be asked for by another")
    _must(answer["parameters"]["n_neighbours"] == 40, "the parameters are not those of the run")
    _must(answer["parameters_set_by"]["actor"] == "grace", "the parameters are said to be set by another")
    _must({"production", "training", "model"} <= {i["role"] for i in answer["inputs"]}, "the origin lacks an input")
    return "one call says which run made the plot, from which data, with which parameters, set by grace"


def params_history(transport: Transport, told: Told) -> str:
    """Ask who set which parameters."""
    history = _json(transport, f"/api/v1/model-versions/{told.first.number}/params/{METHOD}/history")["items"]
    seen = [(item["values"]["n_neighbours"], item["actor"]) for item in history]
    _must(seen == [(15, "ada"), (40, "grace")], f"the history of n_neighbours is {seen}")
    _must(history[0]["runs"] == [str(told.before.run)], "the history names another run for the first parameters")
    _must(history[1]["runs"] == [str(told.after.run)], "the history names another run for the second parameters")
    return "the parameters were set by ada, then by grace, and each plot names its own"


def answered_from_graph(transport: Transport, told: Told) -> str:
    """Ask for the same plot again."""
    path, body = f"/visualization/plottable_embeddings/{METHOD}", orjson.dumps({"model_version_id": told.first.number})
    response = transport.send("POST", path, body=body, headers={"Content-Type": "application/json"})
    _must(response.status == 202, "a start does not answer 202")
    _must(orjson.loads(response.body)["task_id"] == told.after.run.key, "an equal request computes again")
    return "an equal request is answered from the graph"


def page(transport: Transport, told: Told) -> str:  # noqa: ARG001
    """Look whether the page was built."""
    html = _get(transport, "/").body.lower()
    _must(b"<html" in html, "there is no page at /")
    _must(b"assets/" in html, "the page is not built; `make setup` builds it")
    return "the page is there"


CHECKS: Sequence[Check] = (
    health,
    versions,
    poll,
    lineage,
    origin,
    params_history,
    answered_from_graph,
    page,
)


def _get(transport: Transport, path: str) -> Response:
    return raise_for(transport.send("GET", path))


def _json(transport: Transport, path: str) -> Any:
    return json_of(transport.send("GET", path))


def _must(condition: object, problem: str) -> None:
    if not condition:
        raise IntegrityError(f"a wrong answer: {problem}")
