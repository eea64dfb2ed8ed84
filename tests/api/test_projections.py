"""The native routes of projections, on digits and digits moved by a pixel; parameters and errors as they travel."""

from functools import cache
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from falcon.testing import TestClient

from arangovis.tabular.arrow_stream import MEDIA_TYPE, to_arrow
from arangovis.wiring import Arangovis, worker_context
from arangovis.workers.inline import drain
from tests.api.samples import SIGNATURE, digits, posted, register, send_rows
from tests.shifted_digits import batches, shifted_digits

ROOT = "/api/v1/projections"
ROWS = 2_500


@pytest.fixture
def number(client: TestClient) -> int:
    """Return the id of a model version with 2,500 rows of traffic."""
    version = register(client)
    path = f"/api/v1/model-versions/{version['id']}/production-data"
    for batch in batches(ROWS, 2_000):
        sent = client.simulate_post(path, body=to_arrow(batch), headers={"Content-Type": MEDIA_TYPE})
        assert sent.status_code == 201
    return int(version["id"])


def body(number: int, **given: object) -> dict[str, Any]:
    return {"model_version": number, "method": "pca", "rows": "all", "partition_rows": 1_000, **given}


def projected(client: TestClient, service: Arangovis, number: int, **given: object) -> str:
    """Ask for a projection and compute it; return its path."""
    asked = client.simulate_post(ROOT, json=body(number, **given))
    assert asked.status_code == 202, asked.text
    drain(worker_context(service))
    return str(asked.headers["location"])


def test_a_projection_of_all_rows_is_asked_for_watched_and_read(
    client: TestClient, service: Arangovis, number: int
) -> None:
    asked = client.simulate_post(ROOT, json=body(number, fit_rows=500))
    assert asked.status_code == 202
    assert asked.json["attributes"]["executor"] == "plan"
    path = asked.headers["location"]
    open_job = client.simulate_get(path).json
    assert (open_job["run"], open_job["state"], open_job["method"]) == (asked.json["id"], "STARTED", "pca")
    assert (open_job["steps"], open_job["steps_done"], open_job["result"], open_job["rows"]) == (5, 0, None, None)
    drain(worker_context(service))
    job = client.simulate_get(path).json
    assert (job["state"], job["steps_done"], job["rows"], job["columns"]) == ("SUCCESS", 5, ROWS, ["id", "x", "y"])
    assert job["quality"]["global_score"] > 0.99
    assert client.simulate_get(f"/api/v1/nodes/{job['result']}").json["attributes"]["facts"]["parts"] == 3
    again = client.simulate_post(ROOT, json=body(number, fit_rows=500))
    assert (again.status_code, again.json["id"]) == (200, job["run"])


def test_rows_are_read_by_pages_and_as_a_table(client: TestClient, service: Arangovis, number: int) -> None:
    path = projected(client, service, number)
    items, cursor = [], "0"
    while cursor is not None:
        page = client.simulate_get(f"{path}/rows", params={"limit": 900, "cursor": cursor}).json
        items += page["items"]
        cursor = page["next_cursor"]
    assert [item["id"] for item in items] == [f"row-{n}" for n in range(ROWS)]
    answer = client.simulate_get(f"{path}/table")
    assert answer.headers["content-type"] == MEDIA_TYPE
    with pa.ipc.open_stream(answer.content) as reader:
        found = list(reader)
    assert [batch.num_rows for batch in found] == [1_000, 1_000, 500]
    table = pa.Table.from_batches(found)
    assert table.schema.field("x").type == pa.float32()
    coordinates = np.column_stack([table["x"].to_numpy(), table["y"].to_numpy()])
    np.testing.assert_array_equal(coordinates, np.array([item["coordinates"] for item in items], dtype=np.float32))
    some = client.simulate_get(f"{path}/table", params={"start": 990, "rows": 20}).content
    assert pa.ipc.open_stream(some).read_all()["id"].to_pylist() == [f"row-{n}" for n in range(990, 1_010)]


@pytest.fixture
def coloured(client: TestClient) -> int:
    """Return the id of a model version whose traffic has classes, and at first a monitoring score too."""
    version = register(client)
    path = f"/api/v1/model-versions/{version['id']}"
    metric = {"name": "ink", "threshold": 0.3, "operation": "Less"}
    assert client.simulate_post(f"{path}/metric-specs", json=metric).status_code == 201
    for batch in batches(ROWS, 2_000):
        more = {"class": [class_of(row) for row in batch["_id"]]}
        if len(more["class"]) == 2_000:
            more["ink"] = batch["embedding"].mean(axis=1).astype(np.float64)
        sent = client.simulate_post(
            f"{path}/production-data", body=to_arrow({**batch, **more}), headers={"Content-Type": MEDIA_TYPE}
        )
        assert sent.status_code == 201, sent.text
    return int(version["id"])


@cache
def _targets() -> list[int]:
    from sklearn.datasets import load_digits

    return [int(target) for target in load_digits().target]


def class_of(row: str) -> int:
    """Return the digit that a row is; after the last digit they begin anew, moved by a pixel."""
    return _targets()[int(row.removeprefix("row-")) % len(_targets())]


