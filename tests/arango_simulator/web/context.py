"""What every resource needs: the request's database, body, flags and transaction, and the form of answers."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import falcon
import orjson

from tests.arango_simulator.database import Database
from tests.arango_simulator.errors import error
from tests.arango_simulator.transaction import Transaction
from tests.arango_simulator.users import User

DATABASE = "arango_simulator.database"
USER = "arango_simulator.user"
TRANSACTION_HEADER = "HTTP_X_ARANGO_TRX_ID"
JSON_TYPE = "application/json; charset=utf-8"
_FALSE = frozenset(("", "0", "false", "no", "off", "n"))


def database_of(request: falcon.Request) -> Database:
    """Return the database that a request is about."""
    database: Database = request.env[DATABASE]
    return database


def user_of(request: falcon.Request) -> User:
    """Return who sends a request."""
    user: User = request.env[USER]
    return user


def body_of(request: falcon.Request, *, kind: type | tuple[type, ...] = dict) -> Any:
    """Return the body; 600 if it is no JSON or of another type."""
    data = request.bounded_stream.read()
    try:
        body = orjson.loads(data) if data else {}
    except orjson.JSONDecodeError:
        raise error(600, "VPackError error: Expecting digit or valid JSON") from None
    if not isinstance(body, kind):
        raise error(600, "expecting another type of value in the body")
    return body


def flag(request: falcon.Request, name: str, *, default: bool = False) -> bool:
    """Return a boolean of the query string."""
    value = request.get_param(name)
    return default if value is None else value.lower() not in _FALSE


def send(response: falcon.Response, status: int, payload: object) -> None:
    """Answer with JSON."""
    response.status = status
    response.content_type = JSON_TYPE
    response.data = orjson.dumps(payload)


def succeed(response: falcon.Response, status: int = 200, /, **more: object) -> None:
    """Answer with an object that says that there was no error."""
    send(response, status, {"error": False, "code": status, **more})


def check_writable(request: falcon.Request, collections: Iterable[str]) -> None:
    """Raise 1004 if the user may only read, 11 if not even that."""
    user, database = user_of(request), database_of(request).name
    for collection in collections:
        level = user.collection_level(database, collection)
        if level != "rw":
            raise error(1004 if level == "ro" else 11)


def check_readable(request: falcon.Request, collections: Iterable[str]) -> None:
    """Raise 11 if the user may not read."""
    user, database = user_of(request), database_of(request).name
    if any(user.collection_level(database, collection) == "none" for collection in collections):
        raise error(11)


def check_administrator(request: falcon.Request, database: str | None = None) -> None:
    """Raise 11 unless the user may change the database itself."""
    if user_of(request).level(database or database_of(request).name) != "rw":
        raise error(11)


@contextmanager
def transaction_of(
    request: falcon.Request, *, read: Iterable[str] = (), write: Iterable[str] = ()
) -> Iterator[Transaction]:
    """Yield the stream transaction that the request names, or one of its own that is committed at the end."""
    check_readable(request, read)
    check_writable(request, write)
    database, named = database_of(request), request.env.get(TRANSACTION_HEADER)
    own = database.transaction(write=write) if named is None else database.streams.using(named)
    with own as transaction:
        yield transaction


def merged(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return objects joined into one."""
    return {name: value for part in parts for name, value in part.items()}
