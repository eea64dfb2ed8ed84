"""A client that holds every native answer to what the OpenAPI document promises."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from falcon.testing import Result, TestClient
from openapi_schema_validator import OAS31Validator

ROOT = "/api/v1/"
PROBLEM = "application/problem+json"


class ContractClient(TestClient):
    """Checks status, media type and body of each answer under `/api/v1`."""

    def simulate_request(self, method: str, path: str, **kwargs: Any) -> Result:
        result = super().simulate_request(method, path, **{"host": "localhost", **kwargs})
        if path.startswith(ROOT) and method not in ("HEAD", "OPTIONS") and path != f"{ROOT}openapi.json":
            check(self.document(), method.lower(), path.partition("?")[0], result)
        return result

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document; all apps of a test run have the same."""
        if not _KNOWN:
            _KNOWN.append(super().simulate_request("GET", f"{ROOT}openapi.json", host="localhost").json)
        return _KNOWN[0]


_KNOWN: list[dict[str, Any]] = []


def check(document: Mapping[str, Any], method: str, path: str, result: Result) -> None:
    """Assert that an answer is as promised."""
    declared = operation_of(document, method, path)
    if declared is None:
        assert 400 <= result.status_code < 500, f"{method} {path} is not declared, and answers {result.status}"
        return _check_body(document, "Problem", result, PROBLEM)
    responses = declared["responses"]
    if result.status_code >= 400:
        return _check_body(document, "Problem", result, PROBLEM)
    assert str(result.status_code) in responses, f"{method} {path} answers {result.status}, which is not declared"
    content = responses[str(result.status_code)].get("content", {})
    if len(content) > 1 and result.headers["content-type"] in content.keys() - {"application/json"}:
        return None
    if "application/json" in content:
        assert result.headers["content-type"] == "application/json"
        name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        _check_body(document, name, result, "application/json")
    elif not content:
        assert result.content == b""
    return None


def operation_of(document: Mapping[str, Any], method: str, path: str) -> Mapping[str, Any] | None:
    """Return what is declared for a request, or None."""
    matching = [template for template in document["paths"] if _pattern(template).match(path)]
    best = min(matching, key=lambda template: template.count("{"), default=None)
    found: Mapping[str, Any] | None = None if best is None else document["paths"][best].get(method)
    return found


def _check_body(document: Mapping[str, Any], name: str, result: Result, media_type: str) -> None:
    assert result.headers["content-type"] == media_type, result.text
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    errors = [error.message for error in OAS31Validator(schema).iter_errors(result.json)]
    assert errors == []


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"{[a-z_]+}", "[^/]+", template) + r"/?\Z")
