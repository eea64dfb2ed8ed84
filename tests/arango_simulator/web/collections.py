"""Collections and their indexes (pages "HTTP interface for collections", "HTTP interface for indexes")."""

import re
from typing import Any

import falcon

from tests.arango_simulator.collection import DOCUMENTS, EDGES, Collection
from tests.arango_simulator.errors import error, not_implemented
from tests.arango_simulator.index_requests import build, definition_of
from tests.arango_simulator.schemas import SchemaRule
from tests.arango_simulator.web.context import (
    body_of,
    check_administrator,
    database_of,
    flag,
    send,
    succeed,
    transaction_of,
)

_NAME = re.compile(r"[^\W\d_][^/:\x00-\x1f]*")
_SYSTEM_NAME = re.compile(r"_[A-Za-z][\w-]*")
NAME_BYTES_MAX = 256


def checked_name(name: object, *, system: bool) -> str:
    """Return the name for a new collection; 1208 if it cannot be one."""
    rule = _SYSTEM_NAME if system and str(name).startswith("_") else _NAME
    if not isinstance(name, str) or not rule.fullmatch(name) or len(name.encode()) > NAME_BYTES_MAX:
        raise error(1208)
    return name


def change(collection: Collection, body: dict[str, Any]) -> None:
    """Change the properties that can be changed: `schema` and `waitForSync`; 501 for what else a request names."""
    unknown = body.keys() - {"schema", "waitForSync", "replicationFactor", "writeConcern", "computedValues"}
    if unknown or body.get("computedValues"):
        raise not_implemented(f"changing {', '.join(sorted(unknown)) or 'computed values'} of a collection")
    if "schema" in body:
        collection.schema = SchemaRule(body["schema"]) if body["schema"] else None
    collection.wait_for_sync = bool(body.get("waitForSync", collection.wait_for_sync))


class Collections:
    """`/_api/collection`."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        without_system = flag(request, "excludeSystem")
        found = [each for each in list(database_of(request).collections.values()) if not each.system]
        if not without_system:
            found = list(database_of(request).collections.values())
        succeed(response, result=[collection.described() for collection in found])

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        check_administrator(request)
        body = body_of(request)
        name = checked_name(body.get("name"), system=bool(body.get("isSystem")))
        if body.get("type", DOCUMENTS) not in (DOCUMENTS, EDGES):
            raise error(1218)
        collection = database_of(request).create_collection(name, body)
        succeed(response, **collection.properties())


class OneCollection:
    """`/_api/collection/<name>` and the resources below it."""

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        succeed(response, **database_of(request).collection(name).described())

    def on_delete(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        check_administrator(request)
        collection = database_of(request).collection(name)
        if collection.system and not flag(request, "isSystem"):
            raise error(11)
        succeed(response, id=database_of(request).drop_collection(name).id)

    def on_get_part(self, request: falcon.Request, response: falcon.Response, name: str, part: str) -> None:
        collection = database_of(request).collection(name)
        if part == "properties":
            succeed(response, **collection.properties())
        elif part == "count":
            with transaction_of(request, read=[name]) as world:
                count = world.count(name)
            succeed(response, **collection.properties(), count=count)
        else:
            raise not_implemented(f"GET /_api/collection/<name>/{part}")

    def on_put_part(self, request: falcon.Request, response: falcon.Response, name: str, part: str) -> None:
        collection = database_of(request).collection(name)
        if part == "truncate":
            with transaction_of(request, write=[name]) as world:
                world.truncate(name)
            succeed(response, **collection.described())
        elif part == "properties":
            check_administrator(request)
            change(collection, body_of(request))
            succeed(response, **collection.properties())
        elif part in ("load", "unload", "loadIndexesIntoMemory"):
            succeed(response, **collection.described(), result=True)
        else:
            raise not_implemented(f"PUT /_api/collection/<name>/{part}")


class Indexes:
    """`/_api/index`."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        collection = self._collection(request)
        described = [definition.described(collection.name) for definition in collection.definitions()]
        by_id = {index["id"]: index for index in described}
        succeed(response, indexes=described, identifiers=by_id)

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        check_administrator(request)
        database, collection = database_of(request), self._collection(request)
        definition = definition_of(body_of(request))
        with database.lock:
            for existing in collection.definitions():
                if existing.same_as(definition):
                    self._answer(response, 200, existing.described(collection.name), new=False)
                    return
                if existing.name == definition.name:
                    raise error(1207)
            build(collection, definition)
        self._answer(response, 201, definition.described(collection.name), new=True)

    def _collection(self, request: falcon.Request) -> Collection:
        name = request.get_param("collection")
        if not name:
            raise error(1204)
        return database_of(request).collection(name)

    def _answer(self, response: falcon.Response, status: int, index: dict[str, Any], *, new: bool) -> None:
        send(response, status, {**index, "isNewlyCreated": new, "error": False, "code": status})


class OneIndex:
    """`/_api/index/<collection>/<id>`; an index may be named by its name too."""

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str, index_id: str) -> None:
        collection = database_of(request).collection(name)
        for definition in collection.definitions():
            if index_id in (definition.id, definition.name):
                succeed(response, **definition.described(name))
                return
        raise error(1212)

    def on_delete(self, request: falcon.Request, response: falcon.Response, name: str, index_id: str) -> None:
        check_administrator(request)
        database, collection = database_of(request), database_of(request).collection(name)
        with database.lock:
            found = [d for d in collection.definitions() if index_id in (d.id, d.name)]
            if not found:
                raise error(1212)
            if not collection.drop_index(found[0].id):
                raise error(11)
        succeed(response, id=f"{name}/{found[0].id}")
