"""Databases, users and what the server says of itself (pages "Databases", "Users", "Administration")."""

import falcon

from tests.arango_simulator.errors import ArangoError, error
from tests.arango_simulator.server import SYSTEM_DATABASE, Server
from tests.arango_simulator.users import LEVELS, ROOT
from tests.arango_simulator.web.context import (
    body_of,
    check_administrator,
    database_of,
    flag,
    send,
    succeed,
    user_of,
)

VERSION = "3.12.5"


class _Resource:
    def __init__(self, server: Server) -> None:
        self._server = server

    def check_system(self, request: falcon.Request) -> None:
        """Raise 1230 outside of the system database, 11 for someone who may not change it."""
        if database_of(request).name != SYSTEM_DATABASE:
            raise error(1230)
        check_administrator(request)


class Databases(_Resource):
    """`/_api/database`."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        self.check_system(request)
        succeed(response, result=self._server.databases())

    def on_get_user(self, request: falcon.Request, response: falcon.Response) -> None:
        user = user_of(request)
        succeed(response, result=[name for name in self._server.databases() if user.level(name) != "none"])

    def on_get_current(self, request: falcon.Request, response: falcon.Response) -> None:
        database = database_of(request)
        described = {"name": database.name, "id": database.id, "isSystem": database.name == SYSTEM_DATABASE}
        succeed(response, result={**described, "path": "none", "sharding": "", "replicationFactor": 1})

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        self.check_system(request)
        self._server.create_database(body_of(request))
        succeed(response, 201, result=True)

    def on_delete_one(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        self.check_system(request)
        self._server.drop_database(name)
        succeed(response, result=True)


class Users(_Resource):
    """`/_api/user`."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        check_administrator(request, SYSTEM_DATABASE)
        succeed(response, result=[user.described() for user in self._server.users.all()])

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        check_administrator(request, SYSTEM_DATABASE)
        succeed(response, 201, **self._server.users.create(body_of(request)).described())


class OneUser(_Resource):
    """`/_api/user/<name>`; everyone may look at and change the own password."""

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        self._check(request, name)
        succeed(response, **self._server.users.get(name).described())

    def on_put(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        self._check(request, name)
        succeed(response, **self._server.users.change(name, body_of(request), replace=True).described())

    def on_patch(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        self._check(request, name)
        succeed(response, **self._server.users.change(name, body_of(request)).described())

    def on_delete(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        check_administrator(request, SYSTEM_DATABASE)
        if name == ROOT:
            raise error(11)
        self._server.users.remove(name)
        succeed(response, 202)

    def _check(self, request: falcon.Request, name: str) -> None:
        if user_of(request).name != name:
            check_administrator(request, SYSTEM_DATABASE)


class Permissions(_Resource):
    """`/_api/user/<name>/database[/<database>[/<collection>]]`."""

    def on_get_all(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        user = self._server.users.get(name)
        levels = {each: user.level(each) for each in self._server.databases()}
        if not flag(request, "full"):
            succeed(response, result={each: level for each, level in levels.items() if level != "none"})
            return
        full = {each: {"permission": level, "collections": self._own(name, each)} for each, level in levels.items()}
        succeed(response, result=full)

    def _own(self, name: str, database: str) -> dict[str, str]:
        grants = self._server.users.get(name).grants.items()
        return {place.partition("/")[2]: level for place, level in grants if place.startswith(f"{database}/")}

    def on_get(
        self, request: falcon.Request, response: falcon.Response, name: str, database: str, collection: str = ""
    ) -> None:
        user = self._server.users.get(name)
        level = user.collection_level(database, collection) if collection else user.level(database)
        succeed(response, result=level)

    def on_put(
        self, request: falcon.Request, response: falcon.Response, name: str, database: str, collection: str = ""
    ) -> None:
        check_administrator(request, SYSTEM_DATABASE)
        level = body_of(request).get("grant")
        if level not in LEVELS:
            raise error(10, "grant must be rw, ro or none")
        place = f"{database}/{collection}" if collection else database
        self._server.users.get(name).grants[place] = level
        succeed(response, **{place: level})

    def on_delete(
        self, request: falcon.Request, response: falcon.Response, name: str, database: str, collection: str = ""
    ) -> None:
        check_administrator(request, SYSTEM_DATABASE)
        place = f"{database}/{collection}" if collection else database
        self._server.users.get(name).grants.pop(place, None)
        succeed(response, 202)


class Authentication(_Resource):
    """`/_open/auth`: a token for a password."""

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        body, users = body_of(request), self._server.users
        name, password = body.get("username"), body.get("password")
        if not isinstance(name, str) or not isinstance(password, str):
            raise error(400, "username and password are required")
        try:
            active = users.get(users.checked(name, password)).active
        except ArangoError:
            active = False
        if not active:
            raise error(401, "Wrong credentials")
        send(response, 200, {"jwt": users.token(name)})


class Facts(_Resource):
    """What the server says of itself."""

    def on_get_version(self, request: falcon.Request, response: falcon.Response) -> None:
        details = {"details": {"mode": "server", "host": "simulator"}} if flag(request, "details") else {}
        send(response, 200, {"server": "arango", "license": "simulator", "version": VERSION, **details})

    def on_get_engine(self, request: falcon.Request, response: falcon.Response) -> None:
        send(response, 200, {"name": "rocksdb", "supports": {}})

    def on_get_time(self, request: falcon.Request, response: falcon.Response) -> None:
        succeed(response, time=self._server.clock.now_s())

    def on_get_role(self, request: falcon.Request, response: falcon.Response) -> None:
        succeed(response, role="SINGLE", mode="default")

    def on_get_mode(self, request: falcon.Request, response: falcon.Response) -> None:
        succeed(response, mode="default")

    def on_get_availability(self, request: falcon.Request, response: falcon.Response) -> None:
        succeed(response, mode="default")
