"""The URL of a store, and what is needed to reach it. The password is never a part of it."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from arangovis.domain.errors import Fault, InvalidInput

SCHEMES = {"arango+http": "http", "arango+https": "https"}
PORT = 8529
EXAMPLE = "arango+http://user@host:8529/database"

_DATABASE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is, and as whom it is opened."""

    host: str
    """The server's URL: scheme, name and port."""
    database: str
    user: str
    password: str = field(default="", repr=False)


def parse(url: str, password: str = "") -> Address:
    """Read `arango+http(s)://user@host:8529/database`.

    Raises:
        InvalidInput: it has another form, or a password in it.

    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORT
    except ValueError as error:
        raise _wrong(f"is not of the form {EXAMPLE}") from error
    if parts.password is not None:
        raise _wrong("has a password in it: give it as ARANGOVIS_STORE_PASSWORD or in ARANGOVIS_STORE_PASSWORD_FILE")
    database = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in SCHEMES or not parts.hostname or parts.query or parts.fragment:
        raise _wrong(f"is not of the form {EXAMPLE}")
    if not _DATABASE.match(database):
        raise _wrong(f"names no database: 1 to 64 of A-Z a-z 0-9 _ -, as in {EXAMPLE}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    user = unquote(parts.username) if parts.username else "root"
    return Address(f"{SCHEMES[parts.scheme]}://{host}:{port}", database, user, password)


def _wrong(problem: str) -> InvalidInput:
    return InvalidInput.of(Fault("store", problem))
