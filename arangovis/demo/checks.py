"""The demo checks its own answers over HTTP, as a stranger with curl would."""

from typing import Any

import orjson

from arangovis.client.transport import Address, HttpTransport, Response, raise_for
from arangovis.demo.story import METHOD, Told


class WrongAnswer(Exception):
    """An answer is not what it must be."""


def check(address: Address, told: Told) -> list[str]:
    """Ask the server and return what was found right.

    Raises:
        WrongAnswer: it says what is wrong.

    """
    asker = _Asker(HttpTransport(address))
    found = [
        asker.healthy(),
        asker.poll(told),
        asker.lineage(told),
        asker.params_history(told),
        asker.answered_from_graph(told),
        asker.page(),
    ]
    asker.close()
    return found


class _Asker:
    def __init__(self, transport: HttpTransport) -> None:
        self._transport = transport
        self.close = transport.close

    def _get(self, path: str) -> Response:
        return raise_for(self._transport.send("GET", path))

    def _json(self, path: str) -> Any:
        return orjson.loads(self._get(path).body)

    def healthy(self) -> str:
        _must(self._get("/health").body.strip() == b"Ok", "/health does not answer Ok")
        return "the service is healthy"

    def poll(self, told: Told) -> str:
        path = f"/visualization/jobs?task_id={told.after.run.key}"
        response = self._get(path)
        answer = orjson.loads(response.body)
        result = answer["result"]
        _must(answer["state"] == "SUCCESS", "the projection did not succeed")
        _must(answer["run"] == str(told.after.run) and answer["artifact"] == str(told.after.plot), "wrong node ids")
        _must(result["data_shape"] == [len(result["data"]), 2], "the plot has another shape than it says")
        _must({"class", "confidence"} <= result["output_info"].keys(), "the outputs are missing")
        _must("novelty" in result["metrics"], "the monitoring metric is missing")
        again = self._transport.send("GET", path, headers={"If-None-Match": response.headers["etag"]})
        _must(again.status == 304, "a poll with the ETag ships the result again")
        return f"the poll ships {result['data_shape'][0]} points once"

    def lineage(self, told: Told) -> str:
        answer = self._json(f"/api/v1/lineage/{told.after.plot}?direction=upstream")
        nodes = {node["id"]: node for node in answer["nodes"]}
        _must(str(told.after.run) in nodes, "the run is not upstream of its plot")
        _must(
            nodes[str(told.after.run)]["attributes"]["params"]["n_neighbours"] == 40,
            "the run does not show its parameters",
        )
        kinds = {node["kind"] for node in answer["nodes"]}
        _must({"dataset", "params", "model_version", "run", "metric_spec"} <= kinds, "the lineage lacks a kind")
        methods = {n["attributes"]["method"] for n in answer["nodes"] if n["kind"] == "run"}
        _must("training.mlp" in methods, "the training of the model is not upstream")
        _must(all(edge["from"] in nodes and edge["to"] in nodes for edge in answer["edges"]), "an edge to nothing")
        return f"one call finds the plot's {len(nodes) - 1} ancestors"

    def params_history(self, told: Told) -> str:
        history = self._json(f"/api/v1/model-versions/{told.first.number}/params/{METHOD}/history")["items"]
        seen = [(item["values"]["n_neighbours"], item["actor"]) for item in history]
        _must(seen == [(15, "ada"), (40, "grace")], f"the history of parameters is {seen}")
        _must(str(told.after.run) in history[1]["runs"], "the history does not name the run")
        return "the parameters were set by ada, then by grace"

    def answered_from_graph(self, told: Told) -> str:
        body = orjson.dumps({"model_version_id": told.first.number})
        path = f"/visualization/plottable_embeddings/{METHOD}"
        response = self._transport.send("POST", path, body=body, headers={"Content-Type": "application/json"})
        _must(response.status == 202, "a start does not answer 202")
        _must(orjson.loads(response.body)["task_id"] == told.after.run.key, "an equal request computes again")
        return "an equal request is answered from the graph"

    def page(self) -> str:
        _must(b"<html" in self._get("/").body.lower(), "there is no page at /")
        return "the page is there"


def _must(condition: object, problem: str) -> None:
    if not condition:
        raise WrongAnswer(problem)
