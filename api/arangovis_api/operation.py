"""What a route takes and gives, said once: it validates requests, and the OpenAPI document is made from it.

    @operation("Register a project", body=ProjectSchema, answers={201: Registered, 200: Registered})
    def on_post(self, req, resp, *, body): ...

`query` and `body` are marshmallow schemas whose `post_load` builds a frozen dataclass, so a responder sees no dict.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import Any, Protocol, TypeAlias, TypedDict, TypeVar, Unpack, cast

import falcon
import orjson
from marshmallow import Schema, ValidationError

from arangovis.domain.access import Role
from arangovis.domain.errors import Fault, InvalidInput, TooLarge, UnsupportedMedia
from arangovis_api.faults import faults_in, with_values
from arangovis_api.nesting import check_nesting

JSON = "application/json"
JSON_BYTES_MAX = 32 << 20
"""Of a body that is one JSON object; bodies of rows have a limit of their own."""


Answer: TypeAlias = type[Schema] | str | tuple[type[Schema] | str, ...] | None
"""Of one status: a schema, a media type for other than JSON, several forms of one answer, or None for no body."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries."""

    schema: type[Schema] | None = None
    """Of a JSON object; None if the responder reads the bytes itself."""
    optional: bool = False
    media_types: tuple[str, ...] = (JSON,)
    untyped: bool = False
    """Whether a body without a Content-Type is taken too."""
    read: Callable[[Mapping[str, Any]], object] | None = None
    """Reads the object in place of the schema, which then only documents it: where marshmallow is too slow."""
    described: type[Schema] | None = None
    """Documents a JSON object that the responder reads itself, beside other media types."""


@dataclass(frozen=True, slots=True)
class Operation:
    """The declaration of one responder."""

    summary: str
    query: type[Schema] | None = None
    body: Body | None = None
    answers: Mapping[int, Answer] = field(default_factory=dict)
    tag: str = "native"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Request headers that the responder looks at, and what they mean."""
    needs: Role | None = Role.READ
    """What the caller must be allowed; None lets everybody in."""


class _Responder(Protocol):
    operation: Operation


class _More(TypedDict, total=False):
    """What is seldom declared."""

    headers: Mapping[str, str]
    needs: Role | None


R = TypeVar("R", bound=Callable[..., None])


def operation(
    summary: str,
    *,
    query: type[Schema] | None = None,
    body: type[Schema] | Body | None = None,
    answers: Mapping[int, Answer],
    tag: str = "native",
    **more: Unpack[_More],
) -> Callable[[R], R]:
    """Declare a responder; it is called with `query=` and `body=` loaded, where declared.

    It needs the role `read` if it answers GET, else `write`, unless `needs` says otherwise.
    """
    carried = Body(body) if isinstance(body, type) else body

    def decorate(responder: R) -> R:
        needs = more["needs"] if "needs" in more else _needed(responder.__name__)
        declared = Operation(summary, query, carried, answers, tag, more.get("headers") or {}, needs)

        @wraps(responder)
        def handle(self: object, req: falcon.Request, resp: falcon.Response, **path: str) -> None:
            arguments: dict[str, object] = dict(path)
            if declared.query is not None:
                arguments["query"] = load(declared.query, req.params)
            if carried is not None and carried.schema is not None:
                arguments["body"] = _loaded(carried, carried.schema, req)
            elif carried is not None and not _may_be_untyped(carried, req):
                check_media_type(req, carried.media_types)
            responder(self, req, resp, **arguments)

        cast("_Responder", handle).operation = declared
        return cast("R", handle)

    return decorate


def _needed(responder: str) -> Role:
    return Role.READ if responder.startswith(("on_get", "on_head")) else Role.WRITE


def _may_be_untyped(body: Body, req: falcon.Request) -> bool:
    return not req.content_type and (body.untyped or (body.optional and not req.content_length))


def _loaded(body: Body, schema: type[Schema], req: falcon.Request) -> object:
    document = read_json(req, optional=body.optional)
    return load(schema, document) if body.read is None else body.read(document)


def declared_operation(responder: object) -> Operation | None:
    """Return what `operation` declared for a responder, or None."""
    return getattr(responder, "operation", None)


def read_json(req: falcon.Request, *, optional: bool = False) -> dict[str, Any]:
    """Read a JSON object from the body.

    Raises:
        InvalidInput: it is not a JSON object, or has too many levels.
        UnsupportedMedia: the Content-Type is another.
        TooLarge: it has more than JSON_BYTES_MAX bytes.

    """
    if not req.content_length and optional:
        return {}
    check_media_type(req, (JSON,))
    if (req.content_length or 0) > JSON_BYTES_MAX:
        raise TooLarge(f"the body has {req.content_length} bytes; at most {JSON_BYTES_MAX} of JSON are read here")
    try:
        loaded = orjson.loads(req.bounded_stream.read())
    except orjson.JSONDecodeError as error:
        raise InvalidInput.of(Fault("body", f"is not valid JSON: {error}")) from error
    if not isinstance(loaded, dict):
        raise InvalidInput.of(Fault("body", "is not a JSON object"))
    check_nesting("body", loaded)
    return loaded


def check_media_type(req: falcon.Request, allowed: tuple[str, ...]) -> str:
    """Return the Content-Type without its parameters.

    Raises:
        UnsupportedMedia: it is not one of those allowed.

    """
    given = (req.content_type or "").partition(";")[0].strip().lower()
    if given not in allowed:
        raise UnsupportedMedia.of(Fault("Content-Type", f"{given[:80]!r} is not one of {', '.join(allowed)}"))
    return given


def load(schema: type[Schema], document: Mapping[str, Any]) -> Any:
    """Load a document through a schema.

    Raises:
        InvalidInput: it names every field at fault.

    """
    try:
        return _made(schema).load(document)
    except ValidationError as error:
        raise InvalidInput.of(*with_values(faults_in(error.messages), document)) from error


@cache
def _made(schema: type[Schema]) -> Schema:
    """Return the one instance of a schema: making it copies all its fields, and loading leaves it as it was."""
    return schema()
