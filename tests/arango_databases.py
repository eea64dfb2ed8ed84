"""Databases of ArangoDB for tests: each test its own, on the simulator or on the server of ARANGOVIS_TEST_ARANGO_URL.

The URL is as `http://127.0.0.1:8529`, with root's password in ARANGOVIS_TEST_ARANGO_PASSWORD or in the file that
ARANGOVIS_TEST_ARANGO_PASSWORD_FILE names. The databases begin with `arangovis_test_` and are dropped after use.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from arangovis.stores.arango.address import Address, parse
from arangovis.stores.arango.connection import Connection, Patience
from arangovis.stores.arango.provision import provision
from arangovis.stores.arango.store import ArangoStore
from tests.arango_simulator.process import Simulator, running_simulator

URL_VARIABLE = "ARANGOVIS_TEST_ARANGO_URL"
PASSWORD_VARIABLE = "ARANGOVIS_TEST_ARANGO_PASSWORD"
PATIENCE = Patience(connect_s=5, read_s=30, deadline_s=40, tries_max=4, pause_s=0.01)


@dataclass(frozen=True, slots=True)
class Server:
    """A server to make databases on; `simulator` is None where it is a real one."""

    url: str
    root_password: str
    simulator: Simulator | None = None

    def store_url(self, database: str) -> str:
        """Return a store's URL."""
        return f"arango+{self.url.replace('://', '://root@', 1)}/{database}"

    def fresh(self) -> Address:
        """Make a database and return where it is."""
        url = self.store_url(f"arangovis_test_{uuid4().hex}")
        provision(url, password=self.root_password, root_password=self.root_password, patience=PATIENCE)
        return parse(url, self.root_password)

    def migrated(self) -> Address:
        """Make a database that is set up and empty, and return where it is."""
        address = self.fresh()
        self.set_up(address)
        return address

    def set_up(self, address: Address) -> None:
        """Set a database up, if it is not. The simulator does so once for all, and then copies that one."""
        if self.simulator is None:
            return _migrate(address)
        if self.url not in _set_up:
            first = self.fresh()
            _migrate(first)
            _set_up[self.url] = first.database
        return self.simulator.copy(_set_up[self.url], address.database)


_set_up: dict[str, str] = {}
"""By the URL of a simulator, the database that others are copied from."""


def _migrate(address: Address) -> None:
    store = ArangoStore(address, patience=PATIENCE)
    store.migrate()
    store.close()


@contextmanager
def running_server() -> Iterator[Server]:
    """Yield the server of the environment, or a simulator."""
    url = os.environ.get(URL_VARIABLE, "")
    if url:
        yield Server(url.rstrip("/"), _root_password())
        return
    with running_simulator() as simulator:
        yield Server(simulator.url, simulator.root_password, simulator)


def drop(address: Address) -> None:
    """Drop a database."""
    connection = Connection(replace(address, database="_system"), PATIENCE)
    try:
        connection.once(lambda system: system.delete_database(address.database))
    finally:
        connection.close()


class PassingStore(ArangoStore):
    """A store whose database is set up, and goes with it."""

    def __init__(self, server: Server, *, clock: Callable[[], int] | None = None) -> None:
        self.address = server.migrated()
        super().__init__(self.address, clock=clock, patience=PATIENCE)

    def close(self) -> None:
        """Close, and drop the database."""
        super().close()
        drop(self.address)


def _root_password() -> str:
    file = os.environ.get(f"{PASSWORD_VARIABLE}_FILE", "")
    return Path(file).read_text("utf-8").strip() if file else os.environ.get(PASSWORD_VARIABLE, "")
