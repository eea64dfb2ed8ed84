"""The clients behind arangopipe's classes: one for each service, shared in this process and closed at its end."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arangovis.client import connect
from arangovis.client.client import Client
from arangovis.client.connection import URL_VARIABLE
from arangovis.client.exits import closing_at_exit
from arangovis.compat.arangopipe.config import DATABASE
from arangovis.compat.arangopipe.parameters import HOME, URL
from arangovis.domain.errors import Conflict

_clients: dict[tuple[str | None, str | None], Client] = {}
_lock = threading.Lock()


def client_of(cfg: Mapping[str, Mapping[str, Any]]) -> Client:
    """Return a client of the service that a configuration names, else of the settings' one."""
    given = cfg.get(DATABASE, {})
    return shared(given.get(URL) or None, given.get(HOME) or None)


def client_for(database: object) -> Client:
    """Return a client for what stands in a database's place.

    It is a client itself, the URL or the home folder of a service, or any object, such as a connection of ArangoDB's
    driver: that means the service of the settings.
    """
    if isinstance(database, Client):
        return database
    if isinstance(database, os.PathLike):
        return shared(None, str(Path(database)))
    if isinstance(database, str):
        is_url = database.startswith(("http://", "https://"))
        return shared(database if is_url else None, None if is_url else database)
    return shared(None, None)


def shared(url: str | None, home: str | None) -> Client:
    """Return the client of a service, made when it is first asked for."""
    where = (url, home) if url or home else (os.environ.get(URL_VARIABLE) or None, os.environ.get("ARANGOVIS_HOME"))
    with _lock:
        if where not in _clients or not _is_open(_clients[where]):
            if not _clients:
                closing_at_exit(close_connections)
            _clients[where] = connect(url, home=home)
        return _clients[where]


def close_connections() -> None:
    """Close the clients that arangopipe's classes share; the next one that is made connects again."""
    with _lock:
        for client in _clients.values():
            client.close()
        _clients.clear()


def _is_open(client: Client) -> bool:
    try:
        return client.backend is not None
    except Conflict:
        return False
