"""Setting a server up: the database, and the user who is to open it."""

from dataclasses import replace

from arangovis.domain.errors import StoreUnavailable
from arangovis.stores.arango.address import parse
from arangovis.stores.arango.connection import Connection, Patience
from arangovis.stores.arango.problems import Unanswered

ROOT = "root"
SYSTEM = "_system"


def provision(url: str, *, password: str, root_password: str, patience: Patience | None = None) -> bool:
    """Make the database that a store's URL names, and its user, where they are missing. Return whether it is new.

    Args:
        url: of the store.
        password: that its user is to have.
        root_password: the server's.
        patience: how long to wait.

    Raises:
        InvalidInput: the URL is not valid.
        StoreUnavailable: the server does not answer, or refuses the password.

    """
    address = parse(url, password)
    connection = Connection(
        replace(address, database=SYSTEM, user=ROOT, password=root_password), patience or Patience()
    )
    user = {"username": address.user, "password": password, "active": True}
    users = [] if address.user == ROOT else [user]
    try:
        return connection.patiently(lambda database: database.ensure_database(address.database, users))
    except Unanswered:
        raise StoreUnavailable("the store does not answer") from None
    finally:
        connection.close()
