"""Runs with rows, as clients make them."""

from typing import Any

import orjson
import pyarrow as pa
from falcon.testing import Result, TestClient

ARROW = "application/vnd.apache.arrow.stream"


class Logging:
    """Makes runs in a project and logs to them."""

    def __init__(self, client: TestClient, project: str = "p") -> None:
        self.client = client
        self.project = project
        self.post("/projects", name=project)

    def post(self, path: str, **body: Any) -> Any:
        """Post JSON and return the answer."""
        result = self.client.simulate_post(f"/api/v1{path}", json=body)
        assert result.status_code < 300, result.text
        return result.json

    def run(self, **body: Any) -> str:
        """Make a run and return its key."""
        answer = self.post("/runs", method="script", state="STARTED", project=self.project, **body)
        return str(answer["node"]).partition("/")[2]

    def append(self, run: str, sequence: int, columns: dict[str, Any], logger: str = "a", **query: Any) -> Result:
        """Append a chunk."""
        sink = pa.BufferOutputStream()
        table = pa.table(columns)
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return self.client.simulate_post(
            f"/api/v1/runs/{run}/chunks",
            params={"logger": logger, "sequence": sequence, **query},
            body=sink.getvalue().to_pybytes(),
            content_type=ARROW,
        )

    def attributes(self, run: str, **values: Any) -> None:
        """Set attributes of a run, making their fields."""
        path = f"/api/v1/runs/{run}/attributes"
        result = self.client.simulate_put(path, params={"create": "true"}, json=values)
        assert result.status_code == 200, result.text

    def rows(self, run: str, **query: Any) -> Any:
        """Read rows as JSON."""
        result = self.client.simulate_get(f"/api/v1/runs/{run}/rows", params=query)
        assert result.status_code == 200, result.text
        return result.json


def table_of(result: Result) -> tuple[pa.Table, Any]:
    """Return the rows of an Arrow answer and what it says of them."""
    assert result.headers["content-type"] == ARROW, result.text
    table = pa.ipc.open_stream(result.content).read_all()
    return table, orjson.loads(table.schema.metadata[b"arangovis"])
