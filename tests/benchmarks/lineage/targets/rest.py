"""arangovis over REST: a real server process on its embedded store, asked over one kept-alive connection."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from arangovis.domain.ids import named_id
from tests.benchmarks.lineage.workload import PAGE, Query, Run
from tests.benchmarks.rest import Rest
from tests.benchmarks.service_process import running_service

UPLOAD = "upload"
DIRECTIONS = {"up": "upstream", "down": "downstream"}
BATCH_MAX = 1000


class Target:
    def __init__(self, folder: Path) -> None:
        self._service = running_service(folder, workers=0)
        self._rest = Rest(self._service.__enter__().url)
        self._made_by: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def add_artifacts(self, keys: Iterable[str]) -> None:
        outputs = [_output(key) for key in keys]
        self._remember(UPLOAD, [output["role"] for output in outputs])
        self._act([{"action": "run", "method": UPLOAD, "key": UPLOAD, "outputs": outputs}])

    def commit(self, runs: list[Run]) -> None:
        for run in runs:
            self._remember(run.key, [run.output])
        self._act([self._action(run) for run in runs])

    def lineage(self, key: str, direction: str) -> Any:
        path = f"/api/v1/lineage/{self._made_by[key]}?direction={DIRECTIONS[direction]}&limit=100000"
        return self._rest.get(path)

    def reached(self, answer: object) -> set[str]:
        assert isinstance(answer, bytes)
        document = orjson.loads(answer)
        assert not document["partial"]
        found = {node["id"] for node in document["nodes"] if node["kind"] == "artifact"}
        return {self._names[node_id] for node_id in found - {document["start"]}}

    def search(self, query: Query) -> Any:
        where = (
            f"params.{query.param} = '{query.value}' and metrics.{query.metric} >= {query.low}"
            f" and metrics.{query.metric} <= {query.high}"
        )
        path = f"/api/v1/runs?limit={PAGE}&filter=" + where.replace(" ", "%20").replace("'", "%27").replace("=", "%3D")
        return self._rest.get(path)

    def keys(self, answer: object) -> list[str]:
        assert isinstance(answer, bytes)
        return [node["id"].partition("/")[2] for node in orjson.loads(answer)["items"]]

    def node(self, key: str) -> str:
        return self._made_by[key]

    def get(self, path: str) -> bytes:
        return self._rest.get(path)

    def close(self) -> None:
        self._rest.close()
        self._service.__exit__(None, None, None)

    def _remember(self, run: str, outputs: list[str]) -> None:
        for number, name in enumerate(outputs):
            node = str(named_id("artifact", None, f"run/{run}/{name}", str(number)))
            self._made_by[name], self._names[node] = node, name

    def _action(self, run: Run) -> dict[str, Any]:
        return {
            "action": "run",
            "method": "training",
            "key": run.key,
            "params": run.params,
            "metrics": run.metrics,
            "inputs": [{"node": self._made_by[name], "role": "input"} for name in run.inputs],
            "outputs": [_output(run.output)],
        }

    def _act(self, actions: list[dict[str, Any]]) -> None:
        for first in range(0, len(actions), BATCH_MAX):
            body = orjson.dumps({"actions": actions[first : first + BATCH_MAX]})
            answers = orjson.loads(self._rest.post("/api/v1/batch", body))["answers"]
            assert all(answer["status"] == 201 for answer in answers)


def _output(name: str) -> dict[str, Any]:
    attributes = {"digest": f"{abs(hash(name)):064x}"[-64:], "bytes": len(name), "media_type": "application/json"}
    return {"role": name, "kind": "artifact", "attributes": attributes}
