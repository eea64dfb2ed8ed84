"""The client that this process opened last: what a notebook means if it names none."""

import threading
import weakref
from typing import TYPE_CHECKING

from arangovis.domain.errors import Conflict

if TYPE_CHECKING:
    from arangovis.client.client import Client


def remember(client: "Client") -> "Client":
    """Keep a client in mind as long as it lives, and return it."""
    with _lock:
        _opened[:] = [known for known in _opened if (found := known()) is not None and _is_open(found)]
        _opened.append(weakref.ref(client))
    return client


def newest() -> "Client | None":
    """Return the client that was opened last and is open still."""
    with _lock:
        living = [client for known in _opened if (client := known()) is not None and _is_open(client)]
    return living[-1] if living else None


def _is_open(client: "Client") -> bool:
    try:
        return client.backend is not None
    except Conflict:
        return False


_lock = threading.Lock()
_opened: "list[weakref.ref[Client]]" = []
