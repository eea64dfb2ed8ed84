import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from falcon.testing import Result, TestClient

from arangovis.wiring import Arangovis
from tests.api.samples import digits, register, send_rows

CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"
ARROW, JSON = "application/vnd.apache.arrow.stream", "application/json"
Row = Mapping[str, Any]


def to_csv(rows: Sequence[Row]) -> bytes:
    flat = [
        {
            **{name: value for name, value in row.items() if name != "embedding"},
            **{f"embedding_{number}": value for number, value in enumerate(row["embedding"])},
        }
        for row in rows
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(flat[0]))
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue().encode()


def to_parquet(rows: Sequence[Row]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), out)
    return out.getvalue()


def to_arrow(rows: Sequence[Row]) -> bytes:
    out, table = io.BytesIO(), pa.Table.from_pylist(list(rows))
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


WRITERS = {CSV: to_csv, PARQUET: to_parquet, ARROW: to_arrow, JSON: lambda rows: orjson.dumps(list(rows))}


@pytest.fixture
def path(client: TestClient) -> str:
    return f"/api/v1/model-versions/{register(client)['id']}"


def send(client: TestClient, path: str, media_type: str, body: bytes, **headers: str) -> Result:
    method = "PUT" if path.endswith("training-data") else "POST"
    return client.simulate_request(method, path, body=body, headers={"Content-Type": media_type, **headers})


@pytest.mark.parametrize("media_type", WRITERS)
@pytest.mark.parametrize("noun", ["training-data", "production-data"])
def test_rows_come_in_four_formats(client: TestClient, path: str, media_type: str, noun: str) -> None:
    body = WRITERS[media_type](digits())

    first = send(client, f"{path}/{noun}", media_type, body)
    again = send(client, f"{path}/{noun}", f"{media_type}; charset=utf-8", body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json == {"node": first.json["node"], "rows": 60}
    node = client.simulate_get(first.headers["location"]).json
    assert node["kind"] == "dataset"
    assert node["attributes"]["rows"] == 60
    assert node["attributes"]["columns"]["class"] == "number"


def test_production_data_is_appended(client: TestClient, path: str) -> None:
    rows = digits(100)
    first = send_rows(client, f"{path}/production-data", rows[:60])
    second = send_rows(client, f"{path}/production-data", rows[60:])

    assert first.json["node"] == second.json["node"]
    assert second.json["rows"] == 40
    stream = client.simulate_get(second.headers["location"]).json["attributes"]
    assert (stream["rows"], stream["segments"], stream["form"]) == (100, 2, "stream")


def test_an_idempotency_key_is_used_once(client: TestClient, path: str) -> None:
    noun, key = f"{path}/production-data", {"Idempotency-Key": "batch-7"}
    body, other = to_parquet(digits(10)), to_parquet(digits(20))

    assert send(client, noun, PARQUET, body, **key).status_code == 201
    assert send(client, noun, PARQUET, body, **key).status_code == 200
    assert send(client, noun, PARQUET, other, **key).status_code == 409
    assert send(client, noun, PARQUET, body, **{"Idempotency-Key": "batch-8"}).status_code == 201
    assert send(client, noun, PARQUET, body, **{"Idempotency-Key": "k" * 300}).status_code == 400


def test_other_training_data_succeeds_the_old(client: TestClient, path: str) -> None:
    old = send_rows(client, f"{path}/training-data", digits(40), method="PUT").json["node"]
    new = send_rows(client, f"{path}/training-data", digits(60), method="PUT").json["node"]

    shown = client.simulate_get(path).json["training_data"]
    lineage = client.simulate_get(f"/api/v1/lineage/{new}", params={"edges": "succeeded_by"}).json

    assert shown == new
    assert [(edge["from"], edge["to"]) for edge in lineage["edges"]] == [(old, new)]


@pytest.mark.parametrize("noun", ["training-data", "production-data"])
@pytest.mark.parametrize("given", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_refused_and_the_four_are_named(
    client: TestClient, path: str, noun: str, given: str
) -> None:
    result = send(client, f"{path}/{noun}", given, b"a,b\n1,2\n")

    assert result.status_code == 415
    assert result.json["errors"][0]["field"] == "Content-Type"
    assert all(media_type in result.json["detail"] for media_type in WRITERS)


def test_rows_of_another_dimension_are_refused(client: TestClient, service: Arangovis, path: str) -> None:
    before = service.store.change_number()
    rows = [{**row, "embedding": row["embedding"][:32]} for row in digits()]

    result = send_rows(client, f"{path}/production-data", rows)

    assert result.status_code == 400
    assert result.json["errors"][0]["field"] == "embedding"
    assert service.store.change_number() == before


def test_data_needs_a_version(client: TestClient) -> None:
    assert send_rows(client, "/api/v1/model-versions/1/production-data", digits()).status_code == 404
