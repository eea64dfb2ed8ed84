"""Finding the service: a server if there is a URL, else the embedded store in this process."""

import getpass
from pathlib import Path

from arangovis.client.backend import Backend
from arangovis.client.client import Client


def connect(
    url: str | None = None, *, home: str | Path | None = None, token: str | None = None, actor: str | None = None
) -> Client:
    """Return a client.

    Args:
        url: a server such as `http://127.0.0.1:5000`; None works in this process on the embedded store.
        home: folder of the embedded store; default `ARANGOVIS_HOME` or `~/.arangovis`.
        token: the server's bearer token.
        actor: who acts, recorded on every change; default the user's name.

    Raises:
        InvalidInput: the URL or a setting is not valid.

    """
    who = actor or _user()
    if url is not None:
        from arangovis.client.remote import RemoteBackend
        from arangovis.client.transport import Address, HttpTransport

        return Client(RemoteBackend(HttpTransport(Address(url, token, who))))
    return Client(_local(home, who))


def _local(home: str | Path | None, actor: str) -> Backend:
    from arangovis.client.local import LocalBackend
    from arangovis.settings import read_settings
    from arangovis.wiring import build

    return LocalBackend(build(read_settings({"home": home})), actor)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
