from collections.abc import Iterator

import pytest
from falcon.testing import TestClient
from openapi_spec_validator import validate

from arangovis.wiring import Arangovis
from arangovis_api.app import create_app
from arangovis_api.routes import all_routes
from arangovis_api.telemetry import Telemetry
from arangovis_schema import VERTEX_KINDS

METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")


def routed(service: Arangovis) -> Iterator[tuple[str, str]]:
    """Yield (method, path) of everything that the app's own router answers."""
    router = create_app(service)._router
    for route in all_routes(service, Telemetry()):
        found = router.find(route.path)
        assert found is not None
        _, responders, _, template = found
        assert template == route.path
        yield from (
            (method.lower(), route.path)
            for method in METHODS
            if method in responders and getattr(responders[method], "__self__", None) is not None
        )


def test_the_document_is_valid(client: TestClient) -> None:
    document = client.simulate_get("/api/v1/openapi.json").json

    validate(document)
    assert document["openapi"].startswith("3.1")


def test_document_and_router_agree(client: TestClient, service: Arangovis) -> None:
    document = client.simulate_get("/api/v1/openapi.json").json
    declared = {
        (method, path) for path, item in document["paths"].items() for method in item if method.upper() in METHODS
    }

    assert declared == set(routed(service))


def test_operations_have_names_of_their_own(client: TestClient) -> None:
    document = client.simulate_get("/api/v1/openapi.json").json
    names = [
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method.upper() in METHODS
    ]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("path", "method", "names"),
    [
        ("/api/v1/runs", "get", {"filter", "method", "state", "project", "limit", "cursor", "order"}),
        ("/api/v1/lineage/{kind}/{key}", "get", {"direction", "depth", "kinds", "edges", "limit", "at"}),
        ("/api/v1/nodes/{kind}/{key}/edges", "get", {"direction", "edges", "limit", "cursor", "at"}),
        ("/api/v1/model-versions/{number}/production-data", "post", {"Idempotency-Key"}),
    ],
)
def test_parameters_are_described(client: TestClient, path: str, method: str, names: set[str]) -> None:
    document = client.simulate_get("/api/v1/openapi.json").json

    assert {parameter["name"] for parameter in document["paths"][path][method]["parameters"]} == names


def test_bodies_are_described(client: TestClient) -> None:
    document = client.simulate_get("/api/v1/openapi.json").json
    schemas = document["components"]["schemas"]
    rows = document["paths"]["/api/v1/model-versions/{number}/training-data"]["put"]["requestBody"]["content"]

    assert schemas["ModelVersion"]["required"] == ["model", "project", "signature"]
    assert schemas["ModelVersion"]["additionalProperties"] is False
    assert len(rows) == 4


def test_the_attributes_of_every_kind_are_described(client: TestClient) -> None:
    schemas = client.simulate_get("/api/v1/openapi.json").json["components"]["schemas"]
    for kind in VERTEX_KINDS:
        described = schemas[f"attributes.{kind.name}"]
        assert set(described["properties"]) == {field.name for field in kind.fields}
        assert set(described.get("required", ())) == {field.name for field in kind.fields if field.required}


def test_the_document_is_not_sent_again(client: TestClient) -> None:
    first = client.simulate_get("/api/v1/openapi.json")
    tag = {"If-None-Match": first.headers["etag"]}

    assert client.simulate_get("/api/v1/openapi.json", headers=tag).status_code == 304
