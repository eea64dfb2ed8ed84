"""Fields, series, rows and attributes over REST."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest
from falcon.testing import Result, TestClient

from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.services.series.series_data import LoggedSeries
from arangovis.services.verification import check_store
from arangovis.wiring import Arangovis
from tests.unit.services.series.logged import curves, rows

ARROW = "application/vnd.apache.arrow.stream"
RUN = "11111111-1111-4111-8111-111111111111"
KINDS = {"step": "int", "loss": "float", "accuracy": "float"}


def stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


@pytest.fixture(autouse=True)
def _run(client: TestClient) -> None:
    """Make a project and a run."""
    for path, body in (
        ("projects", {"name": "digits"}),
        ("runs", {"method": "script", "project": "digits", "key": RUN, "state": "STARTED"}),
    ):
        assert client.simulate_post(f"/api/v1/{path}", json=body).status_code == 201


def append(client: TestClient, table: pa.Table, sequence: int = 0, **query: object) -> Result:
    params = {"logger": "rank-0", "sequence": sequence, **query}
    path, headers = f"/api/v1/runs/{query.pop('run', RUN)}/chunks", {"Content-Type": ARROW}
    return client.simulate_post(path, params=params, body=stream(table), headers=headers)


def append_lists(client: TestClient, columns: object, sequence: int = 0) -> Result:
    params = {"logger": "rank-0", "sequence": sequence}
    return client.simulate_post(f"/api/v1/runs/{RUN}/chunks", params=params, json={"columns": columns})


def make_fields(client: TestClient) -> Mapping[str, Any]:
    """Make the fields of the curves; return their answers by name."""
    made = {}
    for name, kind in KINDS.items():
        body = {"project": "digits", "name": name, "kind": kind}
        made[name] = client.simulate_post("/api/v1/fields", json=body).json
    return made


def faults(result: Result) -> list[str]:
    assert result.status_code in (400, 422), result.text
    return [fault["field"] for fault in result.json["errors"]]


def stored(service: Arangovis) -> Mapping[str, list[Any]]:
    """Return the rows of the one series that the run logged to."""
    (logged,) = service.series.data.of_run(NodeId("run", RUN), 0)
    log = service.series.log
    found = log.rows(log.chunks(logged.data.node), [field.name for field in logged.series.fields])
    return {} if found is None else found.to_pydict()


# --- fields and series --------------------------------------------------------------------------------------------


def test_fields_are_made_read_changed_and_listed(client: TestClient) -> None:
    body = {"project": "digits", "name": "loss", "kind": "float", "description": "cross entropy"}
    made = client.simulate_post("/api/v1/fields", json=body)
    assert made.status_code == 201
    assert client.simulate_post("/api/v1/fields", json=body).status_code == 200
    path = made.headers["location"]
    assert client.simulate_get(path).json == made.json
    changed = client.simulate_patch(path, json={"name": "training loss"})
    assert changed.json == {**made.json, "name": "training loss"}
    assert client.simulate_get("/api/v1/fields", params={"project": "digits"}).json["items"] == [changed.json]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"name": "loss", "kind": "int"}, 409, "exists already as float"),
        ({"name": "new", "kind": "complex"}, 400, "kind"),
        ({"name": "", "kind": "int"}, 400, "name"),
        ({"name": "new", "kind": "int", "project": "nowhere"}, 404, "no project 'nowhere'"),
    ],
)
def test_each_mistake_in_a_field_has_an_error_of_its_own(
    client: TestClient, body: dict[str, str], status: int, said: str
) -> None:
    make_fields(client)
    result = client.simulate_post("/api/v1/fields", json={"project": "digits", **body})
    assert result.status_code == status
    assert said in result.text


def test_string_is_another_name_of_text(client: TestClient) -> None:
    body = {"project": "digits", "name": "note", "kind": "string"}
    assert client.simulate_post("/api/v1/fields", json=body).json["kind"] == "text"


def test_series_are_made_and_deleted_while_empty(client: TestClient) -> None:
    make_fields(client)
    body = {"project": "digits", "name": "training", "fields": list(KINDS)}
    made = client.simulate_post("/api/v1/series", json=body)
    assert made.status_code == 201
    assert [field["name"] for field in made.json["fields"]] == list(KINDS)
    assert client.simulate_post("/api/v1/series", json=body).status_code == 200
    unknown = client.simulate_post("/api/v1/series", json={**body, "name": "other", "fields": ["a", "loss", "b"]})
    assert faults(unknown) == ["a", "b"]
    path = made.headers["location"]
    assert client.simulate_get("/api/v1/series", params={"project": "digits"}).json["items"] == [made.json]
    append(client, rows(0, 1), series="training")
    assert client.simulate_delete(path).json["type"].endswith("in-use")
    empty = client.simulate_post("/api/v1/series", json={**body, "name": "empty"})
    assert client.simulate_delete(empty.headers["location"]).status_code == 204
    assert client.simulate_delete(empty.headers["location"]).status_code == 410
    assert client.simulate_delete("/api/v1/series/" + "0" * 32).status_code == 404


# --- rows ---------------------------------------------------------------------------------------------------------


def test_rows_come_whole_and_once(client: TestClient, service: Arangovis) -> None:
    first = append(client, rows(0, 60))
    again = append(client, rows(0, 60))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert (first.json["rows"], first.json["sequence"]) == (60, 0)
    assert append(client, rows(1, 2)).status_code == 409
    assert stored(service) == {name: curves()[name].tolist() for name in sorted(KINDS)}


def test_json_brings_rows_too(client: TestClient, service: Arangovis) -> None:
    result = append_lists(client, {"step": [0, 1], "loss": [0.5, 2], "note": ["a", "b"], "good": [True, False]})
    assert result.status_code == 201
    assert stored(service) == {"good": [True, False], "loss": [0.5, 2.0], "note": ["a", "b"], "step": [0, 1]}


@pytest.mark.parametrize("columns", [None, {}, [], "x", {"a": 1}, {"a": [1], "b": [1, 2]}, {"a": [[1]]}, {"": [1]}])
def test_json_that_is_no_rows_is_refused(client: TestClient, service: Arangovis, columns: object) -> None:
    assert append_lists(client, columns).status_code == 400
    assert list(service.store.records("chunk")) == []


def test_a_ragged_append_is_refused_whole(client: TestClient, service: Arangovis) -> None:
    assert faults(append_lists(client, {"step": [1, 2, 3], "loss": [1.0] * 5})) == ["step", "loss"]
    assert list(service.store.records("chunk")) == []


@pytest.mark.parametrize("byte", [0, 5, 255])
def test_a_forged_stream_is_refused_or_rectangular(client: TestClient, service: Arangovis, byte: int) -> None:
    whole = stream(pa.table({"a": [1, 2, 3], "b": ["x", "y", "z"]}))
    taken = 0
    for position in range(0, len(whole), 3):  # over flags, counts, lengths and offsets alike
        forged = whole[:position] + bytes([byte]) + whole[position + 1 :]
        params = {"logger": f"l{position}", "sequence": 0}
        result = client.simulate_post(
            f"/api/v1/runs/{RUN}/chunks", params=params, body=forged, headers={"Content-Type": ARROW}
        )
        assert result.status_code in (201, 400, 413, 422), result.text
        taken += result.status_code == 201
    logged = service.series.data.of_run(NodeId("run", RUN), 0)
    assert sum(len(whole_chunks(service, one)) for one in logged) == taken
    assert check_store(service.store, service.artifacts) == []


def whole_chunks(service: Arangovis, logged: LoggedSeries) -> list[pa.Table]:
    """Return the rows of each chunk, checked for being whole."""
    log = service.series.log
    found = [log.read(chunk, logged.data.fields) for chunk in log.chunks(logged.data.node)]
    for table in found:
        table.validate(full=True)
    return found


def test_faults_of_arrow_columns_are_named(client: TestClient, service: Arangovis) -> None:
    make_fields(client)
    wrong = pa.table({"step": [0.5], "loss": [True], "accuracy": pa.array([None], pa.float64())})
    assert sorted(faults(append(client, wrong))) == ["accuracy", "loss", "step"]
    assert faults(append(client, pa.table({"x": [1], "loss": [1.0]}), strict=True)) == ["x"]
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["step", "step"])
    assert faults(append(client, twice)) == ["step"]
    assert list(service.store.records("chunk")) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"logger": "a b"}, "logger"),
        ({"logger": "x" * 65}, "logger"),
        ({"sequence": -1}, "sequence"),
        ({"sequence": 2**53}, "sequence"),
        ({"sequence": "one"}, "sequence"),
        ({"generation": -1}, "generation"),
        ({"strict": "perhaps"}, "strict"),
        ({"more": 1}, "more"),
    ],
)
def test_a_bad_place_is_named(client: TestClient, query: dict[str, object], field: str) -> None:
    assert field in append(client, rows(0, 1), **query).text


def test_a_run_that_is_not_there_and_one_that_is_gone(client: TestClient, service: Arangovis) -> None:
    path, headers = "/api/v1/runs/{}/chunks", {"Content-Type": ARROW}
    params = {"logger": "l", "sequence": 0}
    missing = client.simulate_post(path.format("nobody"), params=params, body=stream(rows(0, 1)), headers=headers)
    assert missing.status_code == 404
    replaced = append(client, rows(0, 1), generation=3)
    assert (replaced.status_code, replaced.json["type"]) == (409, "urn:arangovis:error:run-replaced")
    service.store.transact(lambda tx: tx.delete(NodeId("run", RUN), force=True), Caller("ada"))
    gone = append(client, rows(0, 1))
    assert (gone.status_code, gone.json["type"]) == (410, "urn:arangovis:error:run-gone")


def test_another_media_type_is_refused(client: TestClient) -> None:
    params = {"logger": "l", "sequence": 0}
    result = client.simulate_post(
        f"/api/v1/runs/{RUN}/chunks", params=params, body=b"a,b", headers={"Content-Type": "text/csv"}
    )
    assert result.status_code == 415


# --- attributes ---------------------------------------------------------------------------------------------------


def test_attributes_are_set_and_read(client: TestClient) -> None:
    make_fields(client)
    path = f"/api/v1/runs/{RUN}/attributes"
    assert client.simulate_put(path, json={"step": 3, "loss": 1}).json == {
        "run": f"run/{RUN}",
        "attributes": {"step": 3, "loss": 1.0},
    }
    assert faults(client.simulate_put(path, json={"step": True, "loss": "low", "more": 1})) == ["step", "loss", "more"]
    assert client.simulate_put(path, json={"more": "x"}, params={"create": True}).json["attributes"]["more"] == "x"
    assert client.simulate_get(path).json["attributes"] == {"step": 3, "loss": 1.0, "more": "x"}
    assert client.simulate_put(path, json=[1]).status_code == 400
