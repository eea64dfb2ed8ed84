"""The whole server: its databases, users, clock and faults."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.arango_simulator.clock import Clock
from tests.arango_simulator.database import Database
from tests.arango_simulator.errors import error
from tests.arango_simulator.faults import Faults
from tests.arango_simulator.users import Users

SYSTEM_DATABASE = "_system"
SYSTEM_COLLECTIONS = ("_analyzers", "_appbundles", "_apps", "_aqlfunctions", "_frontend", "_graphs", "_jobs", "_queues")
_DATABASE_NAME = re.compile(r"[^\W\d_][^/:\x00-\x1f]*")
DATABASE_NAME_BYTES_MAX = 128
LOCK_TIMEOUT_S = 30.0
"""The server waits 900 s for a collection that is locked exclusively; a test should hear of it before that."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a simulator is started; times in seconds."""

    root_password: str
    token_lifetime_s: float = 3600.0
    transaction_idle_s: float = 60.0
    lock_timeout_s: float = LOCK_TIMEOUT_S


class Server:
    """Everything that is shared by all requests."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._databases: dict[str, Database] = {}
        self.clock = Clock()
        self.faults = Faults()
        self.users = Users(options.root_password, clock=self.clock, token_lifetime_s=options.token_lifetime_s)
        self._create(SYSTEM_DATABASE)
        self.database(SYSTEM_DATABASE).create_collection("_users", {"isSystem": True})

    def database(self, name: str) -> Database:
        """Return a database; 1228 if there is none."""
        try:
            return self._databases[name]
        except KeyError:
            raise error(1228) from None

    def databases(self) -> list[str]:
        """Return the names of all databases."""
        return sorted(self._databases)

    def create_database(self, body: Mapping[str, Any]) -> None:
        """Create a database and the users that come with it; 1229 for a bad name, 1207 if it is taken."""
        name = body.get("name")
        good = isinstance(name, str) and _DATABASE_NAME.fullmatch(name) and name == name.strip()
        if not good or len(str(name).encode()) > DATABASE_NAME_BYTES_MAX:
            raise error(1229)
        with self._lock:
            if name in self._databases:
                raise error(1207)
            self._create(str(name))
        for given in body.get("users") or ():
            self._admit(str(name), given)

    def _create(self, name: str) -> None:
        options = self._options
        times = {"transaction_idle_s": options.transaction_idle_s, "lock_timeout_s": options.lock_timeout_s}
        database = Database(name, clock=self.clock, **times)
        for collection in SYSTEM_COLLECTIONS:
            database.create_collection(collection, {"isSystem": True})
        self._databases[name] = database

    def _admit(self, database: str, given: Mapping[str, Any]) -> None:
        """Create a user that comes with a new database, unless there is one of that name; it may write there."""
        name = given.get("username", given.get("user"))
        if name not in [user.name for user in self.users.all()]:
            self.users.create({**given, "user": name})
        self.users.get(str(name)).grants[database] = "rw"

    def drop_database(self, name: str) -> None:
        """Drop a database with everything in it; 1228 if there is none."""
        with self._lock:
            if name == SYSTEM_DATABASE:
                raise error(11)
            database = self.database(name)
            del self._databases[name]
        with database.lock:
            database.streams.abort_all()
        for user in self.users.all():
            user.grants.pop(name, None)

    def restart(self) -> None:
        """Lose what a restart loses: open transactions, cursors and tokens. Committed data stays."""
        for name in self.databases():
            self._databases[name].restart()
        self.users.forget_tokens()

    def lose_cursors(self) -> None:
        """Forget all cursors of all databases."""
        for database in list(self._databases.values()):
            database.cursors.lose_all()
