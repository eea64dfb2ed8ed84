"""Every route that takes a JSON body or a cursor, with nestings and cursors that nobody means: never our fault."""

import base64
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
import pytest
from falcon.testing import TestClient

from arangovis.wiring import Arangovis
from arangovis_api.app import create_app
from tests.api.samples import posted, register_with_data

KNOWN = {"kind": "run", "key": "first", "method": "umap", "name": "demo", "project": "demo"}
DEPTHS = (60, 300, 900, 980, 1020, 100_000)
MARKS = {"cursor", "since", "after"}


def packed(document: bytes) -> str:
    return base64.urlsafe_b64encode(document).decode().rstrip("=")


CURSORS = (
    *(
        "",
        "-",
        "9" * 19,
        "9" * 40,
        "9999999999999999999-a",
        "9999999999999999999:a",
        "p999999999",
        "run:x",
        "run:" + "9" * 30,
    ),
    *("\0", "é", "0-\0", "%", "A" * 30_000),
    *map(
        packed,
        (
            b"[]",
            b"5",
            b'{"order":"created","rank":[7,1],"created":1,"key":"a"}',
            b'{"order":"-created","rank":null,"created":9223372036854775807,"key":"a"}',
            b'{"order":"state","rank":[0,18446744073709551615],"created":1,"key":"a"}',
            b'{"order":"state","rank":[1,"a"],"created":1,"key":"\\u0000"}',
            b'{"begins":{"run":"x"},"last":[false,[0,1.5],1,"a","run"]}',
            b'{"begins":{"run":5},"last":[false,[0,1e999],1,"a","run"]}',
            b'{"$number":' + b"[" * 1000 + b"]" * 1000 + b"}",
            b'["produced","run:first",""]',
            b'["nothing","nothing:x","\\u0000"]',
        ),
    ),
)


@pytest.fixture
def plain(service: Arangovis, client: TestClient) -> TestClient:
    """Return a client of a service that has something to find."""
    register_with_data(client)
    posted(client, "/api/v1/runs", {"method": "training", "key": "first", "params": {"layers": 2}})
    return TestClient(create_app(service), headers={"Host": "localhost"})


def operations(client: TestClient) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    """Yield method, path, operation and the whole document."""
    document = client.simulate_get("/api/v1/openapi.json").json
    for template, methods in document["paths"].items():
        path = template
        for name in [part[1:-1] for part in template.split("/") if part.startswith("{")]:
            path = path.replace("{" + name + "}", KNOWN.get(name, "1"))
        for method, operation in methods.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield method.upper(), path, operation, document


def test_nestings_without_an_end(plain: TestClient, record_property: Callable[[str, object], None]) -> None:
    sent = 0
    for method, path, operation, document in operations(plain):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            continue
        for name in names(content["application/json"].get("schema", {}), document) or ["a"]:
            for depth in DEPTHS:
                body = b"{" + orjson.dumps(name) + b":" + b"[" * depth + b"]" * depth + b"}"
                result = plain.simulate_request(method, path, body=body, headers={"Content-Type": "application/json"})
                assert result.status_code < 500, (method, path, name, depth, result.text[:300])
                sent += 1
    assert sent > 1000
    record_property("tried", sent)


def names(schema: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """Return the fields of a body."""
    if "$ref" in schema:
        return names(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    return list(schema.get("properties", {}))


def test_cursors_that_no_page_ended_with(plain: TestClient, record_property: Callable[[str, object], None]) -> None:
    sent = 0
    for method, path, operation, _ in operations(plain):
        marks = MARKS & {
            parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"
        }
        for mark in marks:
            for cursor in CURSORS:
                for order in ("", "&order=state", "&order_by=state"):
                    query = f"{mark}={urllib.parse.quote(cursor, safe='')}{order}"
                    result = plain.simulate_request(method, path, query_string=query)
                    assert result.status_code < 500, (method, path, query[:200], result.text[:300])
                    sent += 1
    assert sent > 500
    record_property("tried", sent)
