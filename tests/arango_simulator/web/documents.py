"""Documents, one or many in a request (page "HTTP interface for documents")."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import falcon

from tests.arango_simulator.documents import split_id
from tests.arango_simulator.errors import ArangoError, error, precondition_failed
from tests.arango_simulator.transaction import Transaction
from tests.arango_simulator.web.context import body_of, database_of, flag, send, transaction_of
from tests.arango_simulator.world import Document

Outcome = dict[str, Any]
MODES = ("ignore", "replace", "update", "conflict")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of a write that the query string and the headers give."""

    return_new: bool
    return_old: bool
    silent: bool
    ignore_revisions: bool
    keep_null: bool
    merge_objects: bool
    overwrite: str | None
    if_match: str | None


def wanted(request: falcon.Request) -> Wanted:
    """Read the options of a write."""
    mode = request.get_param("overwriteMode") or ("replace" if flag(request, "overwrite") else None)
    if mode is not None and mode not in MODES:
        raise error(10, "invalid overwriteMode")
    return Wanted(
        return_new=flag(request, "returnNew"),
        return_old=flag(request, "returnOld"),
        silent=flag(request, "silent"),
        ignore_revisions=flag(request, "ignoreRevs", default=True),
        keep_null=flag(request, "keepNull", default=True),
        merge_objects=flag(request, "mergeObjects", default=True),
        overwrite=None if mode == "conflict" else mode,
        if_match=etag(request, "If-Match"),
    )


def etag(request: falcon.Request, header: str) -> str | None:
    """Return a revision from a header, without its quotes."""
    value = request.get_header(header)
    return None if value is None else value.strip('"')


def identity(document: Mapping[str, Any]) -> Outcome:
    """Return the system attributes."""
    return {name: document[name] for name in ("_id", "_key", "_rev")}


def outcome(old: Document | None, new: Document | None, options: Wanted) -> Outcome:
    """Return what a write answers."""
    if options.silent:
        return {}
    answer = identity(new or old or {})
    if old is not None and new is not None and old is not new:
        answer["_oldRev"] = old["_rev"]
    if options.return_old and old is not None:
        answer["old"] = old
    if options.return_new and new is not None:
        answer["new"] = None if old is new else new
    return answer


# --- one write ----------------------------------------------------------------------------------------------------


def insert(world: Transaction, collection: str, document: Document, options: Wanted) -> Outcome:
    """Insert one document."""
    old, new = world.insert(
        collection,
        document,
        overwrite=options.overwrite,
        keep_null=options.keep_null,
        merge_objects=options.merge_objects,
    )
    return outcome(old, new, options)


def update(world: Transaction, collection: str, document: Document, options: Wanted) -> Outcome:
    """Patch the document that the patch names."""
    key, rev = key_of(collection, document), revision_of(document, options)
    old, new = world.update(
        collection, key, document, rev=rev, keep_null=options.keep_null, merge_objects=options.merge_objects
    )
    return outcome(old, new, options)


def replace(world: Transaction, collection: str, document: Document, options: Wanted) -> Outcome:
    """Replace the document that the new one names."""
    key, rev = key_of(collection, document), revision_of(document, options)
    return outcome(*world.replace(collection, key, document, rev=rev), options)


def remove(world: Transaction, collection: str, document: Any, options: Wanted) -> Outcome:
    """Remove a document, given as key, identifier or object."""
    key, rev = key_of(collection, document), revision_of(document, options)
    return outcome(world.remove(collection, key, rev=rev), None, options)


def read(world: Transaction, collection: str, document: Any, options: Wanted) -> Outcome:
    """Return a document, given as key, identifier or object."""
    found = world.get(collection, key_of(collection, document))
    if found is None:
        raise error(1202)
    rev = revision_of(document, options)
    if rev is not None and rev != found["_rev"]:
        raise precondition_failed(found)
    return found


def key_of(collection: str, selector: Any) -> str:
    """Return the key that a document, an identifier or a key names; 1205 or 1213 if it names none here."""
    if isinstance(selector, dict):
        selector = selector.get("_key", selector.get("_id"))
    if not isinstance(selector, str):
        raise error(1205)
    if "/" not in selector:
        return selector
    name, key = split_id(selector)
    if name != collection:
        raise error(1213)
    return key


def revision_of(selector: Any, options: Wanted) -> str | None:
    """Return the revision that the document must have: of the header first, then of the body if that counts."""
    if options.if_match is not None:
        return options.if_match
    given = selector.get("_rev") if isinstance(selector, dict) and not options.ignore_revisions else None
    if given is not None and not isinstance(given, str):
        raise error(1239)
    return given


# --- resources ----------------------------------------------------------------------------------------------------

Operation = Callable[[Transaction, str, Any, Wanted], Outcome]


def respond(request: falcon.Request, response: falcon.Response, collection: str, *, operation: Operation) -> None:
    """Do one write, or one for each element of an array; a failed element does not stop the others."""
    body, options = body_of(request, kind=(dict, list, str)), wanted(request)
    status = written(request, collection)
    with transaction_of(request, read=[collection], write=[collection]) as world:
        world.database.collection(collection)
        if not isinstance(body, list):
            answer = operation(world, collection, body, options)
            locate(request, response, answer)
            send(response, status, answer)
            return
        answers = [attempt(operation, world, collection, item, options) for item in body]
    send_all(response, status, answers, silent=options.silent)


