"""Where a command asks: the home's store in this process, or a server."""

import os

from arangovis.client import Client, connect


def open_client(home: str | None, url: str | None) -> Client:
    """Return the client that the options of a command mean; a server wants `ARANGOVIS_TOKEN` if it has tokens."""
    return connect(url, home=home, token=os.environ.get("ARANGOVIS_TOKEN"))