def coloured_table(client: TestClient, path: str, **params: object) -> pa.Table:
    answer = client.simulate_get(f"{path}/table", params={"columns": "*", **params})
    assert answer.status_code == 200, answer.text
    return pa.ipc.open_stream(answer.content).read_all()


def test_a_table_brings_what_colours_its_rows(client: TestClient, service: Arangovis, coloured: int) -> None:
    path = projected(client, service, coloured)
    table = coloured_table(client, path, start=1_990, rows=20)
    assert table.column_names == ["id", "x", "y", "class", "ink"]
    assert table["class"].to_pylist() == [class_of(f"row-{n}") for n in range(1_990, 2_010)]
    ink = shifted_digits(ROWS)[1_990:2_000].mean(axis=1)
    np.testing.assert_allclose(table["ink"].to_numpy(), [*ink, *[np.nan] * 10], rtol=1e-6)
    facts = orjson.loads(table.schema.metadata[b"arangovis"])
    assert facts["columns"] == {
        "class": {"coloring_type": "class", "source": "output"},
        "ink": {"coloring_type": "gradient", "source": "metric", "threshold": 0.3, "operation": "Less"},
    }
    assert [(item["name"], item["rows"], item["start"]) for item in facts["sets"]] == [("production", 20, 1_990)]
    picture = client.simulate_get(f"/api/v1/rows/{facts['sets'][0]['dataset']}/previews")
    assert (picture.status_code, picture.json["image"]) == (200, None)


def plot_of_a_sample(client: TestClient, service: Arangovis, number: int) -> pa.Table:
    posted(client, ROOT, {"model_version": number, "method": "pca"})
    drain(worker_context(service))
    (plot,) = client.simulate_get("/api/v1/artifacts", params={"filter": "role = 'plot'"}).json["items"]
    key = plot["id"].partition("/")[2]
    made = client.simulate_get(f"/api/v1/columns/{plot['id']}", params={"column": "y of the row"}).json
    assert {end["column"] for end in made["ends"]} == {"y"}
    return pa.ipc.open_stream(client.simulate_get(f"/api/v1/artifacts/{key}/content").content).read_all()


@pytest.mark.parametrize("rows", ["all", "sample"])
def test_an_output_called_as_an_axis_leaves_it_alone(client: TestClient, service: Arangovis, rows: str) -> None:
    values = {"name": "y", "shape": [], "dtype": "int64", "profile": "nominal"}
    posted(client, "/api/v1/projects", {"name": "axes"})
    posted(client, "/api/v1/models", {"project": "axes", "name": "axes"})
    signature = {**SIGNATURE, "outputs": [SIGNATURE["outputs"][0], values]}
    version = posted(client, "/api/v1/model-versions", {"project": "axes", "model": "axes", "signature": signature})
    path = f"/api/v1/model-versions/{version['id']}/production-data"
    (batch,) = batches(300, 300)
    sent = {**batch, "y": [class_of(row) for row in batch["_id"]]}
    assert client.simulate_post(path, body=to_arrow(sent), headers={"Content-Type": MEDIA_TYPE}).status_code == 201
    if rows == "all":
        table = coloured_table(client, projected(client, service, version["id"]), columns="y")
    else:
        table = plot_of_a_sample(client, service, version["id"])
    assert table.schema.field("y").type == pa.float32()
    assert table["y of the row"].to_pylist() == [class_of(row) for row in table["id"].to_pylist()]
    assert list(orjson.loads(table.schema.metadata[b"arangovis"])["columns"])[-1:] == ["y of the row"]


def test_a_table_is_of_the_columns_that_are_named(client: TestClient, service: Arangovis, coloured: int) -> None:
    path = projected(client, service, coloured)
    plain, ink = (client.simulate_get(f"{path}/table", params={"rows": 5, "columns": name}) for name in ("", "ink"))
    assert pa.ipc.open_stream(plain.content).read_all().column_names == ["id", "x", "y"]
    assert pa.ipc.open_stream(ink.content).read_all().column_names == ["id", "x", "y", "ink"]
    assert plain.headers["etag"] != ink.headers["etag"]
    wrong = client.simulate_get(f"{path}/table", params={"columns": "class,colour"})
    assert wrong.status_code == 400
    assert wrong.json["errors"][0] == {
        "field": "columns",
        "problem": "'colour' is none of those there are: class, ink",
    }


def test_a_projection_of_erased_rows_is_gone(client: TestClient, service: Arangovis, coloured: int) -> None:
    path = projected(client, service, coloured)
    erased = client.simulate_post("/api/v1/erasures", json={"column": "_id", "value": "row-3", "dry_run": False})
    assert erased.status_code in (200, 201, 202), erased.text
    drain(worker_context(service))
    for face in ("", "/rows", "/table?columns=*"):
        answer = client.simulate_get(f"{path}{face}")
        assert answer.status_code == 410, answer.text
        assert "erased" in answer.json["detail"]
    again = projected(client, service, coloured)
    table = coloured_table(client, again)
    found = dict(zip(table["id"].to_pylist(), table["class"].to_pylist(), strict=True))
    assert found == {f"row-{n}": class_of(f"row-{n}") for n in range(ROWS) if n != 3}


