"""Which graph store a URL means. The implementation is imported when it is asked for."""

from importlib.util import find_spec
from pathlib import Path

from arangovis.domain.errors import Fault, InvalidInput, MissingExtra
from arangovis.stores.base import GraphStore


def open_store(url: str, password: str = "") -> GraphStore:
    """Open the graph store that a URL names, with the password of the user in it.

    Raises:
        InvalidInput: the scheme is not known, or the URL is not of its scheme's form.
        MissingExtra: the driver of the store is not installed.

    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite":
        from arangovis.stores.embedded import EmbeddedStore

        path = Path("/" + rest.lstrip("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        return EmbeddedStore(path)
    if is_arango(url):
        _check_driver()
        from arangovis.stores.arango import ArangoStore
        from arangovis.stores.arango.address import parse

        return ArangoStore(parse(url, password))
    known = "sqlite:///path or arango+http(s)://user@host:8529/database"
    raise InvalidInput.of(Fault("store", f"{scheme!r} is not a known store; use {known}"))


def is_arango(url: str) -> bool:
    """Say whether a URL names a database of ArangoDB."""
    return url.partition("://")[0] in ("arango+http", "arango+https")


def provision_store(url: str, *, password: str, root_password: str) -> bool:
    """Make the database of ArangoDB that a URL names, and its user, where they are missing; return whether it is new.

    Raises:
        InvalidInput: the URL names no database of ArangoDB.
        MissingExtra: the driver is not installed.
        StoreUnavailable: the server does not answer, or refuses the password.

    """
    _check_driver()
    from arangovis.stores.arango.provision import provision

    return provision(url, password=password, root_password=root_password)


def _check_driver() -> None:
    if find_spec("arango") is None:
        raise MissingExtra("the ArangoDB store needs python-arango: install arangovis[arango]")
