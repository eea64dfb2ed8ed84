"""What every request goes through before its resource: faults, the database of its path, and who asks."""

from collections.abc import Callable, Iterable
from typing import Any

import orjson

from tests.arango_simulator.errors import ArangoError, error
from tests.arango_simulator.faults import Fault
from tests.arango_simulator.server import SYSTEM_DATABASE, Server
from tests.arango_simulator.users import unauthorized
from tests.arango_simulator.web.connections import SOCKET, Connections, cut
from tests.arango_simulator.web.context import DATABASE, JSON_TYPE, USER

Environment = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environment, StartResponse], Iterable[bytes]]

_OPEN = "/_open/"
_SIMULATOR = "/_simulator/"
_REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}


class Gate:
    """A WSGI application around the one that has the resources."""

    def __init__(self, server: Server, connections: Connections, inside: Application) -> None:
        self._server = server
        self._connections = connections
        self._inside = inside

    def __call__(self, environment: Environment, start_response: StartResponse) -> Iterable[bytes]:
        if SOCKET in environment:
            self._connections.seen(environment[SOCKET])
        database, path = split_path(environment["PATH_INFO"])
        environment["PATH_INFO"] = path
        if path.startswith(_SIMULATOR):
            return self._inside(environment, start_response)
        fault = self._server.faults.meet(database, environment["REQUEST_METHOD"], path)
        try:
            if fault is not None:
                self._suffer(fault, environment)
            self._admit(environment, database, path)
        except ArangoError as refusal:
            return refuse(refusal, start_response, bodiless=environment["REQUEST_METHOD"] == "HEAD")
        except _Cut:
            return self._cut(environment, start_response)
        answer = self._inside(environment, start_response)
        return self._cut(environment, None) if fault is not None and fault.kind == "do_then_drop" else answer

    def _admit(self, environment: Environment, database: str, path: str) -> None:
        """Find out who asks and whether the database is theirs."""
        if path.startswith(_OPEN):
            environment[DATABASE] = self._server.database(SYSTEM_DATABASE)
            return
        user = self._server.users.by_header(environment.get("HTTP_AUTHORIZATION", ""))
        environment[USER] = user
        environment[DATABASE] = self._server.database(database)
        if user.level(database) == "none" and not path.startswith("/_api/user/"):
            raise unauthorized()

    def _suffer(self, fault: Fault, environment: Environment) -> None:
        if fault.kind == "drop":
            raise _Cut
        if fault.kind == "unavailable":
            raise error(503)
        if fault.kind == "error":
            raise error(fault.number)
        if fault.kind == "hang":
            self._server.faults.released.wait(fault.seconds)

    def _cut(self, environment: Environment, start_response: StartResponse | None) -> Iterable[bytes]:
        """Cut the connection; what WSGI still wants to have is written to nobody."""
        cut(environment[SOCKET])
        if start_response is not None:
            start_response("503 Service Unavailable", [("Content-Length", "0"), ("Connection", "close")])
        return []


class _Cut(Exception):
    """The connection is to be cut."""


def split_path(path: str) -> tuple[str, str]:
    """Return the database that a path names, and the rest of the path."""
    if not path.startswith("/_db/"):
        return SYSTEM_DATABASE, path
    name, _, rest = path.removeprefix("/_db/").partition("/")
    return name.encode("latin-1").decode("utf-8", "replace"), f"/{rest}"


def refuse(refusal: ArangoError, start_response: StartResponse, *, bodiless: bool) -> Iterable[bytes]:
    """Answer with an error."""
    data = orjson.dumps(refusal.body())
    headers = [("Content-Type", JSON_TYPE), ("Content-Length", str(len(data)))]
    if refusal.status == 401:
        headers.append(("WWW-Authenticate", 'Bearer token_type="JWT", realm="ArangoDB"'))
    start_response(f"{refusal.status} {_REASONS.get(refusal.status, 'Error')}", headers)
    return [] if bodiless else [data]
