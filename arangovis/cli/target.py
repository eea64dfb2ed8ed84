"""Where a command asks: the home's store in this process, or a server."""

from pathlib import Path

from arangovis.client import Client, connect
from arangovis.client.connection import server_url
from arangovis.domain.errors import NotFound
from arangovis.settings import read_settings


def open_client(home: str | None, url: str | None) -> Client:
    """Return the client that the options of a command mean. Looking at a home does not make one.

    Raises:
        NotFound: there is no store in the home.

    """
    address = server_url(url, home)
    if address is None:
        _check_store(home)
    return connect(address, home=home)


def _check_store(home: str | None) -> None:
    settings = read_settings({"home": home})
    scheme, _, path = settings.store_url.partition("://")
    if scheme == "sqlite" and not Path("/" + path.lstrip("/")).exists():
        raise NotFound(f"there is no store in {settings.home}; `arangovis init` makes one")