def written(request: falcon.Request, collection: str) -> int:
    """Return the status of a write: 201 if it was waited for that it is on disk, else 202."""
    return 201 if flag(request, "waitForSync") or database_of(request).collection(collection).wait_for_sync else 202


def attempt(operation: Operation, world: Transaction, collection: str, item: Any, options: Wanted) -> Outcome:
    """Return what an operation answers, or its error as a document."""
    try:
        return operation(world, collection, item, options)
    except ArangoError as refusal:
        return {"error": True, "errorNum": refusal.number, "errorMessage": refusal.message}


def send_all(response: falcon.Response, status: int, answers: Iterable[Outcome], *, silent: bool) -> None:
    """Answer many operations, and count the errors in a header."""
    answers = list(answers)
    failed = [answer for answer in answers if answer.get("error") is True and "errorNum" in answer]
    if failed:
        counts = Counter(answer["errorNum"] for answer in failed)
        response.set_header("X-Arango-Error-Codes", ",".join(f"{n}:{count}" for n, count in counts.items()))
    send(response, status, (failed or {}) if silent else answers)


def locate(request: falcon.Request, response: falcon.Response, answer: Outcome) -> None:
    """Say in the headers where a document is and which revision it has."""
    if "_rev" in answer:
        response.set_header("ETag", f'"{answer["_rev"]}"')
        response.set_header("Location", f"/_db/{database_of(request).name}/_api/document/{answer['_id']}")


class CollectionDocuments:
    """`/_api/document/<collection>`."""

    def on_post(self, request: falcon.Request, response: falcon.Response, collection: str) -> None:
        respond(request, response, collection, operation=insert)

    def on_put(self, request: falcon.Request, response: falcon.Response, collection: str) -> None:
        if not flag(request, "onlyget"):
            respond(request, response, collection, operation=replace)
            return
        options = wanted(request)
        with transaction_of(request, read=[collection]) as world:
            world.database.collection(collection)
            items = body_of(request, kind=list)
            send_all(response, 200, [attempt(read, world, collection, i, options) for i in items], silent=False)

    def on_patch(self, request: falcon.Request, response: falcon.Response, collection: str) -> None:
        respond(request, response, collection, operation=update)

    def on_delete(self, request: falcon.Request, response: falcon.Response, collection: str) -> None:
        respond(request, response, collection, operation=remove)
        if response.status == "201 Created":
            response.status = 200


class SingleDocument:
    """`/_api/document/<collection>/<key>`."""

    def on_get(self, request: falcon.Request, response: falcon.Response, collection: str, key: str) -> None:
        options = wanted(request)
        with transaction_of(request, read=[collection]) as world:
            document = read(world, collection, key, options)
        response.set_header("ETag", f'"{document["_rev"]}"')
        if etag(request, "If-None-Match") == document["_rev"]:
            response.status = 304
            return
        send(response, 200, document)

    on_head = on_get

    def on_put(self, request: falcon.Request, response: falcon.Response, collection: str, key: str) -> None:
        self._modify(request, response, (collection, key), replace)

    def on_patch(self, request: falcon.Request, response: falcon.Response, collection: str, key: str) -> None:
        self._modify(request, response, (collection, key), update)

    def on_delete(self, request: falcon.Request, response: falcon.Response, collection: str, key: str) -> None:
        options, status = wanted(request), written(request, collection)
        with transaction_of(request, read=[collection], write=[collection]) as world:
            answer = remove(world, collection, key, options)
        locate(request, response, answer)
        send(response, 200 if status == 201 else 202, answer)

    def _modify(
        self, request: falcon.Request, response: falcon.Response, place: tuple[str, str], operation: Operation
    ) -> None:
        collection, key = place
        body, options = body_of(request), wanted(request)
        status = written(request, collection)
        with transaction_of(request, read=[collection], write=[collection]) as world:
            answer = operation(world, collection, {**body, "_key": key}, options)
        locate(request, response, answer)
        send(response, status, answer)


class Edges:
    """`/_api/edges/<collection>`: the edges of a vertex."""

    def on_get(self, request: falcon.Request, response: falcon.Response, collection: str) -> None:
        vertex = request.get_param("vertex")
        if not vertex:
            raise error(10, "missing 'vertex'")
        direction = request.get_param("direction") or "any"
        with transaction_of(request, read=[collection]) as world:
            found = incident(world, collection, vertex, direction)
        send(
            response,
            200,
            {"error": False, "code": 200, "edges": found, "stats": {"scannedIndex": len(found), "filtered": 0}},
        )


def incident(world: Transaction, collection: str, vertex: str, direction: str) -> list[Document]:
    """Return the edges of a vertex in a direction: `in`, `out` or `any`."""
    ways = {"in": ("inbound",), "out": ("outbound",), "any": ("outbound", "inbound")}.get(direction)
    if ways is None:
        raise error(10, "direction must be in, out or any")
    edges = [edge for way in ways for edge in world.edges(collection, vertex, way)]
    return list({edge["_key"]: edge for edge in edges}.values())
