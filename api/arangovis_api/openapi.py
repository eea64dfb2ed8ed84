"""OpenAPI 3.1, made from the table of routes and what each responder declared with `operation`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from arangovis.domain.version import VERSION
from arangovis_api.errors import PROBLEM_MEDIA_TYPE
from arangovis_api.operation import JSON, Answer, Body, Operation
from arangovis_api.routes import Route, declared_operations
from arangovis_api.schemas.answers import Problem
from arangovis_api.schemas.base import Moment, Names, Number
from arangovis_api.schemas.compatibility import Labels
from arangovis_schema import VERTEX_KINDS
from arangovis_schema.documents import document_schema

OPENAPI_VERSION = "3.1.0"
_PATH_FIELD = re.compile(r"{([a-z_]+)}")
_PATH_FIELDS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "number": ("The small integer id of a model version.", {"type": "integer", "minimum": 1}),
    "kind": ("A kind of node.", {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$"}),
    "key": (
        "The key of a node: what stands behind the slash of its id.",
        {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.@+=-]{0,127}$"},
    ),
    "method": ("A method of projection, such as `umap`.", {"type": "string"}),
    "name": ("The name of a file, a frame, a model, a job or a saved search.", {"type": "string"}),
    "model": ("The integer id of a detector, or the name of its model.", {"type": "string"}),
    "frame": ("The name of a frame.", {"type": "string"}),
    "point": ("The number of a point, from 0.", {"type": "integer", "minimum": 0}),
    "instance": ("The id of a row.", {"type": "string"}),
    "package": ("The name of a package, such as `scikit-learn`.", {"type": "string"}),
    "delivery": ("The id of a message to a webhook.", {"type": "string"}),
    "digest": ("The SHA-256 of a content, in hex.", {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"}),
}
_PHRASES = {
    200: "Done; nothing is new.",
    201: "Made.",
    202: "Accepted; it is computed now.",
    204: "Done; there is nothing to answer.",
    304: "The client has this answer.",
}
_DESCRIPTION = """Provenance of machine-learning models: one lineage graph, and plots that know where they came from.

Ids of nodes are `kind/key`. Times are microseconds since 1970; `at` takes ISO 8601 too. Lists answer
`{"items": [...], "next_cursor": ...}`. Errors are problem documents (RFC 9457)."""


def openapi_document(table: Sequence[Route]) -> dict[str, Any]:
    """Return the document for a table of routes."""
    plugin = MarshmallowPlugin()
    spec = APISpec(
        title="arangovis",
        version=VERSION,
        openapi_version=OPENAPI_VERSION,
        info={"description": _DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        plugins=[plugin],
        # a token is needed if one is configured
        security=[{}, {"token": []}],
    )
    _describe_fields(plugin)
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", schema=Problem)
    for kind in VERTEX_KINDS:
        # what `attributes` of a node of this kind may hold
        spec.components.schema(f"attributes.{kind.name}", schema=document_schema(kind))
    for route in table:
        operations = {
            method: _operation(route.path, method, declared) for method, declared in declared_operations(route)
        }
        spec.path(path=route.path, operations=operations, parameters=_path_parameters(route.path))
    return spec.to_dict()


def _describe_fields(plugin: MarshmallowPlugin) -> None:
    types: dict[type, Mapping[str, Any]] = {
        Moment: {"type": ["integer", "string"]},
        Names: {"type": "string"},
        Number: {"type": "number"},
        Labels: {"type": "array", "items": {"type": ["string", "integer", "boolean"]}},
    }

    def describe(_: object, field: object, **__: object) -> dict[str, Any]:
        return dict(types.get(type(field), {}))

    assert plugin.converter is not None  # noqa: S101  # the plugin makes it when the specification takes it in
    plugin.converter.add_attribute_function(describe)  # type: ignore[no-untyped-call]


def _operation(path: str, method: str, declared: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": declared.summary,
        "operationId": f"{method}_{re.sub(r'[^a-z0-9]+', '_', path.lower()).strip('_') or 'page'}",
        "tags": [declared.tag],
        "responses": {str(status): _response(status, answer) for status, answer in declared.answers.items()},
    }
    described["responses"]["default"] = {
        "description": "An error.",
        "content": {PROBLEM_MEDIA_TYPE: {"schema": Problem}},
    }
    parameters = [] if declared.query is None else [{"in": "query", "schema": declared.query}]
    described["parameters"] = parameters + [_header(name, text) for name, text in declared.headers.items()]
    if declared.body is not None:
        described["requestBody"] = {
            "required": not declared.body.optional,
            "content": {media: {"schema": _content(declared.body, media)} for media in declared.body.media_types},
        }
    return described


def _content(body: Body, media_type: str) -> type[Schema] | dict[str, Any]:
    if body.schema is not None:
        return body.schema
    if body.described is not None and media_type == JSON:
        return body.described
    rows = {"type": "array", "items": {"type": "object"}}
    return rows if media_type == JSON else {"type": "string", "format": "binary"}


def _response(status: int, answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": _PHRASES.get(status, "Done.")}
    if status == 200 and answer is not None:
        described["description"] = "The answer."
    forms = answer if isinstance(answer, tuple) else () if answer is None else (answer,)
    if forms:
        described["content"] = dict(map(_form, forms))
    return described


def _form(form: type[Schema] | str) -> tuple[str, dict[str, Any]]:
    """Return the media type of one form of an answer, and what it holds."""
    if not isinstance(form, str):
        return JSON, {"schema": form}
    return form, {"schema": {"type": "object"} if form == JSON else {"type": "string"}}


def _header(name: str, description: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": False, "description": description, "schema": {"type": "string"}}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [_path_parameter(name) for name in _PATH_FIELD.findall(path)]


def _path_parameter(name: str) -> dict[str, Any]:
    description, schema = _PATH_FIELDS[name]
    return {"in": "path", "name": name, "required": True, "description": description, "schema": dict(schema)}