def test_a_version_whose_predecessor_was_deleted_is_projected(client: TestClient) -> None:
    first = register(client)
    body = {"project": "demo", "model": "digits", "version": "later", "signature": SIGNATURE}
    second = posted(client, "/api/v1/model-versions", body)
    rows = f"/api/v1/model-versions/{second['id']}/production-data"
    assert send_rows(client, rows, digits()).status_code == 201
    assert client.simulate_delete(f"/api/v1/nodes/{first['node']}", params={"force": "true"}).status_code == 204

    asked = client.simulate_post(ROOT, json={"model_version": second["id"], "method": "umap"})

    assert asked.status_code == 202, asked.text


@pytest.mark.parametrize("face", ["rows", "table"])
def test_what_never_changes_is_not_sent_twice(client: TestClient, service: Arangovis, number: int, face: str) -> None:
    path = projected(client, service, number)
    tag = client.simulate_get(f"{path}/{face}").headers["etag"]
    again = client.simulate_get(f"{path}/{face}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_sample_is_a_plot_as_ever(client: TestClient, service: Arangovis, number: int) -> None:
    asked = client.simulate_post(ROOT, json={"model_version": number, "method": "pca"})
    assert (asked.status_code, asked.json["attributes"]["method"]) == (202, "projection.pca")
    assert asked.headers["location"] == f"/api/v1/runs/{asked.json['id'].partition('/')[2]}"
    old = client.simulate_post("/visualization/plottable_embeddings/pca", json={"model_version_id": number})
    assert old.json["run"] == asked.json["id"]
    drain(worker_context(service))
    assert client.simulate_get(asked.headers["location"]).json["attributes"]["state"] == "SUCCESS"


def test_a_failed_step_says_why(client: TestClient, service: Arangovis) -> None:
    number = register(client)["id"]
    rows = to_arrow(next(batches(3, 3)))
    path = f"/api/v1/model-versions/{number}/production-data"
    client.simulate_post(path, body=rows, headers={"Content-Type": MEDIA_TYPE})
    job = client.simulate_get(projected(client, service, number)).json
    assert (job["state"], job["reason"]) == ("ERROR", "failed")
    assert job["message"] == "steps without success: fit: pca needs at least 4 rows, there are 3"


def test_without_rows_the_run_says_so(client: TestClient) -> None:
    number = register(client)["id"]
    asked = client.simulate_post(ROOT, json=body(number))
    assert (asked.status_code, asked.json["attributes"]["state"]) == (200, "NO_DATA")
    job = client.simulate_get(asked.headers["location"]).json
    assert (job["state"], job["message"], job["method"]) == ("NO_DATA", "No production data.", "pca")


def test_cancelling_ends_the_steps(client: TestClient, service: Arangovis, number: int) -> None:
    asked = client.simulate_post(ROOT, json=body(number)).json
    assert client.simulate_post(f"/api/v1/{asked['id'].replace('run/', 'runs/')}/cancel", json={}).status_code == 200
    assert drain(worker_context(service)) == 0
    job = client.simulate_get(f"{ROOT}/{asked['id'].partition('/')[2]}").json
    assert (job["state"], job["message"]) == ("CANCELLED", "cancelled by anonymous")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"model_version": "one"}, "model_version"),
        ({"model_version": None}, "model_version"),
        ({"rows": "most"}, "rows"),
        ({"fit_rows": 5}, "fit_rows"),
        ({"fit_rows": 99.5}, "fit_rows"),
        ({"partition_rows": 1_001}, "partition_rows"),
        ({"partition_rows": 10**9}, "partition_rows"),
        ({"rows": "sample"}, "partition_rows"),
        ({"partitions": 3}, "partitions"),
    ],
)
def test_what_is_wrong_is_named(client: TestClient, number: int, given: dict[str, object], field: str) -> None:
    answer = client.simulate_post(ROOT, json=body(number, **given))
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json["errors"]] == [field]


@pytest.mark.parametrize("query", ["limit=0", "limit=10001", "cursor=-1", "cursor=two", f"cursor={ROWS}"])
def test_a_page_that_is_not_there_is_refused(client: TestClient, service: Arangovis, number: int, query: str) -> None:
    path = projected(client, service, number)
    assert client.simulate_get(f"{path}/rows", query_string=query).status_code == 400


def test_an_unfinished_projection_has_no_rows(client: TestClient, number: int) -> None:
    path = client.simulate_post(ROOT, json=body(number)).headers["location"]
    for face in ("rows", "table"):
        answer = client.simulate_get(f"{path}/{face}")
        assert answer.status_code == 404
        assert "STARTED" in answer.json["detail"]


def test_other_runs_are_no_projections_of_all_rows(client: TestClient, number: int) -> None:
    plot = client.simulate_post(ROOT, json={"model_version": number, "method": "pca"}).json["id"]
    for key in (plot.partition("/")[2], "none"):
        assert client.simulate_get(f"{ROOT}/{key}").status_code == 404
