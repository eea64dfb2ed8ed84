"""Finding the service: a server if there is a URL, else the embedded store in this process."""

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING

from arangovis.client.client import Client
from arangovis.client.opened import remember
from arangovis.client.transport import Identity, check_actor
from arangovis.domain.errors import Fault, InvalidInput

if TYPE_CHECKING:
    from arangovis.wiring import Arangovis

URL_VARIABLE = "ARANGOVIS_URL"
TOKEN_VARIABLE = "ARANGOVIS_TOKEN"  # noqa: S105 - the name of a variable


def connect(
    url: str | None = None, *, home: str | Path | None = None, token: str | None = None, actor: str | None = None
) -> Client:
    """Return a client.

    Args:
        url: a server such as `http://127.0.0.1:5000`; default `ARANGOVIS_URL`. Without either, or with a `home`, the
            client works in this process on the embedded store.
        home: folder of the embedded store; default `ARANGOVIS_HOME` or `~/.arangovis`.
        token: the server's bearer token; default `ARANGOVIS_TOKEN`.
        actor: who acts, recorded on every change; default the user's name.

    Raises:
        InvalidInput: the URL, the name or a setting is not valid, or both a URL and a home are given.

    """
    who = check_actor(actor or user_name())
    address = server_url(url, home)
    if address is None:
        return remember(_local(home, who))
    from arangovis.client.http_transport import HttpTransport
    from arangovis.client.remote import RemoteBackend

    identity = Identity(token or os.environ.get(TOKEN_VARIABLE) or None, who)
    return remember(Client(RemoteBackend(HttpTransport(address, identity))))


def connect_to(service: "Arangovis", *, actor: str | None = None) -> Client:
    """Return a client of a service that is open in this process already; closing the client closes the service."""
    from arangovis.client.local import LocalBackend

    return Client(LocalBackend(service, check_actor(actor or user_name())))


def server_url(url: str | None, home: str | Path | None) -> str | None:
    """Return the server that is meant, or None for the embedded store.

    Raises:
        InvalidInput: both a URL and a home are given.

    """
    if url and home:
        raise InvalidInput.of(Fault("url", "is given together with a home; give one of them"))
    return url or (None if home else os.environ.get(URL_VARIABLE)) or None


def _local(home: str | Path | None, actor: str) -> Client:
    from arangovis.settings import read_settings
    from arangovis.wiring import build

    return connect_to(build(read_settings({"home": home})), actor=actor)


def user_name() -> str:
    """Return the name of who runs this process."""
    try:
        return getpass.getuser() or "unknown"
    except (OSError, KeyError, ImportError):
        return "unknown"
